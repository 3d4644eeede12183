/**
 * Head of a file that keeps entries of a proof-of-work table: every `interval`-th one, or all with an interval of 1.
 *
 * 8 bytes `QSDMDAG2`; epoch, 8 bytes; work-set root, 32 bytes; entries of the whole table, 4 bytes; interval, 4 bytes;
 * 8 bytes of zeros; integers big-endian. The kept entries follow, 32 bytes each, and a SHA-256 of everything before it.
 * With 64 bytes before them, no entry of a file that is mapped crosses a line of the processor's cache.
 * Source: none, the form is this program's own.
 */
import {DecodeError} from "../../errors.js";
import {concat, equalBytes, plain, utf8} from "../bytes.js";
import type {Codec} from "../codec.js";

export interface DagFileHead {
  readonly epoch: bigint;
  readonly workSetRoot: Uint8Array;
  /** 2 to 2^26. */
  readonly entries: number;
  /** 1 to 2^16. */
  readonly interval: number;
}

const MAGIC = utf8("QSDMDAG2");
const ROOT_BYTES = 32;
const PADDING_BYTES = 8;
const ENTRY_BYTES = 32;
const ENTRIES_MAX = 2 ** 26;
const INTERVAL_MAX = 2 ** 16;

export const DAG_FILE_HEAD_BYTES = MAGIC.length + 8 + ROOT_BYTES + 4 + 4 + PADDING_BYTES;
export const DAG_FILE_CHECKSUM_BYTES = 32;

/** Size of the whole file. */
export const dagFileBytes = ({entries, interval}: Pick<DagFileHead, "entries" | "interval">): number =>
  DAG_FILE_HEAD_BYTES + Math.ceil(entries / interval) * ENTRY_BYTES + DAG_FILE_CHECKSUM_BYTES;

export const dagFileHead: Codec<DagFileHead> = {
  encode({epoch, workSetRoot, entries, interval}) {
    const numbers = new DataView(new ArrayBuffer(16));
    numbers.setBigUint64(0, epoch);
    numbers.setUint32(8, entries);
    numbers.setUint32(12, interval);
    const bytes = new Uint8Array(numbers.buffer);
    return concat(MAGIC, bytes.subarray(0, 8), workSetRoot, bytes.subarray(8), new Uint8Array(PADDING_BYTES));
  },
  /** @throws DecodeError DAG_FILE_INVALID */
  decode(bytes) {
    if (bytes.length !== DAG_FILE_HEAD_BYTES) refuse(`a head of ${bytes.length} bytes`);
    if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) refuse("not a file of this form");
    const view = new DataView(bytes.buffer, bytes.byteOffset + MAGIC.length);
    const entries = view.getUint32(8 + ROOT_BYTES);
    const interval = view.getUint32(12 + ROOT_BYTES);
    if (entries < 2 || entries > ENTRIES_MAX) refuse(`a table of ${entries} entries`);
    if (interval < 1 || interval > INTERVAL_MAX) refuse(`an interval of ${interval}`);
    if (bytes.subarray(-PADDING_BYTES).some((byte) => byte !== 0)) refuse("padding that is not zero");
    const root = MAGIC.length + 8;
    return {epoch: view.getBigUint64(0), workSetRoot: plain(bytes.slice(root, root + ROOT_BYTES)), entries, interval};
  },
};

function refuse(what: string): never {
  throw new DecodeError("DAG_FILE_INVALID", `table file: ${what}`);
}
