/** What a roster demands of the machines of its custodians. */
import {blob, type FieldValue, fixed, list, record, u32, word} from "../../cbor/record.js";

/** What signs a report. The name of the kind for tests says what it is worth, wherever it is shown. */
export const ATTESTATION_KINDS = ["sev-snp", "insecure-software"] as const;
export type AttestationKind = (typeof ATTESTATION_KINDS)[number];

/**
 * What a kind's security versions are of, in their order. The version that SEV-SNP has of a guest is of its identity block, which
 * any host can make for the same measurement.
 */
export const VERSION_NAMES: Readonly<Record<AttestationKind, readonly string[]>> = {
  "sev-snp": ["bootloader", "tee", "snp", "microcode"],
  "insecure-software": ["version"],
};

/** Whether evidence of the kind protects nothing. */
export const isInsecure = (kind: AttestationKind): boolean => kind === "insecure-software";

export const attestationKind = word(...ATTESTATION_KINDS);

/** Of the program that a machine runs, or of the machine's image. */
export const MEASUREMENT_MAX_BYTES = 64;
export const measurement = blob({min: 1, max: MEASUREMENT_MAX_BYTES});
const MEASUREMENTS_MAX = 64;
const ANCHORS_MAX = 16;
const VERSIONS_MAX = 8;

const rule = record("qvm/attestation-rule/1", {
  kind: attestationKind,
  /** What may run: any of these. */
  measurements: list(measurement, MEASUREMENTS_MAX),
  /** SHA-256 of what is believed: root certificates of a manufacturer, or public keys. */
  anchors: list(fixed(32), ANCHORS_MAX),
  /** Least security versions, in the order of the kind; those that are not listed may be any. */
  leastVersions: list(u32, VERSIONS_MAX),
});
export type AttestationRule = FieldValue<typeof rule>;

export const attestationPolicy = record("qvm/attestation-policy/1", {
  /** Kinds that are accepted, each once. */
  accept: list(rule, ATTESTATION_KINDS.length),
  /** How long evidence stands after it was asked for, in seconds. */
  maxAgeS: u32,
});
export type AttestationPolicy = FieldValue<typeof attestationPolicy>;

/** Whether evidence that protects nothing is enough. */
export const acceptsInsecure = (policy: AttestationPolicy | null): boolean =>
  policy?.accept.some(({kind}) => isInsecure(kind)) ?? false;
