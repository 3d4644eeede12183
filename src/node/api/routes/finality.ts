/** Proofs for whoever does not follow the chain: that a block is final, and what the state holds after it. */
import {finalityView, type StateProofView, stateProofView} from "../../../codecs/api/finality.js";
import {blockIdOf} from "../../../codecs/chain/block.js";
import {finalityProof, type StateProof, stateProof} from "../../../codecs/chain/finality.js";
import {heightKind, inPath, inQuery, stateKeyKind, stateStoreKind} from "../param.js";
import {json, route} from "../route.js";

export const finalityRoute = route({
  method: "GET",
  path: "/api/v1/chain/finality/{height}",
  summary: "proof that a block is final: headers, certificates and the validator set under the root of its epoch",
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
  handle: async ({store, key}, {node}) => stateView(await node.finality.proveState(store, key)),
});

export const epochStepRoute = route({
  method: "GET",
  path: "/api/v1/chain/epochs/{number}",
  summary:
    "proof that an epoch began: its record in the state after the last block of the epoch before, which is final",
  auth: "public",
  errors: "coded",
  cost: 10,
  params: {number: inPath(heightKind, "number of the epoch, at least 1")},
  body: null,
  reply: json(stateProofView),
  handle: async ({number}, {node}) => stateView(await node.finality.proveEpoch(number)),
});

function stateView(proof: StateProof): StateProofView {
  const header = proof.finality.headers[0]!;
  return {height: header.height, blockId: blockIdOf(header), proof: stateProof.encode(proof)};
}
