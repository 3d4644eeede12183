/** Enroll and unenroll payloads. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {
  deferredBondDigest,
  deferredBondPrefix,
  type Enrollment,
  enrollment,
  hasLeadingZeroBits,
  peekEnrollmentKind,
  type Unenrollment,
  unenrollment,
} from "../../../src/codecs/enrollment.js";
import {checkEnrollment, checkUnenrollment} from "../../../src/codecs/enrollment-fields.js";
import {type Adapters, byOperation, type Input, type Output} from "../case.js";
import {nullableBytes, nullableShape, OK} from "./shapes.js";

export const enrollmentOf = (input: Input): Enrollment => ({
  kind: input.text("kind"),
  nodeId: input.text("node_id"),
  gpuUuid: input.text("gpu_uuid"),
  hmacKey: nullableBytes(input, "hmac_key"),
  stakeDust: input.big("stake_dust"),
  bondMode: input.text("bond_mode"),
  workNonce: input.big("work_nonce"),
  memo: input.text("memo"),
});

const enrollmentShape = (payload: Enrollment): Output => ({
  kind: payload.kind,
  node_id: payload.nodeId,
  gpu_uuid: payload.gpuUuid,
  ...nullableShape("hmac_key", payload.hmacKey),
  stake_dust: String(payload.stakeDust),
  bond_mode: payload.bondMode,
  work_nonce: String(payload.workNonce),
  memo: payload.memo,
});

const unenrollmentOf = (input: Input): Unenrollment => ({
  kind: input.text("kind"),
  nodeId: input.text("node_id"),
  reason: input.text("reason"),
});

const unenrollmentShape = (payload: Unenrollment): Output => ({
  kind: payload.kind,
  node_id: payload.nodeId,
  reason: payload.reason,
});

const workDigest = (payload: Enrollment, nonce: bigint): Uint8Array =>
  deferredBondDigest(deferredBondPrefix(payload), nonce);

export const enrollmentAdapters: Adapters = {
  "mining.enrollment: enroll payload codec, validation and deferred-bond work": byOperation({
    encode: (input) => ({payload_hex: hexOf(enrollment.encode(enrollmentOf(input.object("payload"))))}),
    decode(input) {
      const payload = enrollment.readCompat(input.bytes("raw_hex"));
      return {payload: enrollmentShape(payload), reencoded_hex: hexOf(enrollment.encode(payload))};
    },
    peek_kind: (input) => ({kind: peekEnrollmentKind(input.bytes("raw_hex"))}),
    validate_fields(input) {
      checkEnrollment(enrollmentOf(input.object("payload")), input.text("sender"));
      return OK;
    },
    work_digest: (input) => ({digest: hexOf(workDigest(enrollmentOf(input.object("payload")), input.big("nonce")))}),
    work_check(input) {
      const payload = enrollmentOf(input.object("payload"));
      return {
        ok: hasLeadingZeroBits(workDigest(payload, payload.workNonce), input.number("difficulty_bits")),
        attempts_from_zero: String(payload.workNonce + 1n),
      };
    },
    leading_zero_bits: (input) => ({ok: hasLeadingZeroBits(input.bytes("digest"), input.number("bits"))}),
  }),
  "mining.enrollment: unenroll payload codec and validation": byOperation({
    encode: (input) => ({payload_hex: hexOf(unenrollment.encode(unenrollmentOf(input.object("payload"))))}),
    decode(input) {
      const payload = unenrollment.readCompat(input.bytes("raw_hex"));
      return {payload: unenrollmentShape(payload), reencoded_hex: hexOf(unenrollment.encode(payload))};
    },
    validate_fields(input) {
      checkUnenrollment(unenrollmentOf(input.object("payload")), input.text("sender"));
      return OK;
    },
  }),
};
