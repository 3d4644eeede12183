/** Receipts of a range of heights, and of slashes, newest first. */
import {receiptList} from "../../../codecs/api/chain.js";
import {slashReceiptPage} from "../../../codecs/api/mining.js";
import {viewOfSlash} from "../../ledger/slashing/view.js";
import {heightKind, limitKind, mayQuery, secondsKind, wordKind} from "../param.js";
import type {ApiPorts} from "../ports.js";
import {json, route} from "../route.js";
import {viewOfReceipt} from "./block-views.js";
import {checkKept, checkRange} from "./chain.js";

/** Sizes of a page. */
const RECEIPTS = {usual: 50, max: 200} as const;
const SLASHES = {usual: 100, max: 500} as const;

/** Where a list begins that names no first height. */
function firstKept({store}: Pick<ApiPorts, "store">): bigint {
  const pruned = store.prunedHeight();
  return pruned === 0n ? 0n : pruned + 1n;
}

export const receiptsRoute = route({
  method: "GET",
  path: "/api/v1/receipts",
  summary: "receipts of a range of heights, newest first",
  auth: "public",
  errors: "text",
  cost: 4,
  params: {
    from: mayQuery(heightKind, "first height; the first that is kept when left out"),
    to: mayQuery(heightKind, "last height; the tip when left out"),
    limit: mayQuery(limitKind, `${RECEIPTS.usual} when left out or 0, at most ${RECEIPTS.max}`),
  },
  body: null,
  reply: json(receiptList),
  async handle({from, to, limit}, {node}) {
    checkRange({from, to});
    const tip = node.view().head.height;
    if (from !== null) checkKept(from, node);
    const range = {from: from ?? firstKept(node), to: to === null || to > tip ? tip : to};
    const receipts = await node.store.receipts({...range, limit: Math.min(limit || RECEIPTS.usual, RECEIPTS.max)});
    return {tip, ...range, receipts: receipts.map((receipt) => viewOfReceipt(receipt, node))};
  },
});

export const slashReceiptsRoute = route({
  method: "GET",
  path: "/api/v1/mining/slash",
  summary: "what became of the latest slashes, newest first",
  auth: "public",
  errors: "text",
  cost: 4,
  params: {
    outcome: mayQuery(wordKind("applied", "rejected"), "slashes with this outcome only"),
    kind: mayQuery(
      wordKind("forged-attestation", "double-mining", "freshness-cheat", "double-vote", "double-proposal"),
      "slashes for this kind of evidence only; one that was rejected has none",
    ),
    since: mayQuery(secondsKind, "recorded at this time or later, seconds since 1970"),
    limit: mayQuery(limitKind, `${SLASHES.usual} when left out or 0, at most ${SLASHES.max}`),
  },
  body: null,
  reply: json(slashReceiptPage),
  async handle({outcome, kind, since, limit}, {node}) {
    const size = Math.min(limit || SLASHES.usual, SLASHES.max);
    const sinceMs = (since ?? 0n) * 1_000n;
    const found = await node.store.slashReceipts({outcome, kind, sinceMs, limit: size + 1});
    return {
      records: found.slice(0, size).map(viewOfSlash),
      hasMore: found.length > size,
      totalMatches: found.length,
      filters: {outcome: outcome ?? "", kind: kind ?? "", since: since ?? 0n},
    };
  },
});
