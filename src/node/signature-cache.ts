/**
 * Signatures that were found valid, so that a transaction checked on its way into the pool is not checked again in
 * its block. Only valid ones are kept: a flood of bad ones cannot push good ones out.
 */
import {concat} from "../codecs/bytes.js";
import {sha256} from "../codecs/hash.js";
import type {VerifySignature} from "../codecs/suite.js";

/** `verify` with a memory of its last `capacity` valid signatures; the oldest go first. */
export function rememberValid(verify: VerifySignature, capacity = 16_384): VerifySignature {
  const valid = new Set<string>();
  return (publicKey, message, signature) => {
    // Signature and key have fixed sizes, so the three cannot run into each other.
    const id = Buffer.from(sha256(concat(signature, publicKey, message))).toString("latin1");
    if (valid.has(id)) return true;
    if (!verify(publicKey, message, signature)) return false;
    valid.add(id);
    if (valid.size > capacity) valid.delete(valid.values().next().value!);
    return true;
  };
}
