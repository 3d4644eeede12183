/** Who votes, and who of them has shown a GPU lately. */
import {validatorList} from "../../../codecs/api/validators.js";
import {peerIdOf} from "../../network/session/certificate.js";
import {json, route} from "../route.js";

export const validatorsRoute = route({
  method: "GET",
  path: "/api/v1/validators",
  summary: "who votes, with the GPU attestation of each",
  auth: "public",
  errors: "coded",
  cost: 1,
  params: {},
  body: null,
  reply: json(validatorList),
  handle(_input, {node}) {
    const view = node.view();
    const {height} = view.head;
    const validators = view.validators().map(({attestation, publicKey, ...rest}) => ({
      ...rest,
      peerId: peerIdOf(publicKey),
      attestation: attestation && {...attestation, active: height < attestation.expiresAtHeight},
    }));
    return {height, validators};
  },
});
