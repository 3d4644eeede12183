/** One transaction wherever it stands: waiting for a block, or decided by one. */
import {transactionStatus} from "../../../codecs/api/transactions.js";
import {RuleError} from "../../../errors.js";
import {inPath, txIdKind} from "../param.js";
import {json, route} from "../route.js";
import {viewOfReceipt} from "./block-views.js";
import {prunedNote} from "./chain.js";
import {findByTxId} from "./tx-id.js";

export const transactionRoute = route({
  method: "GET",
  path: "/api/v1/chain/transactions/{tx_id}",
  summary: "where a transaction stands: waiting, applied or rejected",
  auth: "public",
  errors: "coded",
  cost: 0.2,
  params: {txId: inPath(txIdKind, "transaction id")},
  body: null,
  reply: json(transactionStatus),
  async handle({txId}, {node}) {
    const view = node.view();
    const {height} = view.head;
    // Before the receipt: a block may take it while that is looked up, and then it would be in neither place.
    const content = node.waitingTransaction(txId);
    const receipt = await findByTxId(txId, {node}, (id) => node.store.receipt(id));
    if (receipt) {
      const {outcome: status, sender, nonce, contract} = receipt;
      const shown = viewOfReceipt({...receipt, txId}, node);
      return {txId, status, sender, nonce, contract, height, waiting: null, receipt: shown};
    }
    if (content === null)
      throw new RuleError("TRANSACTION_NOT_FOUND", `transaction ${txId} neither waits here nor is in a block`, {
        hint: `it expired, was replaced, or was sent to another node: an expired one can be sent again${prunedNote(node)}`,
      });
    const {sender, nonce, contract, maxFeeDust, tipDust, expiresAtHeight} = content;
    const waiting = {maxFeeDust, tipDust, expiresAtHeight, accountNonce: view.account(sender)?.nonce ?? 0n};
    return {txId, status: "waiting" as const, sender, nonce, contract, height, waiting, receipt: null};
  },
});
