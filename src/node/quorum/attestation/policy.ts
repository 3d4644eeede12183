/** What an attestation policy may say, and whether what a report says satisfies it. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {
  type AttestationKind,
  type AttestationPolicy,
  type AttestationRule,
  VERSION_NAMES,
} from "../../../codecs/quorum/strict/attestation-policy.js";
import {RuleError} from "../../../errors.js";
import {type Measured, reject} from "./verifier.js";

export const MIN_AGE_S = 60;
export const MAX_AGE_S = 7 * 24 * 3_600;

/** @throws RuleError ROSTER_INVALID of a policy that could be met by nobody, or that says a thing twice */
export function checkPolicy({accept, maxAgeS}: AttestationPolicy): void {
  if (maxAgeS < MIN_AGE_S || maxAgeS > MAX_AGE_S)
    refuse(`lets evidence stand for ${maxAgeS} s, want ${MIN_AGE_S} to ${MAX_AGE_S}`);
  if (accept.length === 0) refuse("accepts no kind");
  if (new Set(accept.map(({kind}) => kind)).size < accept.length) refuse("names a kind twice");
  for (const {kind, measurements, anchors, leastVersions} of accept) {
    if (measurements.length === 0) refuse(`accepts no measurement of ${kind}`);
    if (anchors.length === 0) refuse(`believes nobody about ${kind}`);
    if (leastVersions.length > VERSION_NAMES[kind].length) refuse(`names more versions than ${kind} has`);
  }
}

function refuse(why: string): never {
  throw new RuleError("ROSTER_INVALID", `the attestation policy ${why}`);
}

/** What the policy asks of reports of that kind. @throws RuleError ATTESTATION_REJECTED */
export function ruleOf({accept}: AttestationPolicy, kind: AttestationKind): AttestationRule {
  const rule = accept.find((each) => each.kind === kind);
  return rule ?? reject(`${kind} is not accepted, only ${accept.map((each) => each.kind).join(", ")}`);
}

/** @throws RuleError ATTESTATION_REJECTED */
export function checkMeasured(
  {kind, anchors, measurements, leastVersions}: AttestationRule,
  {measurement, anchor, versions}: Measured,
): void {
  if (!anchors.some((each) => equalBytes(each, anchor)))
    reject(`the report ends at ${hexOf(anchor)}, which the roster does not name`);
  if (!measurements.some((each) => equalBytes(each, measurement)))
    reject(`measurement ${hexOf(measurement)} is not accepted`);
  for (const [at, least] of leastVersions.entries())
    if (versions[at]! < least) reject(`${VERSION_NAMES[kind][at]} version ${versions[at]} is below ${least}`);
}
