/** Answer of `GET /api/v1/chain/transactions/{tx_id}`, a route of ours. */
import {receiptView} from "./chain.js";
import {object, optional, text, u64, type ValueOf, word} from "./shape.js";

export const transactionStatus = object({
  txId: text,
  /** `waiting` until a final block holds it. */
  status: word("waiting", "applied", "rejected"),
  sender: text,
  nonce: u64,
  contract: text,
  /** Height of this node's tip. */
  height: u64,
  /** The bid, while it waits. */
  waiting: optional(
    object({
      maxFeeDust: u64,
      tipDust: u64,
      expiresAtHeight: u64,
      /** Nonce that the chain expects of the sender next: what lies below this one's has to come first. */
      accountNonce: u64,
    }),
  ),
  /** What a block decided. */
  receipt: optional(receiptView),
});
export type TransactionStatus = ValueOf<typeof transactionStatus>;
