/**
 * Many messages hashed at once: the rules' own way, one by one, or what a service offers. Messages lie one after the other
 * in one array, because an array for each of them and for each digest costs more than the hash.
 */
import {sha3} from "../../../codecs/hash.js";

export const DIGEST_BYTES = 32;

/** SHA3-256 of each message, the first from 0 to `ends[0]`, the next from there to `ends[1]`: 32 bytes each, in order. */
export type HashAll = (messages: Uint8Array, ends: Uint32Array, digests: Uint8Array) => void;

/** One after the other. */
export const hashEachBy =
  (hash: (message: Uint8Array) => Uint8Array): HashAll =>
  (messages, ends, digests) => {
    let start = 0;
    for (let i = 0; i < ends.length; i++) {
      digests.set(hash(messages.subarray(start, ends[i])), i * DIGEST_BYTES);
      start = ends[i]!;
    }
  };

export const hashEach: HashAll = hashEachBy((message) => sha3(message));

/** Most that is gathered before it is hashed, so that it stays in the processor's cache. */
const LOT_MESSAGES = 4_096;
const LOT_BYTES = 2 ** 20;

/** Messages being written one after the other. */
export class Messages {
  #bytes: Uint8Array;
  #view: DataView;
  #end = 0;

  constructor(size = 2 ** 12) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get end(): number {
    return this.#end;
  }

  /** What was written; it is overwritten after `clear`. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  clear(): void {
    this.#end = 0;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#end++] = value;
  }

  bytes(part: Uint8Array): void {
    this.#room(part.length);
    this.#bytes.set(part, this.#end);
    this.#end += part.length;
  }

  text(part: string): void {
    // A UTF-16 unit is at most three bytes.
    this.#room(3 * part.length);
    this.#end += Buffer.from(this.#bytes.buffer).write(part, this.#end);
  }

  /** A 32-bit word, the lowest byte first. */
  word(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.#end, value, true);
    this.#end += 4;
  }

  #room(bytes: number): void {
    const wanted = this.#end + bytes;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(wanted)));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Digests one after the other. */
export interface Digests {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** What is to be hashed, and where the digests go. */
export interface Hashing {
  readonly count: number;
  write(message: Messages, i: number): void;
  /** Of message `i`, at `at`; `digests` are overwritten afterwards. */
  take(digests: Digests, at: number, i: number): void;
}

/** Hashes `count` messages in as few calls as fit a lot. */
export function hashMessages(hashAll: HashAll, {count, write, take}: Hashing): void {
  const most = Math.min(count, LOT_MESSAGES);
  const messages = new Messages();
  const ends = new Uint32Array(most);
  const bytes = new Uint8Array(most * DIGEST_BYTES);
  const digests: Digests = {bytes, view: new DataView(bytes.buffer)};
  for (let from = 0; from < count; ) {
    let size = 0;
    messages.clear();
    while (size < most && from + size < count && messages.end < LOT_BYTES) {
      write(messages, from + size);
      ends[size++] = messages.end;
    }
    hashAll(messages.written, ends.subarray(0, size), bytes.subarray(0, size * DIGEST_BYTES));
    for (let i = 0; i < size; i++) take(digests, i * DIGEST_BYTES, from + i);
    from += size;
  }
}

/** A copy of its own, which does not keep the others alive. */
export const digestAt = ({bytes}: Digests, at: number): Uint8Array => bytes.slice(at, at + DIGEST_BYTES);
