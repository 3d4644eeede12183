/** Answers of `/api/v1/fees` and what is below it, routes of ours. */
import {count, list, object, u64, type ValueOf} from "./shape.js";

export const feeEstimates = object({
  height: u64,
  /** What a transaction of up to `gasPerBaseFee` pays at least; a larger one pays in proportion. */
  baseFeeDust: u64,
  gasPerBaseFee: u64,
  /** Least that the base fee falls to. */
  floorDust: u64,
  /** Gas of a block above which the base fee rises, and below which it falls. */
  targetBlockGas: u64,
  maxBlockGas: u64,
  /** Gas of each record that a transaction adds to the state, on top of that of its content. */
  recordGas: u64,
  /** Transactions that wait at this node, and their gas together. */
  waiting: count,
  waitingGas: u64,
  /** Fee of a transaction of `gasPerBaseFee` that would be included within so many blocks. */
  estimates: list(object({blocks: count, feeDust: u64})),
});
export type FeeEstimates = ValueOf<typeof feeEstimates>;

export const feeQuote = object({
  height: u64,
  /** Of the whole transaction. */
  gas: u64,
  /** Records that it would add to the state now, whose gas is in `gas`. */
  records: count,
  /** What it would pay at least in the next block. */
  baseFeeDust: u64,
});
export type FeeQuote = ValueOf<typeof feeQuote>;
