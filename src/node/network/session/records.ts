/**
 * Records of a session: two bytes of length, then ChaCha20-Poly1305 over one byte of kind and the data. Each direction
 * has its own secret and counter. A record that was changed, repeated, moved or left out does not open, and the session
 * ends there; an end without a closing record is a cut, not an end.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {hmacSha3} from "../../../codecs/hash.js";
import {AEAD_TAG_BYTES} from "../../../codecs/network/session.js";
import {RuleError} from "../../../errors.js";
import {open, sealParts} from "./aead.js";

/** Most data in one record. */
export const RECORD_MAX_BYTES = 0xffff - AEAD_TAG_BYTES - 1;
/** A key is left after this many bytes, */
export const REKEY_BYTES = 2 ** 32;
/** or after this time. */
export const REKEY_MS = 3_600_000;
/** A receiver allows as much again, for what was under way. */
const REKEY_SLACK = 2;

const DATA = 0;
const REKEY = 1;
const CLOSE = 2;
const HEAD_BYTES = 2;

/** One direction's key: a chain in which no key gives the one before it. */
class Ratchet {
  #key!: Uint8Array;
  #iv!: Uint8Array;
  #counter = 0n;
  bytes = 0;

  constructor(private secret: Uint8Array) {
    this.#derive();
  }

  turn(): void {
    this.secret = hmacSha3(this.secret, utf8("qsdm/record/next"));
    this.#derive();
  }

  #derive(): void {
    this.#key = hmacSha3(this.secret, utf8("qsdm/record/key"));
    this.#iv = hmacSha3(this.secret, utf8("qsdm/record/iv")).slice(0, 12);
    this.#counter = 0n;
    this.bytes = 0;
  }

  /** The key with the next nonce; the counter moves only when `done` is called. */
  next(): {readonly key: Uint8Array; readonly nonce: Uint8Array; done(bytes: number): void} {
    const nonce = this.#iv.slice();
    const view = new DataView(nonce.buffer);
    view.setBigUint64(4, view.getBigUint64(4) ^ this.#counter);
    return {
      key: this.#key,
      nonce,
      done: (bytes) => {
        this.#counter++;
        this.bytes += bytes;
      },
    };
  }
}

export class RecordWriter {
  readonly #ratchet: Ratchet;
  #since: number;

  constructor(
    secret: Uint8Array,
    nowMs: number,
    private readonly limits = {bytes: REKEY_BYTES, ms: REKEY_MS},
  ) {
    this.#ratchet = new Ratchet(secret);
    this.#since = nowMs;
  }

  /** Records that carry `data`, and a new key before them where one is due. */
  write(data: Uint8Array, nowMs: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let at = 0; at < data.length; at += RECORD_MAX_BYTES) {
      if (this.#ratchet.bytes >= this.limits.bytes || nowMs - this.#since >= this.limits.ms) {
        out.push(this.#record(REKEY, new Uint8Array()));
        this.#ratchet.turn();
        this.#since = nowMs;
      }
      out.push(this.#record(DATA, data.subarray(at, at + RECORD_MAX_BYTES)));
    }
    return out;
  }

  /** The last record: after it the other side knows that nothing is missing. */
  close(): Uint8Array {
    return this.#record(CLOSE, new Uint8Array());
  }

  #record(kind: number, data: Uint8Array): Uint8Array {
    const head = headOf(1 + data.length + AEAD_TAG_BYTES);
    const {key, nonce, done} = this.#ratchet.next();
    const record = concat(head, ...sealParts(key, nonce, [Uint8Array.of(kind), data], head));
    done(record.length - HEAD_BYTES);
    return record;
  }
}

export class RecordReader {
  readonly #ratchet: Ratchet;
  #kept: Uint8Array = new Uint8Array();
  #ended: "open" | "closed" | "broken" = "open";

  constructor(
    secret: Uint8Array,
    private readonly limitBytes = REKEY_BYTES,
  ) {
    this.#ratchet = new Ratchet(secret);
  }

  /** Whether the other side said that it is done. */
  get closed(): boolean {
    return this.#ended === "closed";
  }

  /**
   * Takes bytes as they come in whatever pieces, and gives the data that is whole.
   * @throws RuleError SESSION_RECORD_INVALID; the session is dead from then on
   */
  read(bytes: Uint8Array): Uint8Array[] {
    if (this.#ended === "broken") throw this.#broken("comes after a broken one");
    const input = this.#kept.length === 0 ? bytes : concat(this.#kept, bytes);
    const out: Uint8Array[] = [];
    let at = 0;
    while (input.length - at >= HEAD_BYTES) {
      const size = (input[at]! << 8) | input[at + 1]!;
      if (size < 1 + AEAD_TAG_BYTES) throw this.#broken("is too short");
      if (input.length - at - HEAD_BYTES < size) break;
      const data = this.#open(
        input.subarray(at, at + HEAD_BYTES),
        input.subarray(at + HEAD_BYTES, at + HEAD_BYTES + size),
      );
      if (data !== null) out.push(data);
      at += HEAD_BYTES + size;
    }
    this.#kept = input.slice(at);
    return out;
  }

  #open(head: Uint8Array, body: Uint8Array): Uint8Array | null {
    if (this.#ended !== "open") throw this.#broken("comes after the closing one");
    const {key, nonce, done} = this.#ratchet.next();
    const plaintext = open(key, nonce, body, head);
    if (plaintext === null) throw this.#broken("does not open");
    done(body.length);
    if (this.#ratchet.bytes > this.limitBytes * REKEY_SLACK)
      throw this.#broken("is under a key that was used too long");
    const kind = plaintext[0]!;
    if (kind === DATA && plaintext.length > 1) return plaintext.subarray(1);
    if (plaintext.length !== 1 || (kind !== REKEY && kind !== CLOSE)) throw this.#broken("is of no known kind");
    if (kind === REKEY) this.#ratchet.turn();
    else this.#ended = "closed";
    return null;
  }

  #broken(why: string): RuleError {
    this.#ended = "broken";
    this.#kept = new Uint8Array();
    return new RuleError("SESSION_RECORD_INVALID", `a record of the session ${why}`);
  }
}

const headOf = (size: number): Uint8Array => Uint8Array.of(size >> 8, size & 0xff);
