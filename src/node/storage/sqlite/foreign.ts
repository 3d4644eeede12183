/**
 * Whether a database is another program's, by its bytes: SQLite plays a log that was left beside a file back into it when it
 * is opened and closed, whoever asks.
 * Source: https://www.sqlite.org/fileformat2.html, sections 1.3, 1.6 and 4.1.
 */
import {closeSync, fstatSync, openSync, readSync} from "node:fs";

/** As much of a page as is looked at: the header of the file, and that of the tree of its tables. */
const LOOKED_AT = 108;
const MAGIC = Buffer.from("SQLite format 3\0");
const APPLICATION_ID_AT = 68;
/** The tree of the tables: its kind, and how many it has. */
const KIND_AT = 100;
const CELLS_AT = 103;
const LEAF = 0x0d;

const LOG_HEADER = 32;
const PAGE_SIZE_AT = 8;
const SALTS_AT = 16;
const FRAME_HEADER = 24;
const FRAME_SALTS_AT = 8;
const SALTS_BYTES = 8;

/**
 * False where there is no file, or nothing in it yet, and where the file or its log has a page that says that it is `ours`:
 * SQLite then says what it is.
 */
export function isForeign(path: string, ours: readonly number[]): boolean {
  const pages = firstPages(path);
  return pages.some(hasTables) && !pages.some((page) => ours.includes(page.readUInt32BE(APPLICATION_ID_AT)));
}

const hasTables = (page: Buffer): boolean => page[KIND_AT] !== LEAF || page.readUInt16BE(CELLS_AT) > 0;

/** What the file's first page is, and may have become: it is copied to the log whenever it changes. */
function firstPages(path: string): readonly Buffer[] {
  const own = reading(path, (file) => [bytesAt(file, 0, LOOKED_AT)]);
  const logged = reading(`${path}-wal`, (file, size) => {
    const header = bytesAt(file, 0, LOG_HEADER);
    if (header.length < LOG_HEADER) return [];
    const salts = header.subarray(SALTS_AT, SALTS_AT + SALTS_BYTES);
    const frameBytes = FRAME_HEADER + header.readUInt32BE(PAGE_SIZE_AT);
    const pages: Buffer[] = [];
    for (let at = LOG_HEADER; at + frameBytes <= size; at += frameBytes) {
      const frame = bytesAt(file, at, FRAME_HEADER);
      // What an earlier round through the log left.
      if (!frame.subarray(FRAME_SALTS_AT, FRAME_SALTS_AT + SALTS_BYTES).equals(salts)) break;
      if (frame.readUInt32BE(0) === 1) pages.push(bytesAt(file, at + FRAME_HEADER, LOOKED_AT));
    }
    return pages;
  });
  return [...own, ...logged].filter(
    (page) => page.length === LOOKED_AT && page.subarray(0, MAGIC.length).equals(MAGIC),
  );
}

function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

/** Nothing of a file that is not there or cannot be read: SQLite says why. */
function reading(path: string, read: (file: number, size: number) => Buffer[]): Buffer[] {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return [];
  }
  try {
    return read(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}
