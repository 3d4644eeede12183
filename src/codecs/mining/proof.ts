/**
 * Mining proof, versions 1 and 2.
 *
 * Canonical JSON: the ten members below in order, no spaces, hashes as lowercase hex, `epoch` and `height` as decimal
 * text; version 1 leaves the last two members of the attestation out. The miner address stands between its quotes as
 * it is, without escapes: an address with a quote in it encodes to bytes that no decoder takes back (quirk Q13).
 * Source: mining protocol, section 10. Vectors: proof.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {hexOf, utf8} from "../bytes.js";
import {readHex} from "../go/hex.js";
import {parseUint} from "../go/number.js";
import {prefixed, readWhole} from "../go/readers.js";
import {type GoValue, goStruct, member} from "../go/struct.js";
import {goInt64, goNumber, goText, goUint32, goUint64} from "../go/types.js";
import {sha256} from "../hash.js";
import {canonicalCodec} from "../json.js";

export interface Attestation {
  /** `nvidia-hmac-v1`, `qsdm-key-v1`, ...; empty when absent. */
  readonly type: string;
  /** Base64 text as carried. */
  readonly bundle: string;
  readonly gpuArch: string;
  readonly claimedHashrateHps: bigint;
  /** 32 bytes; version 2 only. */
  readonly nonce: Uint8Array;
  /** Unix seconds, signed 64-bit; version 2 only. */
  readonly issuedAt: bigint;
}

export interface Proof {
  readonly version: number;
  readonly epoch: bigint;
  readonly height: bigint;
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  readonly minerAddr: string;
  /** 32 bytes. */
  readonly batchRoot: Uint8Array;
  readonly batchCount: number;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** 32 bytes. */
  readonly mixDigest: Uint8Array;
  readonly attestation: Attestation;
}

/** Largest proof that strict rules take: a key-signed one is about 10 KiB. */
export const PROOF_MAX_BYTES = 65_536;

/** What a proof without attestation carries. */
export const NO_ATTESTATION: Attestation = {
  type: "",
  bundle: "",
  gpuArch: "",
  claimedHashrateHps: 0n,
  nonce: new Uint8Array(32),
  issuedAt: 0n,
};

const CLAIMS = {
  type: member("type", goText()),
  bundle: member("bundle", goText()),
  gpuArch: member("gpu_arch", goText()),
  claimedHashrateHps: member("claimed_hashrate_hps", goUint64),
};
const attestationV1 = goStruct("mining.attestationWire", CLAIMS);
const attestationV2 = goStruct("mining.attestationWire", {
  ...CLAIMS,
  nonce: member("nonce", goText()),
  issuedAt: member("issued_at", goInt64),
});
const proofWire = goStruct("mining.proofWire", {
  version: member("version", goUint32),
  epoch: member("epoch", goNumber),
  height: member("height", goNumber),
  headerHash: member("header_hash", goText()),
  minerAddr: member("miner_addr", goText()),
  batchRoot: member("batch_root", goText()),
  batchCount: member("batch_count", goUint32),
  nonce: member("nonce", goText()),
  mixDigest: member("mix_digest", goText()),
  attestation: member("attestation", attestationV2),
});

/** Whether nothing was attested at all. */
export const isAttestationEmpty = ({
  type,
  bundle,
  gpuArch,
  claimedHashrateHps,
  nonce,
  issuedAt,
}: Attestation): boolean =>
  `${type}${bundle}${gpuArch}` === "" &&
  claimedHashrateHps === 0n &&
  issuedAt === 0n &&
  nonce.every((byte) => byte === 0);

/** Canonical bytes. @throws DecodeError PROOF_INVALID, FIELD_INVALID */
export const encodeProof = (proof: Proof): Uint8Array => utf8(writeProof(proof));

/** Proof id: 32 bytes, the same for proofs that differ in their attestation only. @throws DecodeError PROOF_INVALID */
export const proofIdOf = (proof: Proof): Uint8Array => sha256(utf8(`${writeSolution(proof)}}`));

const writeProof = (proof: Proof): string =>
  `${writeSolution(proof)},"attestation":${writeAttestation(proof.version, proof.attestation)}}`;

/** The members before the attestation, and no closing brace. */
function writeSolution(proof: Proof): string {
  if (proof.version === 0) throw new DecodeError("PROOF_INVALID", "mining: proof.version must be set (>=1)");
  if (proof.minerAddr === "") throw new DecodeError("PROOF_INVALID", "mining: proof.miner_addr must be non-empty");
  if (proof.batchCount === 0) throw new DecodeError("PROOF_INVALID", "mining: proof.batch_count must be >= 1");
  if (!proof.minerAddr.isWellFormed()) throw new DecodeError("FIELD_INVALID", "miner address has a lone surrogate");
  const u32 = (value: number) => goUint32.write(value, "html");
  const u64 = (value: bigint) => goUint64.write(value, "html");
  return (
    `{"version":${u32(proof.version)},"epoch":"${u64(proof.epoch)}","height":"${u64(proof.height)}"` +
    `,"header_hash":"${sized(proof.headerHash, 32)}","miner_addr":"${proof.minerAddr}"` +
    `,"batch_root":"${sized(proof.batchRoot, 32)}","batch_count":${u32(proof.batchCount)}` +
    `,"nonce":"${sized(proof.nonce, 16)}","mix_digest":"${sized(proof.mixDigest, 32)}"`
  );
}

function writeAttestation(version: number, attestation: Attestation): string {
  if (version < 2) return attestationV1.write(attestation, "html");
  return attestationV2.write({...attestation, nonce: sized(attestation.nonce, 32)}, "html");
}

function sized(bytes: Uint8Array, size: number): string {
  if (bytes.length !== size) throw new DecodeError("FIELD_INVALID", `${bytes.length} bytes where ${size} belong`);
  return hexOf(bytes);
}

/**
 * The proof of canonical bytes.
 * @throws DecodeError JSON_TOO_LARGE, JSON_NOT_CANONICAL, PROOF_INVALID
 */
export const decodeProof = (bytes: Uint8Array): Proof => codec.decode(bytes);

/**
 * Reads as the reference does: any member order, unknown and repeated members, numbers or text for epoch and height,
 * hex in either case. Version, address and batch count are not looked at.
 * @throws DecodeError PROOF_INVALID with the reference's text
 */
export function readProofCompat(bytes: Uint8Array): Proof {
  const wire = readWhole(proofWire, bytes, {code: "PROOF_INVALID", prefix: "mining: parse proof: "});
  // The order of these lines is the order in which faults are reported.
  const attestation = readAttestation(wire.attestation);
  const epoch = readHeight("epoch", wire.epoch);
  const height = readHeight("height", wire.height);
  return {
    version: wire.version,
    epoch,
    height,
    headerHash: readSized("header_hash", wire.headerHash, 32),
    minerAddr: wire.minerAddr,
    batchRoot: readSized("batch_root", wire.batchRoot, 32),
    batchCount: wire.batchCount,
    nonce: readSized("nonce", wire.nonce, 16),
    mixDigest: readSized("mix_digest", wire.mixDigest, 32),
    attestation,
  };
}

const readAttestation = (wire: GoValue<typeof attestationV2>): Attestation => ({
  ...wire,
  nonce: wire.nonce === "" ? new Uint8Array(32) : readSized("attestation.nonce", wire.nonce, 32),
});

const readHeight = (name: string, literal: string): bigint =>
  prefixed({code: "PROOF_INVALID", prefix: `mining: parse ${name}: `}, () => parseUint(literal));

function readSized(name: string, hex: string, size: number): Uint8Array {
  const bytes = prefixed({code: "PROOF_INVALID", prefix: `mining: decode ${name}: `}, () => readHex(hex));
  if (bytes.length !== size)
    throw new DecodeError("PROOF_INVALID", `mining: ${name} wrong length: have ${bytes.length} want ${size}`);
  return bytes;
}

const codec = canonicalCodec<Proof>({
  what: "proof",
  maxBytes: PROOF_MAX_BYTES,
  write: writeProof,
  read: readProofCompat,
});
