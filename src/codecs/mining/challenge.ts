/**
 * Challenge of the mining protocol: nonce, time and signer, MACed by the node that issued it.
 *
 * Wire: J-html JSON of the members below, bytes as lowercase hex.
 * Source: mining protocol, sections 14.1 and 21.1; bound form: docs/decisions/0011-strict-mining.md.
 */
import {DecodeError} from "../../errors.js";
import {concat, hexOf, utf8} from "../bytes.js";
import {countHexBytes, hexOrNull} from "../go/hex.js";
import {readFirst} from "../go/readers.js";
import {goStruct, member} from "../go/struct.js";
import {goInt64, goText} from "../go/types.js";
import {canonicalCodec} from "../json.js";

export interface Challenge {
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  readonly signerId: string;
  readonly signature: Uint8Array;
}

/** For what a bound challenge is good. None of it travels with the challenge: the proof says it. */
export interface ChallengeBinding {
  readonly minerAddr: string;
  readonly nodeId: string;
  /** Height that the proof quotes. */
  readonly height: bigint;
}

const DOMAIN = utf8("qsdm.v2.challenge\0");
const BOUND_DOMAIN = utf8("qsdm/challenge/v1\0");

/** Bytes that the issuing node signs. Without a binding, as QSDM signs, a challenge is good for whoever holds it. */
export function challengeSigningBytes(
  {signerId, issuedAt, nonce}: Omit<Challenge, "signature">,
  binding: ChallengeBinding | null = null,
): Uint8Array {
  const issued = [...counted(signerId), varint(zigzag(issuedAt)), nonce];
  if (binding === null) return concat(DOMAIN, ...issued);
  const {minerAddr, nodeId, height} = binding;
  return concat(BOUND_DOMAIN, ...issued, ...counted(minerAddr), ...counted(nodeId), varint(height));
}

/** A text with its length before it. */
function counted(value: string): readonly Uint8Array[] {
  const bytes = utf8(value);
  return [varint(BigInt(bytes.length)), bytes];
}

/** Small for small magnitudes of either sign. */
const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

/** Base-128 groups, least significant first, the high bit saying that more follow. */
function varint(value: bigint): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
  groups.push(Number(rest));
  return Uint8Array.from(groups);
}

const challengeWire = goStruct("v2client.challengeWire", {
  nonce: member("nonce", goText()),
  issuedAt: member("issued_at", goInt64),
  signerId: member("signer_id", goText()),
  signature: member("signature", goText()),
});

const refuse = (message: string): never => {
  throw new DecodeError("CHALLENGE_INVALID", message);
};

function readChallenge(bytes: Uint8Array): Challenge {
  const wire = readFirst(challengeWire, bytes, {
    code: "CHALLENGE_INVALID",
    prefix: "v2client: decode challenge: ",
    unknown: "refuse",
  });
  const nonce = hexOrNull(wire.nonce);
  if (nonce?.length !== 32) return refuse(`v2client: bad nonce hex: want 32 bytes, got ${countHexBytes(wire.nonce)}`);
  const signature = hexOrNull(wire.signature);
  if (signature === null || signature.length === 0) return refuse("v2client: bad or empty signature hex");
  if (wire.signerId === "") return refuse("v2client: empty signer_id");
  if (wire.issuedAt <= 0n) return refuse(`v2client: non-positive issued_at ${wire.issuedAt}`);
  return {nonce, issuedAt: wire.issuedAt, signerId: wire.signerId, signature};
}

/** Body of `GET /api/v1/mining/challenge`. `readCompat` ignores what follows the object, as QSDM's client does. */
export const challengeCodec = canonicalCodec<Challenge>({
  what: "challenge",
  maxBytes: 8_192,
  write: ({nonce, issuedAt, signerId, signature}) =>
    challengeWire.write({nonce: hexOf(nonce), issuedAt, signerId, signature: hexOf(signature)}, "html"),
  read: readChallenge,
});
