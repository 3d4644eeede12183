/**
 * What a custodian shows of its machine. The report inside is of the kind's own form; everything beside it is bound to it by
 * the 64 bytes that the machine signs along.
 */
import {blob, type FieldValue, fixed, list, nullable, record, u32, u64} from "../../cbor/record.js";
import {sha3, shake256} from "../../hash.js";
import {ML_DSA_87} from "../../suite.js";
import {armored} from "./armor.js";
import {attestationKind, measurement} from "./attestation-policy.js";
import {CUSTODIANS_MAX, card} from "./roster.js";
import {SNP_REPORT_BYTES} from "./snp-report.js";
import {statement} from "./statement.js";

const digest = fixed(32);
/** Bytes that a report carries for whoever asked for it. */
export const USER_DATA_BYTES = 64;
const REPORT_MAX_BYTES = 64 * 1024;
const FILE_MAX_BYTES = 128 * 1024;

/** Id of the session in which a custodian answered another; null where a coordinator carries what it shows. */
const session = nullable(digest);

const binding = record("qvm/attestation-binding/1", {
  ...{roster: digest, custodian: u32, card, nonce: digest},
  session,
  timeMs: u64,
});
export type AttestationBinding = FieldValue<typeof binding>;

/** The bytes for a report of this custodian's machine: its keys, its roster, the nonce of whoever asks, the time. */
export const userDataOf = (bound: AttestationBinding): Uint8Array => shake256(binding.encode(bound), USER_DATA_BYTES);

/** A custodian shows a report that its machine made for these keys and this nonce. */
export const attestation = statement(
  "qvm/attestation/1",
  record("qvm/attestation/1", {
    roster: digest,
    custodian: u32,
    /** Drawn by whoever asks. */
    nonce: digest,
    session,
    /** Milliseconds since 1970, by the custodian's clock. */
    timeMs: u64,
    kind: attestationKind,
    report: blob({min: 1, max: REPORT_MAX_BYTES}),
  }),
);
export const attestationFile = armored("qsdm-quorum-attestation", attestation, FILE_MAX_BYTES);

/** Evidence that several asked for together: each finds its own nonce among these. */
export const sharedAttestations = record("qvm/shared-attestations/1", {
  nonces: list(digest, CUSTODIANS_MAX),
  attestations: list(attestation, CUSTODIANS_MAX),
});
export type SharedAttestations = FieldValue<typeof sharedAttestations>;

const nonceList = record("qvm/attestation-nonces/1", {nonces: list(digest, CUSTODIANS_MAX)});
/** The one nonce of those who ask together. */
export const sharedNonce = (nonces: readonly Uint8Array[]): Uint8Array => sha3(nonceList.encode({nonces}));

const certificate = blob({min: 1, max: 8 * 1024});
/** AMD SEV-SNP: a report as the firmware gives it, and the certificates behind it in DER. */
export const snpEvidence = record("qvm/sev-snp/1", {
  report: fixed(SNP_REPORT_BYTES),
  /** Of the chip's key, of AMD's signing key, of AMD's root. */
  vcek: certificate,
  ask: certificate,
  ark: certificate,
});
export type SnpEvidence = FieldValue<typeof snpEvidence>;

/** What a key in a file says, which is whatever its holder wants: for tests. */
export const softwareReport = statement(
  "qvm/insecure-software/1",
  record("qvm/insecure-software/1", {
    publicKey: fixed(ML_DSA_87.publicKeyBytes),
    userData: fixed(USER_DATA_BYTES),
    measurement,
    version: u32,
  }),
);
