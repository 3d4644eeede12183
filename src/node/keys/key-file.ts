/**
 * Keys that lie in the clear on the machine that uses them, as hex and a newline, mode 0600: a node's signing seed and
 * the attestation MAC key. A node key can be slashed for what it signs and moves no money; wallets have keystores.
 */
import {bytesOfHex, hexOf, textOf, utf8} from "../../codecs/bytes.js";
import {MAX_HMAC_KEY_BYTES, MIN_HMAC_KEY_BYTES, ML_DSA_SEED_BYTES} from "../../codecs/suite.js";
import {DecodeError} from "../../errors.js";

/** Bytes of a new attestation MAC key. */
export const HMAC_KEY_BYTES = 32;
/** Longest key file that is read. */
export const KEY_FILE_MAX_BYTES = 1024;

/** File of a key. */
export const formatKeyFile = (key: Uint8Array): Uint8Array => utf8(`${hexOf(key)}\n`);

/** Seed of a node key. @throws DecodeError KEY_FILE_INVALID */
export const parseSeedFile = (file: Uint8Array): Uint8Array =>
  parseKeyFile(file, {min: ML_DSA_SEED_BYTES, max: ML_DSA_SEED_BYTES});

/** Attestation MAC key. @throws DecodeError KEY_FILE_INVALID */
export const parseHmacKeyFile = (file: Uint8Array): Uint8Array =>
  parseKeyFile(file, {min: MIN_HMAC_KEY_BYTES, max: MAX_HMAC_KEY_BYTES});

/** Hex in either case with white space around it, as people and other tools write it. @throws DecodeError KEY_FILE_INVALID */
export function parseKeyFile(file: Uint8Array, {min, max}: {readonly min: number; readonly max: number}): Uint8Array {
  // The bytes are secret: no message quotes them.
  const refuse = (why: string): never => {
    throw new DecodeError("KEY_FILE_INVALID", `key file: ${why}`, {
      hint: "a key file holds one key as hex; qsdm keygen writes it",
    });
  };
  if (file.length > KEY_FILE_MAX_BYTES) refuse(`${file.length} bytes, at most ${KEY_FILE_MAX_BYTES}`);
  const text = textIn(file)?.trim() ?? refuse("not hex");
  if (text === "") refuse("empty");
  if (/[\r\n]/.test(text)) refuse("more than one line");
  const key = bytesIn(text) ?? refuse("not hex");
  if (key.length < min || key.length > max)
    refuse(`holds ${key.length} bytes, want ${min === max ? min : `${min} to ${max}`}`);
  return key;
}

function textIn(file: Uint8Array): string | undefined {
  try {
    return textOf(file);
  } catch {
    return undefined;
  }
}

function bytesIn(hex: string): Uint8Array | undefined {
  try {
    return bytesOfHex(hex.toLowerCase());
  } catch {
    return undefined;
  }
}
