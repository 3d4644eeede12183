/**
 * The log of rejections on disk: one line for each, appended as it comes. After so many lines, or when it is full, it is
 * written anew with the newest alone. Nothing depends on it but what people can look up, so a failure is counted and not fatal.
 * Source: QSDM mining protocol, section 18.4.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import {utf8} from "../../../codecs/bytes.js";
import {
  formatRejection,
  parseRejection,
  REJECTION_LINE_MAX_BYTES,
  type RejectionLine,
} from "../../../codecs/mining/rejection-line.js";
import {DecodeError, UnavailableError} from "../../../errors.js";

export interface RejectionFileOptions {
  readonly path: string;
  /** Lines after which the file is written anew, and that it then has. */
  readonly softCap: number;
  /** Largest size in bytes; 0 limits nothing. */
  readonly hardCapBytes: number;
}

const MODE = 0o600;

/** What a file holds. */
export interface LoadedRejections {
  /** Every line that can be read, oldest first. */
  readonly lines: readonly RejectionLine[];
  /** Lines that are no rejection, or longer than any that is written. */
  readonly skipped: number;
}

/** How a file ends. */
interface End {
  readonly sizeBytes: number;
  /** Whether a crash left the last line without its end. */
  readonly inLine: boolean;
}

export class RejectionFile {
  #appended = 0;
  /** As this process left the file; null before it has written, and where a writing failed. */
  #end: End | null = null;

  constructor(private readonly options: RejectionFileOptions) {}

  /** The reference fails on a line over the limit. Here no line of what is only a log stops a start. */
  load(): LoadedRejections {
    const {path} = this.options;
    return existsSync(path) ? linesIn(readFileSync(path)) : {lines: [], skipped: 0};
  }

  /** @throws UnavailableError REJECTION_TOO_LONG, REJECTIONS_FULL; the error of the file system */
  append(entry: RejectionLine): void {
    const line = utf8(asText(entry));
    if (line.length - 1 > REJECTION_LINE_MAX_BYTES)
      throw new UnavailableError(
        "REJECTION_TOO_LONG",
        `a rejection of ${line.length - 1} bytes could not be read back`,
      );
    const {path, softCap, hardCapBytes} = this.options;
    this.#end ??= endOf(path);
    if (hardCapBytes > 0 && this.#end.sizeBytes + line.length + AROUND > hardCapBytes) this.#makeRoom(line.length);
    const {sizeBytes, inLine} = this.#end;
    const bytes = inLine ? Buffer.concat([NEWLINE, line]) : line;
    this.#end = null;
    appendFileSync(path, bytes, {mode: MODE});
    this.#end = {sizeBytes: sizeBytes + bytes.length, inLine: false};
    if (++this.#appended % softCap > 0) return;
    const {lines} = this.load();
    if (lines.length > softCap) this.#rewrite(lines.slice(-softCap).map(asText));
  }

  /**
   * Leaves the newest lines that fit half the cap, so that the next look at the whole file is as many lines away. The
   * reference keeps the newest by number alone: a file of few long lines then stays full for ever.
   */
  #makeRoom(more: number): void {
    const {softCap, hardCapBytes} = this.options;
    let room = Math.min(Math.floor(hardCapBytes / 2), hardCapBytes - more - AROUND);
    if (room < 0) throw new UnavailableError("REJECTIONS_FULL", "recentrejects: persist hard cap exceeded");
    const texts = this.load().lines.slice(-softCap).map(asText);
    let first = texts.length;
    while (first > 0 && room >= utf8(texts[first - 1]!).length) room -= utf8(texts[--first]!).length;
    this.#rewrite(texts.slice(first));
  }

  #rewrite(texts: readonly string[]): void {
    const draft = `${this.options.path}.tmp`;
    const bytes = utf8(texts.join(""));
    writeFileSync(draft, bytes, {mode: MODE});
    renameSync(draft, this.options.path);
    this.#end = {sizeBytes: bytes.length, inLine: false};
  }
}

function endOf(path: string): End {
  const sizeBytes = existsSync(path) ? statSync(path).size : 0;
  if (sizeBytes === 0) return {sizeBytes, inLine: false};
  const file = openSync(path, "r");
  try {
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, sizeBytes - 1);
    return {sizeBytes, inLine: last[0] !== NEWLINE[0]};
  } finally {
    closeSync(file);
  }
}

const NEWLINE = Buffer.from("\n");
/** Bytes that count besides a line: the line feeds before and after. */
const AROUND = 2;

const asText = (line: RejectionLine): string => `${formatRejection(line)}\n`;

function linesIn(bytes: Buffer): LoadedRejections {
  const lines: RejectionLine[] = [];
  let skipped = 0;
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    const line = read(bytes.subarray(start, end));
    if (line) lines.push(line);
    else if (end > start) skipped++;
    start = end + 1;
  }
  return {lines, skipped};
}

/** Null for a line that a crash cut, or that somebody wrote by hand. */
function read(line: Buffer): RejectionLine | null {
  if (line.length === 0 || line.length > REJECTION_LINE_MAX_BYTES) return null;
  try {
    return parseRejection(line);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
