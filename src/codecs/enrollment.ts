/**
 * Payloads of contract `qsdm/enroll/v2`: enroll a GPU, or unenroll it.
 *
 * J-plain JSON, members in the order below, bytes as padded base64, empty optional members left out. Moving a member
 * is a hard fork. What the values must be is checked in enrollment-fields.ts.
 * Source: mining protocol, section 19.1. Vectors: enrollment.vectors.json, unenrollment.vectors.json.
 */
import {DecodeError} from "../errors.js";
import {concat, utf8} from "./bytes.js";
import {encodeCbor} from "./cbor/cbor.js";
import {quoteText} from "./go/quote.js";
import {readFirst, readStrict} from "./go/readers.js";
import {type GoValue, goStruct, member, optional} from "./go/struct.js";
import {type GoType, goBytes, goText, goUint64} from "./go/types.js";
import {sha256} from "./hash.js";
import {type CompatCodec, canonicalCodec} from "./json.js";

/** Unsigned contract of old, which nothing here takes. */
export const ENROLL_V1_CONTRACT = "qsdm/enroll/v1";
export const ENROLL_V2_CONTRACT = "qsdm/enroll/v2";

const kind = member("kind", goText("enrollment.PayloadKind"));

const enrollWire = goStruct("enrollment.EnrollPayload", {
  /** `enroll`; filled in when empty. */
  kind,
  /** Operator's handle for one GPU. Unique among records that are not swept. */
  nodeId: member("node_id", goText()),
  /** As `nvidia-smi -L` prints it. One GPU backs one active record. */
  gpuUuid: member("gpu_uuid", goText()),
  /** Attestation MAC key. Public chain state: it identifies, it does not hide. */
  hmacKey: member("hmac_key", goBytes),
  /** Bond to lock, in dust. */
  stakeDust: member("stake_dust", goUint64),
  /** Empty means `upfront`. */
  bondMode: optional("bond_mode", goText("enrollment.BondMode")),
  /** Solution that stands in for the bond of mode `mining_rewards`. */
  workNonce: optional("work_nonce", goUint64),
  memo: optional("memo", goText()),
});
export type Enrollment = GoValue<typeof enrollWire>;

const unenrollWire = goStruct("enrollment.UnenrollPayload", {
  /** `unenroll`; filled in when empty. */
  kind,
  nodeId: member("node_id", goText()),
  reason: optional("reason", goText()),
});
export type Unenrollment = GoValue<typeof unenrollWire>;

const invalid = (why: string): never => {
  throw new DecodeError("ENROLL_INVALID", `enrollment: payload invalid: ${why}`);
};
const DECODE = {code: "ENROLL_INVALID", prefix: "enrollment: payload decode failed: "};

function payloadCodec<T extends {readonly kind: string}>(
  word: "enroll" | "unenroll",
  wire: GoType<T>,
  maxBytes: number,
): CompatCodec<T> {
  return canonicalCodec<T>({
    what: `${word} payload`,
    maxBytes,
    write(value) {
      const filled = value.kind === "" ? {...value, kind: word} : value;
      if (filled.kind !== word) invalid(`Kind must be "${word}" for ${word} encode, got ${quoteText(filled.kind)}`);
      return wire.write(filled, "plain");
    },
    read(bytes) {
      const value = readStrict(wire, bytes, {...DECODE, trailing: `${DECODE.prefix}trailing data after JSON`});
      if (value.kind !== word) invalid(`Kind must be "${word}" for ${word} decode, got ${quoteText(value.kind)}`);
      return value;
    },
  });
}

/** @throws DecodeError ENROLL_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const enrollment = payloadCodec("enroll", enrollWire, 2_048);
/** @throws DecodeError ENROLL_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const unenrollment = payloadCodec("unenroll", unenrollWire, 2_048);

const kindPeek = goStruct('struct { Kind enrollment.PayloadKind "json:\\"kind\\"" }', {kind});

/** Value of `kind`, whatever it is and whatever follows. @throws DecodeError ENROLL_INVALID */
export function peekEnrollmentKind(bytes: Uint8Array): string {
  const found = readFirst(kindPeek, bytes, {...DECODE, unknown: "ignore"}).kind;
  if (found === "") throw new DecodeError(DECODE.code, `${DECODE.prefix}missing 'kind' field`);
  return found;
}

/** Leading zero bits that the work in place of a bond must have. */
export const DEFERRED_BOND_BITS = 22;
const WORK_DOMAIN = utf8("qsdm-deferred-bond-work-v1\n");

/** What is hashed before the nonce; a search computes it once. The sender is not part of it (quirk Q30). */
export const deferredBondPrefix = (payload: Enrollment): Uint8Array =>
  concat(WORK_DOMAIN, utf8(enrollWire.write({...payload, workNonce: 0n}, "plain")));

/**
 * The same, bound to the chain and to the account that will own the record: the work is of no use to anyone who sees
 * it, and cannot be hoarded for another chain.
 */
export const boundBondPrefix = (payload: Enrollment, chainId: string, owner: string): Uint8Array =>
  encodeCbor(["qsdm/bond-work/v3", chainId, owner, utf8(enrollWire.write({...payload, workNonce: 0n}, "plain"))]);

/** Digest that must start with `DEFERRED_BOND_BITS` zero bits. */
export function deferredBondDigest(prefix: Uint8Array, nonce: bigint): Uint8Array {
  const suffix = new Uint8Array(8);
  new DataView(suffix.buffer).setBigUint64(0, nonce);
  return sha256(prefix, suffix);
}

/** Whether the first `bits` bits are zero. */
export const hasLeadingZeroBits = (digest: Uint8Array, bits: number): boolean =>
  bits <= digest.length * 8 &&
  digest.subarray(0, bits >> 3).every((byte) => byte === 0) &&
  (bits % 8 === 0 || digest[bits >> 3]! >> (8 - (bits % 8)) === 0);
