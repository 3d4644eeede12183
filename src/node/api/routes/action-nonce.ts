/** Which nonce an account's next action carries, under the paths at which QSDM's wallets ask for it. */
import {actionNonce} from "../../../codecs/api/streams.js";
import {addressKind, inQuery} from "../param.js";
import {json, route} from "../route.js";

/** Who answers, as the reference says it. */
export const ORIGIN = {runtime: "qsdm-native", source: "chain"} as const;

export const actionNonceRoute = (path: string, summary: string) =>
  route({
    method: "GET",
    path,
    summary,
    auth: "public",
    errors: "status",
    cost: 0.1,
    params: {sender: inQuery(addressKind, "the account")},
    body: null,
    reply: json(actionNonce),
    handle({sender}, {node}) {
      const account = node.view().account(sender);
      return {...ORIGIN, sender, actionNonce: account?.nonce ?? 0n, present: account !== null};
    },
  });
