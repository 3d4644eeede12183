/**
 * Cells under random 32-byte keys, receipts as a node writes and reads them, and what blocks take on the disk (design goals P15
 * and P16).
 */
import {randomBytes} from "node:crypto";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {hexOf, plain} from "../../src/codecs/bytes.js";
import {block as blockCodec} from "../../src/codecs/chain/block.js";
import {encodedReceipt, type Receipt} from "../../src/codecs/chain/receipt.js";
import {type Cells, CLEAR} from "../../src/node/storage/seal/cells.js";
import {passingCells} from "../../src/node/storage/seal/key-file.js";
import {loadCompression} from "../../src/node/storage/sqlite/compression.js";
import {trainDictionary} from "../../src/node/storage/sqlite/dictionary/train.js";
import {loadDictionaryZstd} from "../../src/node/storage/sqlite/dictionary/zstd.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {commitAt} from "../node/storage/contract.js";
import {compareCells} from "./storage/cells.js";

export const name =
  "cells by random key, and blocks on the disk (goals: 10 times naive better-sqlite3, 1.7 times lmdb)";

/** Batches of 10,000 cells: from a million on the index of a plain table is far larger than its cache. */
const CELL_BATCHES = 50;
const RECEIPTS = 1_000;
const BLOCKS = 100;

function receiptsAt(height: number): Receipt[] {
  const sender = hexOf(plain(randomBytes(32)));
  const receipts = Array.from({length: RECEIPTS}, (_, nonce): Receipt => {
    return {
      txId: hexOf(plain(randomBytes(32))),
      height: BigInt(height),
      outcome: "applied",
      code: null,
      message: null,
      sender,
      nonce: BigInt(nonce),
      contract: "qsdm/transfer/v1",
      gasUsed: 21_000n,
      feeDust: 1_000n,
      slash: null,
    };
  });
  // As in a node, where the root of the block has made their bytes.
  for (const receipt of receipts) encodedReceipt(receipt);
  return receipts;
}

/** Receipts per second through the node's store: written with their blocks, and read by id, decoded. */
async function receiptRates(file: string, cells: Cells): Promise<{write: number; read: number}> {
  const store = await SqliteStore.open({path: file, cells, slashReceiptsMax: 1, eventBlocksKept: 1});
  const blocks = Array.from({length: BLOCKS}, (_, height) => receiptsAt(height));
  const commits = blocks.map((receipts, height) => {
    const {block, ...rest} = commitAt(height, {changes: [], slashes: [], events: [], receipts});
    return {...rest, block: {...block, transactions: []}};
  });
  const packed = await Promise.all(commits.map(({block}) => store.pack(block)));
  const ids = blocks.flat().map(({txId}) => txId);
  for (let i = ids.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [ids[i], ids[j]] = [ids[j]!, ids[i]!];
  }
  const began = performance.now();
  for (const [i, commit] of commits.entries()) store.commit(commit, packed[i]!);
  const written = performance.now();
  for (const id of ids) if (!store.receipt(id)) throw new Error("lost");
  const read = performance.now();
  store.close();
  return {write: (ids.length * 1_000) / (written - began), read: (ids.length * 1_000) / (read - written)};
}

/** Transfers as JSON without signatures, among random accounts. */
function transfersAsJson(count: number): Uint8Array[] {
  const account = (): string => hexOf(plain(randomBytes(32)));
  return Array.from({length: count}, (_, nonce) => {
    const move = {to: account(), amount_dust: `${randomBytes(4).readUInt32BE()}`, memo: ""};
    const content = {
      chain_id: "qsdm-test",
      sender: account(),
      nonce: `${nonce % 50}`,
      expires_at_height: "1200",
      ...move,
    };
    return new TextEncoder().encode(JSON.stringify({...content, max_fee_dust: "1000", contract: "qsdm/transfer/v1"}));
  });
}

interface PackedSizes {
  readonly raw: number;
  /** In one block, as a store packs it. */
  readonly block: number;
  /** Each by itself. */
  readonly rows: number;
  /** Each with a dictionary that was trained on others. */
  readonly trained: number;
  /** Rows per second with the dictionary. */
  readonly packRate: number;
  readonly unpackRate: number;
}

async function packedSizes(count: number): Promise<PackedSizes> {
  const {pack} = await loadCompression();
  const zstd = await loadDictionaryZstd();
  const json = transfersAsJson(count);
  const {dictionary} = trainDictionary(transfersAsJson(512), zstd.pack)!;
  const {block} = commitAt(1);
  const whole = await pack(blockCodec.encode({...block, transactions: json}));
  const each = await Promise.all(json.map((row) => pack(row)));
  const sum = (rows: readonly Uint8Array[]): number => rows.reduce((total, row) => total + row.length, 0);
  const packing = performance.now();
  const trained = json.map((row) => zstd.pack(row, dictionary));
  const unpacking = performance.now();
  for (const row of trained) zstd.unpack(row, dictionary);
  const done = performance.now();
  return {
    ...{raw: sum(json), block: whole.length, rows: sum(each), trained: sum(trained)},
    packRate: (count * 1_000) / (unpacking - packing),
    unpackRate: (count * 1_000) / (done - unpacking),
  };
}

export async function run(print: (line: string) => void): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "qsdm-bench-"));
  try {
    await compareCells(directory, CELL_BATCHES, print);
    const {write, read} = await receiptRates(path.join(directory, "chain.db"), CLEAR);
    const sealed = await receiptRates(path.join(directory, "sealed.db"), passingCells());
    const shape = `${BLOCKS} blocks of ${RECEIPTS} receipts`;
    print(
      `P15  the node's store: ${Math.round(write)} receipts/s written in ${shape}, ${Math.round(read)} read by id and decoded`,
    );
    print(
      `P15  the same, encrypted: ${Math.round(sealed.write)} written, ${Math.round(sealed.read)} read: ` +
        `${(sealed.write / write).toFixed(2)} and ${(sealed.read / read).toFixed(2)} times that`,
    );
    const {raw, block, rows, trained, packRate, unpackRate} = await packedSizes(1_000);
    print(`P16  ${raw} bytes of JSON: ${block} as a block, ${rows} row by row: ${(block / rows).toFixed(2)} of that`);
    print(
      `P16  ${trained} row by row with a trained dictionary: ${(trained / rows).toFixed(2)} of that, ` +
        `${Math.round(packRate)} rows/s packed, ${Math.round(unpackRate)} unpacked`,
    );
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}
