/**
 * Answers of `GET /api/v1/chain/finality/{height}`, `/api/v1/chain/state-proof` and `/api/v1/chain/epochs/{number}`,
 * routes of ours.
 */
import {hex, object, text, u64, type ValueOf} from "./shape.js";

export const finalityView = object({
  height: u64,
  blockId: text,
  /** Canonical bytes of a finality proof, to be checked by whoever reads them. */
  proof: hex(),
});
export type FinalityView = ValueOf<typeof finalityView>;

export const stateProofView = object({
  /** Of the final block that the state is after. */
  height: u64,
  blockId: text,
  /** Canonical bytes of a state proof. */
  proof: hex(),
});
export type StateProofView = ValueOf<typeof stateProofView>;
