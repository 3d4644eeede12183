/** Proofs for whoever does not follow the chain: that a block is final, and what the state holds after it. */
import {finalityView, stateProofView} from "../../../codecs/api/finality.js";
import {blockIdOf} from "../../../codecs/chain/block.js";
import {finalityProof, stateProof} from "../../../codecs/chain/finality.js";
import {heightKind, inPath, inQuery, stateKeyKind, stateStoreKind} from "../param.js";
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

export const stateProofRoute = route({
  method: "GET",
  path: "/api/v1/chain/state-proof",
  summary: "what one key of the state holds after the newest final block, or that it holds nothing, with proof",
  auth: "public",
  errors: "coded",
  cost: 10,
  params: {
    store: inQuery(stateStoreKind, "name of the store, for example account"),
    key: inQuery(stateKeyKind, "key in that store, for example an address"),
  },
  body: null,
  reply: json(stateProofView),
  async handle({store, key}, {node}) {
    const proof = await node.finality.proveState(store, key);
    const header = proof.finality.headers[0]!;
    return {height: header.height, blockId: blockIdOf(header), proof: stateProof.encode(proof)};
  },
});
