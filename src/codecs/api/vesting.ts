/** Answer of `GET /api/v1/ledger/vestings`, a route of ours. */
import {list, object, text, u64, type ValueOf} from "./shape.js";

export const vestingView = object({
  beneficiary: text,
  totalDust: u64,
  claimedDust: u64,
  /** What a claim in the next block would pay. */
  claimableDust: u64,
  cliffHeight: u64,
  endHeight: u64,
});
export type VestingView = ValueOf<typeof vestingView>;

export const vestingList = object({height: u64, blockId: text, vestings: list(vestingView)});
