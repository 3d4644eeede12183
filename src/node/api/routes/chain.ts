/** Blocks, receipts and the books. */
import {blockView, type HeaderView, headerList, receiptView} from "../../../codecs/api/chain.js";
import {chainParams, supplyAnswer} from "../../../codecs/api/ledger.js";
import {hexOf} from "../../../codecs/bytes.js";
import type {Block} from "../../../codecs/chain/block.js";
import {decodeEnvelope, txIdOf} from "../../../codecs/chain/envelope.js";
import {sha256} from "../../../codecs/hash.js";
import {RuleError, UsageError} from "../../../errors.js";
import {heightKind, inPath, isTxId, limitKind, mayQuery, txIdKind} from "../param.js";
import type {RoutePorts} from "../route.js";
import {json, route} from "../route.js";
import {rulesName} from "./status.js";

/** Headers in one answer when no limit is given, and at most. */
const HEADERS_DEFAULT = 50;
const HEADERS_MAX = 200;

export const headersRoute = route({
  method: "GET",
  path: "/api/v1/mining/blocks",
  summary: "headers in ascending order of height",
  auth: "public",
  errors: "text",
  cost: 2,
  params: {
    from: mayQuery(heightKind, "first height; when left out, the last heights up to `to`"),
    to: mayQuery(heightKind, "last height; the tip when left out"),
    limit: mayQuery(limitKind, `headers at most, ${HEADERS_DEFAULT} when left out or 0, never above ${HEADERS_MAX}`),
  },
  body: null,
  reply: json(headerList),
  async handle({from, to, limit}, ports) {
    const tip = ports.node.view().head.height;
    const count = BigInt(Math.min(limit || HEADERS_DEFAULT, HEADERS_MAX));
    const last = to === null || to > tip ? tip : to;
    if (from !== null && to !== null && from > to)
      throw new UsageError("PARAMETER_INVALID", `from ${from} is above to ${to}`);
    const first = from ?? (last >= count ? last - count + 1n : 0n);
    const blocks: HeaderView[] = [];
    for (let height = first; height <= last && height < first + count; height++) {
      const stored = await ports.node.store.block(height);
      if (stored) blocks.push(viewOfHeader(stored.id, stored.block));
    }
    return {blocks, tip};
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
  async handle({height}, ports) {
    const stored = await blockAt(height, ports);
    const {block} = stored;
    return {
      header: viewOfHeader(stored.id, block),
      transactions: block.transactions.map(viewOfTransaction),
      proofs: block.proofs.map((proof) => hexOf(sha256(proof))),
      coinbase: block.coinbase,
    };
  },
});

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
  handle({txId}, ports) {
    const receipt = isTxId(txId) ? ports.node.store.receipt(txId) : null;
    if (receipt) return receipt;
    throw new RuleError("RECEIPT_NOT_FOUND", `no receipt for transaction ${txId}`, {
      hint: "a transaction has a receipt once a block includes it",
    });
  },
});

export const supplyRoute = route({
  method: "GET",
  path: "/api/v1/ledger/supply",
  summary: "the supply equation: where every dust is",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(supplyAnswer),
  handle(_input, ports) {
    const view = ports.node.view();
    return {height: view.head.height, blockId: view.head.blockId, supply: view.supply()};
  },
});

export const paramsRoute = route({
  method: "GET",
  path: "/api/v1/chain/params",
  summary: "everything that the genesis fixed",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(chainParams),
  handle(_input, ports) {
    const {params} = ports.node.view();
    return {...params, rules: rulesName(params)};
  },
});

async function blockAt(height: bigint, ports: RoutePorts): Promise<{readonly id: string; readonly block: Block}> {
  const stored = await ports.node.store.block(height);
  if (stored) return stored;
  throw new RuleError("BLOCK_NOT_FOUND", `no block at height ${height}, the tip is ${ports.node.view().head.height}`);
}

const viewOfHeader = (id: string, {header: {timeMs, ...rest}}: Block): HeaderView => ({...rest, id, time: timeMs});

function viewOfTransaction(bytes: Uint8Array) {
  const {content} = decodeEnvelope(bytes);
  const {sender, nonce, contract, maxFeeDust, tipDust, expiresAtHeight} = content;
  const txId = txIdOf(content);
  return {txId, sender, nonce, contract, maxFeeDust, tipDust, expiresAtHeight, sizeBytes: bytes.length};
}
