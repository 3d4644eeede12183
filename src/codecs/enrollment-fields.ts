/**
 * What the values of an enrollment payload must be, before any state is looked at. The messages are the reference's.
 * Source: mining protocol, section 19.2.
 */
import {DecodeError} from "../errors.js";
import {DUST_PER_CELL} from "./amount.js";
import {utf8} from "./bytes.js";
import {
  DEFERRED_BOND_BITS,
  deferredBondDigest,
  deferredBondPrefix,
  type Enrollment,
  hasLeadingZeroBits,
  type Unenrollment,
} from "./enrollment.js";
import {quoteText} from "./go/quote.js";
import {MAX_HMAC_KEY_BYTES, MIN_HMAC_KEY_BYTES} from "./suite.js";

export const MAX_NODE_ID_BYTES = 64;
export const MAX_GPU_UUID_BYTES = 96;
export const MAX_MEMO_BYTES = 256;
/** Bond of the reference, in dust. */
export const ENROLLMENT_BOND_DUST = 10n * DUST_PER_CELL;

const invalid = (why: string): never => {
  throw new DecodeError("ENROLL_INVALID", `enrollment: payload invalid: ${why}`);
};
const wrongStake = (why: string): never => {
  throw new DecodeError("ENROLL_STAKE_MISMATCH", `enrollment: stake does not match required amount: ${why}`);
};

/** What a chain asks of an enrollment; the defaults are the reference's. */
export interface EnrollmentTerms {
  readonly bondDust?: bigint;
  /** What is hashed before the nonce of work that stands in for a bond. */
  readonly workPrefix?: (payload: Enrollment) => Uint8Array;
}

/**
 * The stateless rules of an enroll payload from `sender`, in the reference's order.
 * @throws DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH
 */
export function checkEnrollment(payload: Enrollment, sender: string, terms: EnrollmentTerms = {}): void {
  checkKind(payload.kind, "enroll");
  checkNodeId(payload.nodeId);
  checkGpuUuid(payload.gpuUuid);
  checkHmacKey(payload.hmacKey);
  checkBond(payload, terms);
  checkLength("memo", payload.memo);
  if (sender === "") invalid("sender address required for enrollment");
}

/** The stateless rules of an unenroll payload. @throws DecodeError ENROLL_INVALID */
export function checkUnenrollment(payload: Unenrollment, sender: string): void {
  checkKind(payload.kind, "unenroll");
  checkNodeId(payload.nodeId);
  checkLength("reason", payload.reason);
  if (sender === "") invalid("sender address required for unenrollment");
}

function checkKind(kind: string, want: string): void {
  if (kind !== want) invalid(`kind must be "${want}", got ${quoteText(kind)}`);
}

/** 1 to 64 bytes of `a-z 0-9 - _`. @throws DecodeError ENROLL_INVALID */
export function checkNodeId(nodeId: string): void {
  const size = utf8(nodeId).length;
  if (size === 0) invalid("node_id is empty");
  if (size > MAX_NODE_ID_BYTES) invalid(`node_id length ${size} > MaxNodeIDLen ${MAX_NODE_ID_BYTES}`);
  // Everything before the first wrong character is ASCII, so its index is the byte offset that Go prints.
  const at = nodeId.search(/[^a-z0-9_-]/);
  if (at >= 0) invalid(`node_id char ${at} (${quoteText(charAt(nodeId, at))}) not in [a-z0-9_-]`);
}

/** 1 to 96 printable bytes of ASCII that do not start with a lowercase `gpu-`. @throws DecodeError ENROLL_INVALID */
export function checkGpuUuid(gpuUuid: string): void {
  const size = utf8(gpuUuid).length;
  if (size === 0) invalid("gpu_uuid is empty");
  if (size > MAX_GPU_UUID_BYTES) invalid(`gpu_uuid length ${size} > MaxGPUUUIDLen ${MAX_GPU_UUID_BYTES}`);
  const at = gpuUuid.search(/[^!-~]/);
  if (at >= 0) {
    const code = gpuUuid.codePointAt(at)!.toString(16).toUpperCase().padStart(4, "0");
    invalid(`gpu_uuid char ${at} (U+${code}) not printable ASCII`);
  }
  if (gpuUuid.startsWith("gpu-")) invalid(`gpu_uuid should start with 'GPU-' (uppercase), got "gpu-"`);
}

const charAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at)!);

function checkHmacKey(key: Uint8Array | null): void {
  const size = key?.length ?? 0;
  if (size < MIN_HMAC_KEY_BYTES) invalid(`hmac_key length ${size} < MinHMACKeyLen ${MIN_HMAC_KEY_BYTES}`);
  if (size > MAX_HMAC_KEY_BYTES) invalid(`hmac_key length ${size} > MaxHMACKeyLen ${MAX_HMAC_KEY_BYTES}`);
}

function checkBond(payload: Enrollment, terms: EnrollmentTerms): void {
  const {bondDust = ENROLLMENT_BOND_DUST, workPrefix = deferredBondPrefix} = terms;
  const {bondMode, stakeDust, workNonce} = payload;
  if (bondMode === "" || bondMode === "upfront") {
    if (stakeDust !== bondDust) wrongStake(`upfront stake_dust ${stakeDust} != required ${bondDust}`);
    if (workNonce !== 0n) invalid('work_nonce is only valid for "mining_rewards" bond mode');
    return;
  }
  if (bondMode !== "mining_rewards") invalid(`unsupported bond_mode ${quoteText(bondMode)}`);
  if (stakeDust !== 0n) wrongStake(`mining-rewards enrollment must start with stake_dust 0, got ${stakeDust}`);
  if (!hasLeadingZeroBits(deferredBondDigest(workPrefix(payload), workNonce), DEFERRED_BOND_BITS))
    invalid(`deferred bond work does not satisfy ${DEFERRED_BOND_BITS} leading zero bits`);
}

function checkLength(name: string, text: string): void {
  const size = utf8(text).length;
  if (size > MAX_MEMO_BYTES) invalid(`${name} length ${size} > MaxMemoLen ${MAX_MEMO_BYTES}`);
}
