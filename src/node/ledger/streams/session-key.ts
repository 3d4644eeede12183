/**
 * Ed25519 of session keys, which QSDM's clients have. Every node runs the same OpenSSL code through Node, which checks
 * without cofactor and refuses `S` above the group's order; another library would have to do exactly that.
 */
import type * as Crypto from "node:crypto";
import {bytesOfHex} from "../../../codecs/bytes.js";
import {type StreamReceipt, streamReceiptContent} from "../../../codecs/envelopes/actions.js";
import {DecodeError} from "../../../errors.js";

const crypto = (): typeof Crypto => process.getBuiltinModule("node:crypto");

/** RFC 8410: what stands before the 32 bytes of a key. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Whether the session key signed `receipt`, all of it but its signature. */
export function isSignedBy(sessionPublicKey: Uint8Array, receipt: StreamReceipt): boolean {
  try {
    const {createPublicKey, verify} = crypto();
    const key = createPublicKey({key: Buffer.concat([SPKI_PREFIX, sessionPublicKey]), format: "der", type: "spki"});
    return verify(null, streamReceiptContent.encode(receipt), key, bytesOfHex(receipt.signature, 64));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
