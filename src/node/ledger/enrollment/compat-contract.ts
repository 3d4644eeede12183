/**
 * `qsdm/enroll/v2` as QSDM runs it: enroll without a node key, and unenroll, told apart by the payload's kind. Compat
 * rules only; strict chains enroll with `qsdm/enroll/v3`.
 */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {
  ENROLL_V2_CONTRACT,
  type Enrollment,
  enrollment,
  peekEnrollmentKind,
  type Unenrollment,
  unenrollment,
} from "../../../codecs/enrollment.js";
import {quoteText} from "../../../codecs/go/quote.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Contract} from "../chain/contract.js";
import {applyEnrollment, applyUnenrollment, checkedEnrollment} from "./apply.js";
import {checkedUnenrollment} from "./unenroll.js";

type Read =
  | {readonly kind: "enroll"; readonly payload: Enrollment}
  | {readonly kind: "unenroll"; readonly payload: Unenrollment};

/** What the payload calls itself. @throws RuleError ENROLLMENT_DECODE_FAILED */
function kindOf(payload: Uint8Array): string {
  try {
    return peekEnrollmentKind(payload);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("ENROLLMENT_DECODE_FAILED", cause.message, {cause});
  }
}

/** The payload, checked without state and read with the reference's tolerance, as its blocks hold it. */
function read({payload, sender}: UnsignedEnvelope, {params}: Pick<BlockContext, "params">): Read {
  const kind = kindOf(payload);
  if (kind === "enroll")
    return {kind, payload: checkedEnrollment(() => enrollment.readCompat(payload), sender, params)};
  if (kind === "unenroll") return {kind, payload: checkedUnenrollment(() => unenrollment.readCompat(payload), sender)};
  throw new RuleError(
    "ENROLLMENT_DECODE_FAILED",
    `enrollment: payload invalid: unknown payload kind ${quoteText(kind)}`,
  );
}

export const compatEnrollContract: Contract = {
  id: ENROLL_V2_CONTRACT,

  check: (content, block) => void read(content, block),

  adds: () => 0,

  apply(call) {
    const given = read(call.content, call.block);
    return given.kind === "enroll"
      ? applyEnrollment(call, given.payload, null)
      : applyUnenrollment(call, given.payload);
  },

  rejected: ({content: {payload, sender}}, reason) => ({
    type: kindOf(payload) === "unenroll" ? "unenrollment-rejected" : "enrollment-rejected",
    sender,
    reason,
  }),
};
