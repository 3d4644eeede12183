/**
 * The key of an encrypted store, sealed under a passphrase: a JSON file for machines, members in the order below, one
 * space of indent, a newline at the end. scrypt has fixed r = 8 and p = 1; its N is 2 to the power of `log_n`.
 * `sealed` is XAES-256-GCM of the 32-byte data key: nonce, ciphertext, tag, with the members before it as associated data.
 */
import * as z from "zod";
import {DecodeError} from "../errors.js";
import {bytesOfHex, hexOf, textOf, utf8} from "./bytes.js";

export const STORE_KEY_VERSION = 1;
export const STORE_KEY_ID_BYTES = 16;
export const STORE_KEY_SALT_BYTES = 16;
/** Nonce, data key, tag. */
export const STORE_KEY_SEALED_BYTES = 24 + 32 + 16;
/** 128 MiB. Less is guessed too fast from a stolen file; more than 1 GiB is an attack on who opens it. */
export const STORE_KEY_LOG_N = {min: 15, now: 17, max: 20} as const;
/** Longest file. */
export const STORE_KEY_MAX_BYTES = 4_096;

export interface StoreKey {
  /** Names the data key in the database that it belongs to. */
  readonly keyId: Uint8Array;
  readonly logN: number;
  readonly salt: Uint8Array;
  readonly sealed: Uint8Array;
}

const hex = (bytes: number): z.ZodType<string> => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));

const FILE = z.strictObject({
  version: z.literal(STORE_KEY_VERSION),
  key_id: hex(STORE_KEY_ID_BYTES),
  kdf: z.literal("scrypt"),
  log_n: z.number().int().min(STORE_KEY_LOG_N.min).max(STORE_KEY_LOG_N.max),
  salt: hex(STORE_KEY_SALT_BYTES),
  cipher: z.literal("xaes-256-gcm"),
  sealed: hex(STORE_KEY_SEALED_BYTES),
});

/** What the seal binds: everything in the file but itself. */
export const storeKeyHead = ({keyId, logN, salt}: Omit<StoreKey, "sealed">) => ({
  version: STORE_KEY_VERSION,
  key_id: hexOf(keyId),
  kdf: "scrypt",
  log_n: logN,
  salt: hexOf(salt),
  cipher: "xaes-256-gcm",
});

export const storeKey = {
  encode: (key: StoreKey): Uint8Array =>
    utf8(`${JSON.stringify({...storeKeyHead(key), sealed: hexOf(key.sealed)}, null, 1)}\n`),
  /** @throws DecodeError STORE_KEY_INVALID */
  decode(bytes: Uint8Array): StoreKey {
    if (bytes.length > STORE_KEY_MAX_BYTES) refuse(`${bytes.length} bytes, at most ${STORE_KEY_MAX_BYTES}`);
    const read = FILE.safeParse(jsonIn(bytes));
    if (!read.success) return refuse(z.prettifyError(read.error));
    const {key_id, log_n, salt, sealed} = read.data;
    const key = {keyId: bytesOfHex(key_id), logN: log_n, salt: bytesOfHex(salt), sealed: bytesOfHex(sealed)};
    if (textOf(storeKey.encode(key)) !== textOf(bytes)) refuse("not as it was written");
    return key;
  },
};

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return refuse("not JSON");
  }
}

const refuse = (why: string): never => {
  throw new DecodeError("STORE_KEY_INVALID", `chain.key: ${why}`, {
    hint: "restore the file from a copy: what the store holds cannot be read without it",
  });
};
