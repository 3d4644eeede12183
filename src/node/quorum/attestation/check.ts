/** Whether what a custodian shows of its machine is what the roster demands. Pure: the time comes in. */
import {equalBytes} from "../../../codecs/bytes.js";
import {attestation, userDataOf} from "../../../codecs/quorum/strict/attestation.js";
import type {AttestationKind} from "../../../codecs/quorum/strict/attestation-policy.js";
import {type ContentOf, isSignedBy, type Signed} from "../../../codecs/quorum/strict/statement.js";
import {DecodeError, RuleError} from "../../../errors.js";
import {CLOCK_SKEW_MS} from "../strict/admission.js";
import type {Members} from "../strict/members.js";
import {checkMeasured, ruleOf} from "./policy.js";
import {rejected, withoutPolicy} from "./refusals.js";
import {type Measured, reject, type VerifyPorts} from "./verifier.js";
import {verifierOf} from "./verifiers.js";

export type SignedAttestation = Signed<ContentOf<typeof attestation>>;

export interface Asked extends VerifyPorts {
  readonly members: Members;
  /** Whose evidence it has to be. */
  readonly place: number;
  /** What it was asked with; null where nobody knows, and then nothing is said of its age. */
  readonly nonce: Uint8Array | null;
  /** Id of the session that it was asked in; null where others carried it. */
  readonly session: Uint8Array | null;
}

/** What is known of a custodian's machine. */
export interface Attested extends Measured {
  readonly kind: AttestationKind;
}

/**
 * @throws RuleError ATTESTATION_REJECTED, whose message and details name the custodian; ROSTER_WITHOUT_ATTESTATION
 */
export function checkAttestation(signed: SignedAttestation, asked: Asked): Attested {
  try {
    return checked(signed, asked);
  } catch (cause) {
    const known = cause instanceof DecodeError || (cause instanceof RuleError && cause.code === "ATTESTATION_REJECTED");
    if (!known) throw cause;
    throw rejected(asked.members, asked.place, cause.message, {cause, hint: cause.hint});
  }
}

function checked(signed: SignedAttestation, {members, place, nonce, session, nowMs, verify}: Asked): Attested {
  const policy = members.roster.attestation;
  if (!policy) throw withoutPolicy();
  const {content} = signed;
  const custodian = members.custodian(place);
  if (!custodian || content.custodian !== place) return reject(`it is evidence of custodian ${content.custodian}`);
  if (!equalBytes(content.roster, members.digest)) reject("the evidence is for another roster");
  if (nonce && !equalBytes(content.nonce, nonce)) reject("the evidence answers another nonce");
  const rule = ruleOf(policy, content.kind);
  // Who has a copy of the keys could otherwise have the genuine machine answer for a session of its own.
  if (!isSame(content.session, session)) reject("the evidence is of another connection");
  const oldest = BigInt(nowMs - policy.maxAgeS * 1_000 - CLOCK_SKEW_MS);
  if (content.timeMs < oldest) reject(`the evidence is older than ${policy.maxAgeS} s`);
  if (content.timeMs > BigInt(nowMs + CLOCK_SKEW_MS))
    reject("the evidence is of a time to come", {hint: "compare the clocks"});
  const {card} = custodian;
  if (!isSignedBy(attestation, signed, card.signingKey, verify)) reject("the evidence is not signed by the custodian");
  const {roster, timeMs, kind, report} = content;
  const userData = userDataOf({roster, custodian: place, card, nonce: content.nonce, session, timeMs});
  const measured = verifierOf(kind).verify(report, userData, {verify, nowMs});
  checkMeasured(rule, measured);
  return {...measured, kind};
}

const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);
