/** Answer of `GET /api/v1/validators/stakes`, a route of ours. */
import {count, list, object, optional, text, u64, type ValueOf, word} from "./shape.js";

export const stakeView = object({
  /** Digest of the voting key, which is its node's id among others. */
  validator: text,
  owner: text,
  stakeDust: u64,
  /** What the stake is worth at the next election; 0 is too little. */
  power: u64,
  phase: word("active", "jailed", "leaving"),
  /** Place among those who vote now; absent for whoever does not. */
  index: optional(count),
  joinedAtHeight: u64,
  /** Height from which it may be asked out of jail; absent while it is not in jail. */
  jailedUntilHeight: optional(u64),
  /** Height before which the stake is not returned; absent while it is not leaving. */
  returnsAtHeight: optional(u64),
});
export type StakeView = ValueOf<typeof stakeView>;

export const stakeList = object({
  height: u64,
  epoch: u64,
  /** Height of the block that the epoch goes on from. */
  originHeight: u64,
  /** At which it is looked at next who votes; absent on a chain whose validators are fixed. */
  nextElectionHeight: optional(u64),
  /** Stake behind one unit of power; 0 on a chain whose validators are fixed. */
  stakePerPowerDust: u64,
  unbondBlocks: u64,
  validatorsMax: count,
  stakes: list(stakeView),
});
export type StakeListView = ValueOf<typeof stakeList>;
