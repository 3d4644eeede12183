/** The file that says which machines a roster accepts: TOML. */
import {parse as parseToml} from "smol-toml";
import * as z from "zod";
import {bytesOfHex, hexOf, textOf} from "../../../codecs/bytes.js";
import {
  type AttestationKind,
  type AttestationPolicy,
  isInsecure,
  MEASUREMENT_MAX_BYTES,
  VERSION_NAMES,
} from "../../../codecs/quorum/strict/attestation-policy.js";
import {UsageError} from "../../../errors.js";
import type {Measured} from "../../../node/quorum/attestation/verifier.js";
import type {Io} from "../../io.js";

const MAX_BYTES = 256 * 1024;
const DEFAULT_MAX_AGE_S = 3_600;

const hex = (most: number, least = 1) =>
  z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/, "must be lowercase hex")
    .refine((text) => text.length >= 2 * least && text.length <= 2 * most, `must be ${least} to ${most} bytes`)
    .transform((text) => bytesOfHex(text));

const version = z.int().min(0).max(0xffff_ffff);
const ruleOf = (kind: AttestationKind) =>
  z.strictObject({
    kind: z.literal(kind),
    measurements: z.array(hex(MEASUREMENT_MAX_BYTES)),
    anchors: z.array(hex(32, 32)),
    least_versions: z.partialRecord(z.enum(VERSION_NAMES[kind]), version).default({}),
  });

const SCHEMA = z.strictObject({
  max_age_s: z.int().min(0).max(0xffff_ffff).default(DEFAULT_MAX_AGE_S),
  accept: z.array(z.discriminatedUnion("kind", [ruleOf("sev-snp"), ruleOf("insecure-software")])),
});

/** @throws UsageError ATTESTATION_POLICY_INVALID, FILE_NOT_FOUND */
export async function readPolicyFile(io: Io, path: string): Promise<AttestationPolicy> {
  const bytes = await io.readFile(path, {flag: "--attestation", maxBytes: MAX_BYTES});
  try {
    const {max_age_s: maxAgeS, accept} = SCHEMA.parse(parseToml(textOf(bytes)));
    return {
      maxAgeS,
      // In the order of the kind; what is not named may be any.
      accept: accept.map(({least_versions: least, ...rule}) => ({
        ...rule,
        leastVersions: VERSION_NAMES[rule.kind].map((name) => least[name] ?? 0),
      })),
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError("ATTESTATION_POLICY_INVALID", `${path}: ${why.split("\n")[0]}`, {
      hint: "qsdm quorum attest collect --policy-out FILE writes such a file",
      cause,
    });
  }
}

/** A policy file that accepts what was measured, and nothing older. */
export function policyFileOf(kind: AttestationKind, {measurement, anchor, versions}: Measured): string {
  return [
    ...(isInsecure(kind) ? ["# INSECURE: this kind protects nothing and is for tests alone."] : []),
    `max_age_s = ${DEFAULT_MAX_AGE_S}`,
    "",
    "[[accept]]",
    `kind = "${kind}"`,
    `measurements = ["${hexOf(measurement)}"]`,
    `anchors = ["${hexOf(anchor)}"]`,
    "",
    "[accept.least_versions]",
    ...VERSION_NAMES[kind].map((name, at) => `${name} = ${versions[at]}`),
    "",
  ].join("\n");
}

/** As JSON shows it. */
export const policyDocument = (policy: AttestationPolicy | null) =>
  policy && {
    max_age_s: policy.maxAgeS,
    accept: policy.accept.map(({kind, measurements, anchors, leastVersions}) => ({
      kind,
      insecure: isInsecure(kind),
      measurements: measurements.map(hexOf),
      anchors: anchors.map(hexOf),
      least_versions: namedVersions(kind, leastVersions),
    })),
  };

export const namedVersions = (kind: AttestationKind, versions: readonly number[]): Readonly<Record<string, number>> =>
  Object.fromEntries(VERSION_NAMES[kind].map((name, at) => [name, versions[at] ?? 0]));
