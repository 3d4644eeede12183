/** Blocks and receipts. */
import {blockList, blockView, headerList, receiptView} from "../../../codecs/api/chain.js";
import {RuleError, UsageError} from "../../../errors.js";
import {heightKind, inPath, limitKind, mayQuery, txIdKind} from "../param.js";
import type {ApiPorts} from "../ports.js";
import {json, route} from "../route.js";
import {viewOfBlock, viewOfHeader, viewOfReceipt} from "./block-views.js";
import {findByTxId} from "./tx-id.js";

/** Sizes of a page of headers, and of one of whole blocks. */
const HEADERS = {usual: 20, max: 200} as const;
const BLOCKS = {usual: 16, max: 64} as const;

const rangeParams = ({usual, max}: {usual: number; max: number}) =>
  ({
    from: mayQuery(heightKind, "first height; when left out, as many as the limit up to `to`"),
    to: mayQuery(heightKind, "last height; the tip when left out"),
    limit: mayQuery(limitKind, `${usual} when left out or 0, at most ${max}`),
  }) as const;

interface Asked {
  readonly from: bigint | null;
  readonly to: bigint | null;
  readonly limit: number | null;
}

/** @throws UsageError PARAMETER_INVALID when the range ends before it starts */
export function checkRange({from, to}: Pick<Asked, "from" | "to">): void {
  if (from !== null && to !== null && from > to)
    throw new UsageError("PARAMETER_INVALID", `from ${from} is above to ${to}`);
}

/**
 * Refuses what was here and is not any more: a list with a hole would read as a chain without these blocks.
 * @throws RuleError BLOCK_PRUNED
 */
export function checkKept(height: bigint, {store}: Pick<ApiPorts, "store">): void {
  const pruned = store.prunedHeight();
  if (height < 1n || height > pruned) return;
  throw new RuleError("BLOCK_PRUNED", `block ${height} was pruned: this node keeps those above ${pruned}`, {
    hint: "headers are kept; ask an archive node for the rest",
  });
}

/** Heights that a range asks for, ascending. @throws UsageError PARAMETER_INVALID */
function rangeOf({from, to, limit}: Asked, tip: bigint, sizes: {usual: number; max: number}) {
  checkRange({from, to});
  const size = BigInt(Math.min(limit || sizes.usual, sizes.max));
  const last = to === null || to > tip ? tip : to;
  const first = from ?? (last >= size ? last - size + 1n : 0n);
  const end = first + size - 1n < last ? first + size - 1n : last;
  const heights: bigint[] = [];
  for (let height = first; height <= end; height++) heights.push(height);
  return {tip, from: first, to: end, heights};
}

export const headersRoute = route({
  method: "GET",
  path: "/api/v1/mining/blocks",
  summary: "headers in ascending order of height",
  auth: "public",
  errors: "text",
  cost: 2,
  params: rangeParams(HEADERS),
  body: null,
  reply: json(headerList),
  handle(asked, {node}) {
    const {heights, ...range} = rangeOf(asked, node.view().head.height, HEADERS);
    const headers = heights.map((height) => node.store.header(height)).filter((header) => header !== null);
    return {...range, headers: headers.map((header) => viewOfHeader(header, node))};
  },
});

export const blocksRoute = route({
  method: "GET",
  path: "/api/v1/chain/blocks",
  summary: "blocks in ascending order of height",
  auth: "public",
  errors: "text",
  cost: 20,
  params: rangeParams(BLOCKS),
  body: null,
  reply: json(blockList),
  async handle(asked, {node}) {
    const {heights, ...range} = rangeOf(asked, node.view().head.height, BLOCKS);
    const blocks = [];
    for (const height of heights) {
      checkKept(height, node);
      const stored = await node.store.block(height);
      if (stored) blocks.push(viewOfBlock(stored.block, node));
    }
    return {...range, blocks};
  },
});

export const blockRoute = route({
  method: "GET",
  path: "/api/v1/chain/blocks/{height}",
  summary: "one block with its transactions",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {height: inPath(heightKind, "height")},
  body: null,
  reply: json(blockView),
  async handle({height}, {node}) {
    const stored = await node.store.block(height);
    if (stored) return viewOfBlock(stored.block, node);
    checkKept(height, node);
    throw new RuleError("BLOCK_NOT_FOUND", `no block at height ${height}, the tip is ${node.view().head.height}`);
  },
});

/** What a client has to know of a node that prunes, where something is not found. */
export function prunedNote({store}: Pick<ApiPorts, "store">): string {
  const pruned = store.prunedHeight();
  return pruned === 0n ? "" : `; this node has pruned those of blocks up to ${pruned}, an archive node has them`;
}

export const receiptRoute = route({
  method: "GET",
  path: "/api/v1/receipts/{tx_id}",
  summary: "what became of a transaction",
  auth: "public",
  errors: "text",
  cost: 0.2,
  params: {txId: inPath(txIdKind, "transaction id")},
  body: null,
  reply: json(receiptView),
  async handle({txId}, {node}) {
    const receipt = await findByTxId(txId, {node}, (id) => node.store.receipt(id));
    if (!receipt)
      throw new RuleError("RECEIPT_NOT_FOUND", `no receipt for transaction ${txId}`, {
        hint: `a transaction has a receipt once a block includes it${prunedNote(node)}`,
      });
    return viewOfReceipt({...receipt, txId}, node);
  },
});
