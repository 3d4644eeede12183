/** Messages on a stream: four bytes of length, big endian, then the message. */
import {concat} from "../../codecs/bytes.js";
import {DecodeError} from "../../errors.js";

const HEAD_BYTES = 4;
/** What is kept for a stream at all times. */
const FIRST_BYTES = 1_024;

export const frameOf = (message: Uint8Array): Uint8Array => concat(frameHead(message.length), message);

/** What goes before a message of that size. */
export function frameHead(sizeBytes: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  new DataView(head.buffer).setUint32(0, sizeBytes);
  return head;
}

/** Puts messages together again from whatever pieces come. */
export class FrameSplitter {
  /** What came of the message under way: copied, since a piece of one byte costs a hundred to keep. */
  #kept = new Uint8Array(FIRST_BYTES);
  #size = 0;

  constructor(private readonly maxBytes: number) {}

  /** Bytes of the message under way that came. */
  get partialBytes(): number {
    return this.#size;
  }

  /** @throws DecodeError FRAME_TOO_LONG as soon as a length is read, before anything is kept for it */
  push(bytes: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      // The head alone first: it tells how much more belongs to the message.
      const goal = this.#size < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + this.#length();
      const piece = bytes.subarray(at, at + goal - this.#size);
      this.#keep(piece, goal);
      at += piece.length;
      if (this.#size < HEAD_BYTES || this.#size < HEAD_BYTES + this.#length()) continue;
      const large = this.#kept.length > FIRST_BYTES;
      // What was made for this message alone is given away as it is.
      out.push(large ? this.#kept.subarray(HEAD_BYTES, this.#size) : this.#kept.slice(HEAD_BYTES, this.#size));
      this.#size = 0;
      if (large) this.#kept = new Uint8Array(FIRST_BYTES);
    }
    return out;
  }

  #length(): number {
    const length = new DataView(this.#kept.buffer).getUint32(0);
    if (length > this.maxBytes)
      throw new DecodeError("FRAME_TOO_LONG", `a message of ${length} bytes, at most ${this.maxBytes}`);
    return length;
  }

  /** Room grows with what came, never with what was announced. */
  #keep(piece: Uint8Array, goal: number): void {
    const size = this.#size + piece.length;
    if (size > this.#kept.length) {
      const grown = new Uint8Array(Math.min(goal, Math.max(size, 2 * this.#kept.length)));
      grown.set(this.#kept.subarray(0, this.#size));
      this.#kept = grown;
    }
    this.#kept.set(piece, this.#size);
    this.#size = size;
  }
}
