/** Answer of `GET /api/v1/chain/finality/{height}`, a route of ours. */
import {hex, object, text, u64, type ValueOf} from "./shape.js";

export const finalityView = object({
  height: u64,
  blockId: text,
  /** Canonical bytes of a finality proof, to be checked by whoever reads them. */
  proof: hex(),
});
export type FinalityView = ValueOf<typeof finalityView>;
