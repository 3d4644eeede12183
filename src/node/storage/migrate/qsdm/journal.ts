/** Lines of a file that may be larger than memory: one at a time, each with the place where it ends. */
import {type FileHandle, open} from "node:fs/promises";
import {plain} from "../../../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../../../errors.js";

export interface JournalLine {
  /** Without its line end. */
  readonly bytes: Uint8Array;
  /** Offset of the byte behind it and its line end. */
  readonly end: number;
  /** False for a last line without line end, which a node that was killed leaves. */
  readonly whole: boolean;
}

const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

export class Journal {
  private constructor(
    readonly path: string,
    readonly sizeBytes: number,
    private readonly file: FileHandle,
  ) {}

  /** @throws UsageError FILE_NOT_FOUND, FILE_UNREADABLE */
  static async open(path: string): Promise<Journal> {
    try {
      const file = await open(path, "r");
      return new Journal(path, (await file.stat()).size, file);
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
      throw new UsageError(missing ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", `cannot read ${path}`, {
        hint: "check the path, and that you may read it",
        cause,
      });
    }
  }

  /**
   * Lines from an offset on; an empty last one is none. What is appended meanwhile is not read.
   * @throws DecodeError LINE_TOO_LONG before a line is held that is longer than `maxBytes`
   */
  async *lines(from: number, maxBytes: number): AsyncGenerator<JournalLine> {
    let held: Buffer = Buffer.alloc(0);
    let start = from;
    for (let at = from; at < this.sizeBytes; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.sizeBytes - at));
      const {bytesRead} = await this.file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      held = Buffer.concat([held, chunk.subarray(0, bytesRead)]);
      let begin = 0;
      for (let end = held.indexOf(LINE_FEED); end >= 0; end = held.indexOf(LINE_FEED, begin)) {
        if (end - begin > maxBytes) throw this.#tooLong(start, maxBytes);
        start += end + 1 - begin;
        yield {bytes: plain(held.subarray(begin, end)), end: start, whole: true};
        begin = end + 1;
      }
      held = held.subarray(begin);
      if (held.length > maxBytes) throw this.#tooLong(start, maxBytes);
    }
    if (held.length > 0) yield {bytes: plain(held), end: start + held.length, whole: false};
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  #tooLong(start: number, maxBytes: number): DecodeError {
    return new DecodeError("LINE_TOO_LONG", `${this.path} has a line of more than ${maxBytes} bytes at byte ${start}`, {
      hint: "check that this is a block journal",
    });
  }
}
