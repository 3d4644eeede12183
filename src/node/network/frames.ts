/** Messages on a stream: four bytes of length, big endian, then the message. */
import {concat} from "../../codecs/bytes.js";
import {DecodeError} from "../../errors.js";

const HEAD_BYTES = 4;

export function frameOf(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + message.length);
  new DataView(frame.buffer).setUint32(0, message.length);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** Puts messages together again from whatever pieces come. */
export class FrameSplitter {
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(private readonly maxBytes: number) {}

  /** Whether a message is under way. */
  get partial(): boolean {
    return this.#size > 0;
  }

  /** @throws DecodeError FRAME_TOO_LONG as soon as a length is read, before anything is kept for it */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    const out: Uint8Array[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === null || this.#size < HEAD_BYTES + length) return out;
      const all = this.#joined();
      out.push(all.slice(HEAD_BYTES, HEAD_BYTES + length));
      this.#parts = [all.subarray(HEAD_BYTES + length)];
      this.#size -= HEAD_BYTES + length;
    }
  }

  #nextLength(): number | null {
    if (this.#size < HEAD_BYTES) return null;
    if (this.#parts[0]!.length < HEAD_BYTES) this.#joined();
    const head = this.#parts[0]!;
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (length > this.maxBytes)
      throw new DecodeError("FRAME_TOO_LONG", `a message of ${length} bytes, at most ${this.maxBytes}`);
    return length;
  }

  #joined(): Uint8Array {
    if (this.#parts.length !== 1) this.#parts = [concat(...this.#parts)];
    return this.#parts[0]!;
  }
}
