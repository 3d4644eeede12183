/** The arrays of a lane, all in one buffer. */
import type {Columns} from "./accounts.js";
import type {Rows} from "./rows.js";

export interface LaneSize {
  readonly rows: number;
  readonly payments: number;
}

export interface LaneMemory {
  readonly columns: Columns;
  readonly rows: Rows;
}

/** Every row has a sender, and every payment a receiver. */
const accountsOf = ({rows, payments}: LaneSize): number => rows + payments;

/** Bytes of a lane: for each account 16, for each row 33, for each payment 12. */
export const laneBytes = (size: LaneSize): number =>
  16 * accountsOf(size) + (8 + 8 + 8 + 4 + 4 + 1) * size.rows + (8 + 4) * size.payments;

/** Views of `buffer`, the widest elements first, so that all of them are aligned. */
export function laneMemory(size: LaneSize, buffer: ArrayBufferLike = new ArrayBuffer(laneBytes(size))): LaneMemory {
  let at = 0;
  const take = <View>(
    Type: {new (buffer: ArrayBufferLike, at: number, length: number): View; readonly BYTES_PER_ELEMENT: number},
    length: number,
  ): View => {
    const view = new Type(buffer, at, length);
    at += length * Type.BYTES_PER_ELEMENT;
    return view;
  };
  const accounts = accountsOf(size);
  const columns = {balances: take(BigUint64Array, accounts), nonces: take(BigUint64Array, accounts)};
  const wide = {
    nonces: take(BigUint64Array, size.rows),
    feesDust: take(BigUint64Array, size.rows),
    seen: take(BigUint64Array, size.rows),
    amountsDust: take(BigUint64Array, size.payments),
  };
  const narrow = {
    senders: take(Uint32Array, size.rows),
    ends: take(Uint32Array, size.rows),
    receivers: take(Uint32Array, size.payments),
    outcomes: take(Uint8Array, size.rows),
  };
  return {columns, rows: {...wide, ...narrow}};
}
