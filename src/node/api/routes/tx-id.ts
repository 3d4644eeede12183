/** Transactions by either of their ids: the ledger's own digest, or the text that a QSDM client chose. */
import type {Answer} from "../../storage/store.js";
import {isTxId} from "../param.js";
import type {RoutePorts} from "../route.js";

/** What `find` has under the digest `id`, or under that of the included transaction which its client named `id`. */
export async function findByTxId<T>(
  id: string,
  {node}: Pick<RoutePorts, "node">,
  find: (digest: string) => Answer<T | null>,
): Promise<T | null> {
  const own = isTxId(id) ? await find(id) : null;
  if (own !== null) return own;
  const digest = node.transactionOfId(id);
  return digest === null ? null : await find(digest);
}
