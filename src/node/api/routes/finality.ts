/** Proof that a block is final, for whoever does not follow the chain. */
import {finalityView} from "../../../codecs/api/finality.js";
import {blockIdOf} from "../../../codecs/chain/block.js";
import {finalityProof} from "../../../codecs/chain/finality.js";
import {heightKind, inPath} from "../param.js";
import {json, route} from "../route.js";

export const finalityRoute = route({
  method: "GET",
  path: "/api/v1/chain/finality/{height}",
  summary: "proof that a block is final: headers, certificates and the validator set under the genesis state root",
  auth: "public",
  errors: "coded",
  cost: 10,
  params: {height: inPath(heightKind, "height")},
  body: null,
  reply: json(finalityView),
  async handle({height}, {node}) {
    const proof = await node.finality.prove(height);
    return {height, blockId: blockIdOf(proof.headers[0]!), proof: finalityProof.encode(proof)};
  },
});
