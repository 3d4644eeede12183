/**
 * QSDM's blocks as its nodes keep them: one J-html JSON object a line.
 *
 * Transactions have capitalised names where the ancestor never named the members. The hash covers height, parent, state
 * root, transaction root, time and producer, in the order of `preimageWire`. Blocks of producers that sign carry more in
 * `producer_auth`, which is kept as it stands.
 * Source: node specification, section 2.2. Vectors: block-hash.vectors.json.
 */
import {hexOf, utf8} from "../bytes.js";
import {compactJson} from "../go/layout.js";
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goBytes, goFloat64, goInt64, goList, goNullable, goRaw, goText, goUint64} from "../go/types.js";
import {sha256} from "../hash.js";
import {canonicalCodec} from "../json.js";
import {transactionRoot} from "./tree.js";

/** Longest line: the ancestor fills a block with at most 500 transactions. */
export const QSDM_BLOCK_MAX_BYTES = 16 * 1024 * 1024;

const transactionWire = goStruct("mempool.Tx", {
  id: member("ID", goText()),
  sender: member("Sender", goText()),
  recipient: member("Recipient", goText()),
  /** In CELL. */
  amount: member("Amount", goFloat64),
  /** In CELL. */
  fee: member("Fee", goFloat64),
  gasLimit: member("GasLimit", goInt64),
  nonce: member("Nonce", goUint64),
  payload: member("Payload", goBytes),
  contractId: optional("contract_id", goText()),
  signature: optional("signature", goText()),
  publicKey: optional("public_key", goText()),
  /** RFC 3339 with up to nine decimals. */
  addedAt: member("AddedAt", goText("time.Time")),
});
export type QsdmTransaction = GoValue<typeof transactionWire>;

const blockWire = goStruct("chain.Block", {
  height: member("height", goUint64),
  /** Hex of the parent's hash; empty for the first block. */
  prevHash: member("prev_hash", goText()),
  hash: member("hash", goText()),
  /** RFC 3339 with up to nine decimals, zone as given. */
  timestamp: member("timestamp", goText("time.Time")),
  transactions: member("transactions", goNullable(goList(transactionWire))),
  stateRoot: member("state_root", goText()),
  /** In CELL. */
  totalFees: member("total_fees", goFloat64),
  gasUsed: member("gas_used", goInt64),
  producerId: member("producer_id", goText()),
  /** JSON of the producer's signature; `{}` when there is none. */
  producerAuth: member("producer_auth", goRaw),
});
export type QsdmBlock = GoValue<typeof blockWire>;

/** A line of the journal, without its line end. @throws DecodeError QSDM_BLOCK_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const qsdmBlock = canonicalCodec<QsdmBlock>({
  what: "QSDM block",
  maxBytes: QSDM_BLOCK_MAX_BYTES,
  write: (block) => blockWire.write(block, "html"),
  read(bytes) {
    const read = readStrict(blockWire, bytes, {
      code: "QSDM_BLOCK_INVALID",
      prefix: "QSDM block: ",
      trailing: "QSDM block: data after the block",
    });
    return {...read, producerAuth: read.producerAuth && compactJson(read.producerAuth)};
  },
});

/** One transaction. @throws DecodeError QSDM_TRANSACTION_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const qsdmTransaction = canonicalCodec<QsdmTransaction>({
  what: "QSDM transaction",
  maxBytes: QSDM_BLOCK_MAX_BYTES,
  write: (transaction) => transactionWire.write(transaction, "html"),
  read: (bytes) =>
    readStrict(transactionWire, bytes, {
      code: "QSDM_TRANSACTION_INVALID",
      prefix: "QSDM transaction: ",
      trailing: "QSDM transaction: data after the transaction",
    }),
});

/** What the hash of a block covers. */
export interface HashedFields
  extends Pick<QsdmBlock, "height" | "prevHash" | "stateRoot" | "timestamp" | "producerId"> {
  readonly transactionRoot: string;
}

const preimageWire = goStruct("chain.hashInput", {
  height: member("h", goUint64),
  prevHash: member("p", goText()),
  stateRoot: member("s", goText()),
  transactionRoot: member("t", goText()),
  timestamp: member("ts", goText()),
  producerId: member("pr", goText()),
});

/** Text under the hash. */
export const hashPreimage = (fields: HashedFields): string => preimageWire.write(fields, "html");
/** Hash of a block, in hex. */
export const qsdmBlockHash = (fields: HashedFields): string => hexOf(sha256(utf8(hashPreimage(fields))));

/** Whether a block's hash is the one that its members give. */
export const hashFits = (block: QsdmBlock): boolean =>
  block.hash === qsdmBlockHash({...block, transactionRoot: transactionRootOf(block)});

/** Root over the ids of a block's transactions. */
export const transactionRootOf = ({transactions}: Pick<QsdmBlock, "transactions">): string =>
  transactionRoot((transactions ?? []).map(({id}) => id));

const headerWire = goStruct("chain.Header", {
  height: member("height", goUint64),
  prevHash: member("prev_hash", goText()),
  hash: member("hash", goText()),
  stateRoot: member("state_root", goText()),
  transactionRoot: member("tx_root", goText()),
  timestamp: member("timestamp", goText("time.Time")),
  transactionCount: member("tx_count", goInt64),
});
export type QsdmHeader = GoValue<typeof headerWire>;

/**
 * Header for light clients. It lacks the producer, so its hash cannot be recomputed from it (defect D3).
 * @throws DecodeError QSDM_HEADER_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL
 */
export const qsdmHeader = canonicalCodec<QsdmHeader>({
  what: "QSDM header",
  maxBytes: 4_096,
  write: (header) => headerWire.write(header, "html"),
  read: (bytes) =>
    readStrict(headerWire, bytes, {
      code: "QSDM_HEADER_INVALID",
      prefix: "QSDM header: ",
      trailing: "QSDM header: data after the header",
    }),
});

/** The 32 bytes that a producer signs: lengths stand before values, so no two blocks share them. */
export function producerDigest({
  height,
  hash,
  producerId,
}: Pick<QsdmBlock, "height" | "hash" | "producerId">): Uint8Array {
  const field = (name: string, value: string): string => `|${name}:${utf8(value).length}:${value}`;
  return sha256(utf8(`qsdm/block/v1${field("h", String(height))}${field("bh", hash)}${field("pr", producerId)}`));
}
