/** A batch's body from what waits. Each item is taken, left for later, or refused for good, so packing always ends. */
import type {Transaction} from "../../ledger/chain/transaction.js";
import type {DagLimits} from "./rules.js";

/** What waits for a batch, in the order in which blocks should try it. */
export interface Offered {
  readonly transactions: readonly Pick<Transaction, "txId" | "bytes">[];
  readonly proofs: readonly {readonly id: string; readonly raw: Uint8Array}[];
}

export interface Packed {
  readonly transactions: readonly Uint8Array[];
  readonly proofs: readonly Uint8Array[];
  /** Ids of what no batch can ever hold. */
  readonly oversized: readonly string[];
}

/**
 * The longest start of `offered` that fits, proofs first. An item that is larger than a whole batch is refused and
 * passed over; the first that merely does not fit any more ends its section, so that a sender's nonces stay in sequence.
 */
export function pack({transactions, proofs}: Offered, limits: DagLimits): Packed {
  const oversized: string[] = [];
  let leftBytes = limits.maxBatchBytes;
  const take = (items: readonly {readonly id: string; readonly bytes: Uint8Array}[], most: number): Uint8Array[] => {
    const taken: Uint8Array[] = [];
    for (const {id, bytes} of items) {
      if (bytes.length > limits.maxBatchBytes) {
        oversized.push(id);
        continue;
      }
      if (taken.length >= most || bytes.length > leftBytes) break;
      leftBytes -= bytes.length;
      taken.push(bytes);
    }
    return taken;
  };
  const taken = take(
    proofs.map(({id, raw}) => ({id, bytes: raw})),
    limits.maxBatchProofs,
  );
  return {
    proofs: taken,
    transactions: take(
      transactions.map(({txId, bytes}) => ({id: txId, bytes})),
      limits.maxBatchTransactions,
    ),
    oversized,
  };
}
