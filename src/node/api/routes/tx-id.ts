/** Transactions by either of their ids: the ledger's own digest, or the text that a QSDM client chose. */
import {isTxId} from "../param.js";
import type {RoutePorts} from "../route.js";

/** What `find` has under the digest `id`, or under that of the included transaction which its client named `id`. */
export function findByTxId<T>(
  id: string,
  {node}: Pick<RoutePorts, "node">,
  find: (digest: string) => T | null,
): T | null {
  const own = isTxId(id) ? find(id) : null;
  if (own !== null) return own;
  const digest = node.transactionOfId(id);
  return digest === null ? null : find(digest);
}
