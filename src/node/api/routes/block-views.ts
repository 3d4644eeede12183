/** Blocks and receipts as reads show them. */
import type {BlockView, HeaderView, ReceiptView} from "../../../codecs/api/chain.js";
import {hexOf} from "../../../codecs/bytes.js";
import {type Block, blockIdOf, type Header} from "../../../codecs/chain/block.js";
import type {Receipt} from "../../../codecs/chain/receipt.js";
import {sha256} from "../../../codecs/hash.js";
import {readTransaction} from "../../ledger/chain/transaction.js";
import type {ApiPorts} from "../ports.js";

/** State after the block at `height`: its child's header has it, and for the tip the node itself. */
function stateRootAfter(height: bigint, node: ApiPorts): string {
  const {head} = node.view();
  return height === head.height ? head.stateRoot : (node.store.header(height + 1n)?.parentStateRoot ?? "");
}

export const viewOfHeader = (header: Header, node: ApiPorts): HeaderView => ({
  ...header,
  id: blockIdOf(header),
  stateRoot: stateRootAfter(header.height, node),
});

export const viewOfBlock = ({header, transactions, proofs, coinbase, batches}: Block, node: ApiPorts): BlockView => ({
  ...viewOfHeader(header, node),
  transactions: transactions.map(viewOfTransaction),
  proofs: proofs.map((proof) => hexOf(sha256(proof))),
  coinbase,
  batches,
});

function viewOfTransaction(bytes: Uint8Array) {
  const {txId, content} = readTransaction(bytes);
  const {sender, nonce, contract, maxFeeDust, tipDust, expiresAtHeight} = content;
  return {txId, sender, nonce, contract, maxFeeDust, tipDust, expiresAtHeight, sizeBytes: bytes.length};
}

export function viewOfReceipt(receipt: Receipt, node: ApiPorts): ReceiptView {
  const header = node.store.header(receipt.height);
  return {
    ...receipt,
    blockId: header ? blockIdOf(header) : "",
    status: receipt.outcome === "applied" ? 1 : 0,
    fee: receipt.feeDust,
    timeMs: header?.timeMs ?? 0n,
  };
}
