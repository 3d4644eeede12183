/** Address: lowercase hex of SHA-256 over the raw ML-DSA-87 public key, 64 characters, no prefix, no checksum. */
import {DecodeError} from "../errors.js";
import {bytesOfHex, hexOf} from "./bytes.js";
import type {Field} from "./cbor/record.js";
import {fixed} from "./cbor/record.js";
import {sha256} from "./hash.js";

const ADDRESS = /^[0-9a-f]{64}$/;

/** The address that `publicKey` controls. */
export const addressOfKey = (publicKey: Uint8Array): string => hexOf(sha256(publicKey));

export const isAddress = (text: string): boolean => ADDRESS.test(text);

/** `text` itself. @throws DecodeError ADDRESS_INVALID */
export function checkAddress(text: string): string {
  if (!isAddress(text))
    throw new DecodeError("ADDRESS_INVALID", `"${text}" is not an address`, {
      hint: "an address is 64 lowercase hex digits, as qsdm wallet show prints it",
    });
  return text;
}

const raw = fixed(32);
/** An address inside a record: 32 bytes on the wire, hex text in memory. */
export const address: Field<string> = {
  toWire: (value, path) => raw.toWire(bytesOfHex(value), path),
  fromWire: (wire, path) => hexOf(raw.fromWire(wire, path)),
};
/** A 32-byte digest inside a record: bytes on the wire, hex text in memory. */
export const digestHex = address;
