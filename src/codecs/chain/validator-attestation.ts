/**
 * What a validator says about the GPU beside it: the GPU's own measurement report, asked for with a nonce that only a
 * recent block could give (docs/decisions/0034-attested-validators.md).
 */
import {bytesOfHex, concat, utf8} from "../bytes.js";
import {blob, type FieldValue, list, record, text, u64, within} from "../cbor/record.js";
import {sha256} from "../hash.js";
import {SPDM_CHAIN_MAX} from "../mining/spdm-bundle.js";
import {SPDM_REPORT_MAX_BYTES} from "../mining/spdm-report.js";

/** Puts a validator's attestation on the chain. */
export const VALIDATOR_ATTEST_CONTRACT = "qsdm/validator-attest/v1";

const CERTIFICATE_MAX_BYTES = 16_384;

export const validatorAttestation = within(
  SPDM_CHAIN_MAX * (CERTIFICATE_MAX_BYTES + 8) + SPDM_REPORT_MAX_BYTES + 128,
  record("validator-attestation", {
    /** The block whose id the nonce was made from. */
    anchorHeight: u64,
    /** As proofs of work claim it. */
    gpuArch: text({minBytes: 1, maxBytes: 32}),
    /** DER, leaf first, each issued by the next. */
    certChain: list(blob({min: 1, max: CERTIFICATE_MAX_BYTES}), SPDM_CHAIN_MAX),
    /** Request and answer. */
    report: blob({min: 1, max: SPDM_REPORT_MAX_BYTES}),
  }),
);
export type ValidatorAttestation = FieldValue<typeof validatorAttestation>;

const DOMAIN = utf8("qsdm/validator-nonce/v1\0");

/**
 * The nonce to ask the GPU with, 32 bytes. The anchor's id stands for chain and time: nobody knew it earlier.
 * @param account the validator's
 */
export const validatorNonce = (anchorId: string, account: string): Uint8Array =>
  sha256(concat(DOMAIN, bytesOfHex(anchorId, 32), bytesOfHex(account, 32)));
