/**
 * Signatures that were found valid, so that a transaction checked on its way into the pool is not checked again in
 * its block. Only valid ones are kept: a flood of bad ones cannot push good ones out.
 */
import {concat} from "../codecs/bytes.js";
import {sha256} from "../codecs/hash.js";
import type {VerifySignature} from "../codecs/suite.js";

/** What a signature is remembered by. Signature and key have fixed sizes, so the three cannot run into each other. */
export const signatureId: (...of: Parameters<VerifySignature>) => string = (publicKey, message, signature) =>
  Buffer.from(sha256(concat(signature, publicKey, message))).toString("latin1");

/** The last `capacity` valid ones; the oldest go first. */
export class ValidSignatures {
  readonly #ids = new Set<string>();

  constructor(private readonly capacity = 16_384) {}

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  note(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size > this.capacity) this.#ids.delete(this.#ids.values().next().value!);
  }
}

/** `verify` with a memory. */
export const rememberValid =
  (verify: VerifySignature, valid = new ValidSignatures()): VerifySignature =>
  (publicKey, message, signature) => {
    const id = signatureId(publicKey, message, signature);
    if (valid.has(id)) return true;
    if (!verify(publicKey, message, signature)) return false;
    valid.note(id);
    return true;
  };
