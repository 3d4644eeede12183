/** Imports the history of a QSDM chain, in batches that can be interrupted, without ever holding more than one. */
import {hexOf} from "../../../../codecs/bytes.js";
import {walletEnvelope} from "../../../../codecs/envelopes/wallet.js";
import {QSDM_BLOCK_MAX_BYTES} from "../../../../codecs/qsdm-chain/block.js";
import {DecodeError} from "../../../../errors.js";
import type {Compression} from "../../sqlite/compression.js";
import {Anomalies, type Anomaly} from "../anomalies.js";
import {Pace} from "../pace.js";
import {type Archive, digestWith, type PackedBlock, type ReadTransfer, transferBytes} from "./archive.js";
import {BlockCheck} from "./block-check.js";
import type {Journal} from "./journal.js";
import type {WalletDatabase, WalletRow} from "./wallet-database.js";

export interface ImportOptions {
  /** Rows of one batch; a batch of blocks also ends at `BATCH_BYTES`. */
  readonly batchRows: number;
  /** Rows in a second; null for as many as it goes. */
  readonly rate: number | null;
}

export interface ImportPorts {
  readonly journal: Journal | null;
  readonly database: WalletDatabase | null;
  readonly archive: Archive;
  readonly compression: Compression;
  /** Called behind every batch. `done` and `total` are bytes of the journal or rows of the database. */
  readonly progress: (part: string, done: number, total: number) => void;
}

export interface PartReport {
  readonly rows: number;
  /** Bytes read in this run. */
  readonly bytes: number;
  /** Hex, over all rows of all runs. */
  readonly digest: string;
}

export interface ImportReport {
  readonly blocks: (PartReport & {readonly lastHeight: bigint | null; readonly lastHash: string | null}) | null;
  readonly transfers: PartReport | null;
  readonly accounts: {readonly rows: number; readonly withNonce: number};
  readonly anomalies: readonly Anomaly[];
  readonly rows: number;
  readonly seconds: number;
}

const BATCH_BYTES = 8 * 1024 * 1024;

export async function importHistory(
  options: ImportOptions,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<ImportReport> {
  const anomalies = new Anomalies();
  const pace = new Pace(options.rate);
  const run = {options, ports, anomalies, pace, signal};
  const blocks = ports.journal && (await importBlocks(ports.journal, run));
  const transfers = ports.database && (await importTransfers(ports.database, run));
  if (ports.database) await importBalances(ports.database, run);
  ports.archive.compareNonces(anomalies);
  const accounts = ports.archive.accounts();
  const seconds = pace.elapsedMs / 1_000;
  return {blocks, transfers, accounts, anomalies: anomalies.list(), rows: pace.rows, seconds};
}

interface Run {
  readonly options: ImportOptions;
  readonly ports: ImportPorts;
  readonly anomalies: Anomalies;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

async function importBlocks(journal: Journal, {options, ports, anomalies, pace, signal}: Run) {
  const {archive, compression} = ports;
  let {rows, position, digest} = archive.checkpoint("blocks");
  const check = new BlockCheck(archive.tip(), anomalies);
  const begun = Number(position);
  if (begun > journal.sizeBytes)
    throw new DecodeError("IMPORT_JOURNAL_CHANGED", `${journal.path} is shorter than what was imported of it`, {
      hint: "resume with the journal that the import began with",
    });
  let batch: PackedBlock[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    archive.addBlocks(batch, {rows, position, digest}, anomalies);
    const done = Number(position) - begun;
    ports.progress("blocks", done, journal.sizeBytes - begun);
    const count = batch.length;
    [batch, bytes] = [[], 0];
    await pace.took(count, signal);
  };
  for await (const line of journal.lines(begun, QSDM_BLOCK_MAX_BYTES)) {
    if (line.bytes.length === 0) continue;
    const place = `${journal.path} byte ${Number(position)}`;
    const block = blockOf(line.bytes, {check, place, isWhole: line.whole, anomalies});
    if (block === null) break;
    batch.push({block, line: await compression.pack(line.bytes)});
    digest = digestWith(digest, line.bytes);
    position = BigInt(line.end);
    rows += 1;
    bytes += line.bytes.length;
    if (batch.length >= options.batchRows || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
  const read = Number(position) - begun;
  return {
    rows,
    bytes: read,
    digest: hexOf(digest),
    lastHeight: check.tip?.height ?? null,
    lastHash: check.tip?.hash ?? null,
  };
}

interface LinePlace {
  readonly check: BlockCheck;
  readonly place: string;
  readonly isWhole: boolean;
  readonly anomalies: Anomalies;
}

/** The block in a line; null for a last line that was being written when its node was killed. */
function blockOf(line: Uint8Array, {check, place, isWhole, anomalies}: LinePlace) {
  try {
    return check.take(line);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    if (!isWhole) {
      anomalies.add("last-line-torn", place);
      return null;
    }
    throw new DecodeError(cause.code, `${place}: ${cause.message}`, {
      hint: "everything before it is imported; mend the journal from another node's and pass --resume",
      details: {place},
      cause,
    });
  }
}

async function importTransfers(database: WalletDatabase, run: Run): Promise<PartReport> {
  const {options, ports, anomalies, pace, signal} = run;
  let {rows, position, digest} = ports.archive.checkpoint("transfers");
  const repeated = database.repeatedIds();
  if (repeated.count > 0) anomalies.add("transfer-id-repeated", repeated.first!, repeated.count);
  const total = Math.max(0, database.count("transactions") - rows);
  const begun = rows;
  let bytes = 0;
  let batch: ReadTransfer[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    ports.archive.addTransfers(batch, {rows, position, digest});
    ports.progress("transfers", rows - begun, total);
    const count = batch.length;
    batch = [];
    await pace.took(count, signal);
  };
  for (const row of database.transactions(position)) {
    const {data, nonce, isOpen} = await readTransfer(row, database, anomalies);
    batch.push({row, nonce, isOpen, data: await ports.compression.pack(data)});
    digest = digestWith(digest, transferBytes({...row, data}));
    position = row.row;
    rows += 1;
    bytes += row.data.length;
    if (batch.length >= options.batchRows) await flush();
  }
  await flush();
  return {rows, bytes, digest: hexOf(digest)};
}

/** What a row holds. A row that does not open, or holds something else, is kept as it is and told of. */
async function readTransfer(row: WalletRow, database: WalletDatabase, anomalies: Anomalies) {
  const where = `row ${row.row} of transactions`;
  const opened = await database.opened(row);
  if (opened === null) {
    anomalies.add("transfer-sealed", where);
    return {data: row.data, nonce: 0n, isOpen: false};
  }
  const envelope = envelopeIn(opened);
  if (envelope === null) anomalies.add("transfer-not-an-envelope", where);
  else if (
    envelope.id !== row.txId ||
    envelope.sender !== row.sender ||
    envelope.recipient !== row.recipient ||
    envelope.amount !== row.amount
  )
    anomalies.add("transfer-columns-differ", where);
  return {data: opened, nonce: envelope?.nonce ?? 0n, isOpen: true};
}

function envelopeIn(bytes: Uint8Array) {
  try {
    return walletEnvelope.readCompat(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

async function importBalances(database: WalletDatabase, {options, ports, anomalies, pace, signal}: Run): Promise<void> {
  if (!database.hasNonces) anomalies.add("balances-without-nonces", "balances is of a version before 0.4.1");
  const total = database.count("balances");
  let done = 0;
  let batch: Parameters<Archive["putBalances"]>[0][number][] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    ports.archive.putBalances(batch);
    done += batch.length;
    ports.progress("balances", done, total);
    const count = batch.length;
    batch = [];
    await pace.took(count, signal);
  };
  for (const row of database.balances()) {
    if (row.balance < 0) anomalies.add("balance-negative", row.address);
    batch.push(row);
    if (batch.length >= options.batchRows) await flush();
  }
  await flush();
}
