/** The bodies that a node of QSDM takes, before and after their signature. */
import {base64Of, hexOf} from "../codecs/bytes.js";
import {ENROLL_V2_CONTRACT} from "../codecs/enrollment.js";
import {cellOfDust} from "../codecs/envelopes/amount.js";
import {type EnrollmentEnvelope, enrollmentEnvelope, enrollmentSigningBytes} from "../codecs/envelopes/enrollment.js";
import {encodeSlashRequest} from "../codecs/envelopes/slash-request.js";
import {type WalletEnvelope, walletEnvelope, walletSigningBytes} from "../codecs/envelopes/wallet.js";
import {SLASH_CONTRACT} from "../codecs/slashing/payload.js";
import type {Signer} from "../node/keys/signer.js";

/** What every request says about its sender. */
export interface ReferenceHead {
  readonly id: string;
  readonly sender: string;
  /** Account nonce that is consumed. */
  readonly nonce: bigint;
  readonly feeDust: bigint;
}

export interface ReferenceRequest {
  /** What is signed; the whole body where nothing is. */
  readonly bytes: Uint8Array;
  /** The body under `signer`'s key; null where the form has no signature. */
  readonly signWith: ((signer: Signer) => Uint8Array) | null;
}

const UNSIGNED = {signature: "", publicKey: ""} as const;
const signatureOf = (signer: Signer, bytes: Uint8Array) => ({
  signature: hexOf(signer.sign(bytes)),
  publicKey: hexOf(signer.publicKey),
});

/** An enroll or unenroll payload in its signed envelope. @throws DecodeError AMOUNT_INVALID, FIELD_INVALID */
export function enrollmentRequest(payload: Uint8Array, {feeDust, ...head}: ReferenceHead): ReferenceRequest {
  const payloadBase64 = base64Of(payload);
  const fee = cellOfDust(feeDust);
  const envelope: EnrollmentEnvelope = {
    ...head,
    fee,
    gasLimit: 0n,
    contractId: ENROLL_V2_CONTRACT,
    payloadBase64,
    ...UNSIGNED,
  };
  const bytes = enrollmentSigningBytes(envelope);
  return {bytes, signWith: (signer) => enrollmentEnvelope.encode({...envelope, ...signatureOf(signer, bytes)})};
}

/** A slash payload, which QSDM takes unsigned. @throws DecodeError AMOUNT_INVALID, FIELD_INVALID */
export function slashRequest(payload: Uint8Array, {feeDust, ...head}: ReferenceHead): ReferenceRequest {
  const fee = cellOfDust(feeDust);
  const bytes = encodeSlashRequest({...head, fee, contractId: SLASH_CONTRACT, payloadBase64: base64Of(payload)});
  return {bytes, signWith: null};
}

export interface ReferencePayment extends Pick<WalletEnvelope, "recipient" | "geotag" | "timestamp"> {
  readonly amountDust: bigint;
}

/** A payment in the wallet envelope. @throws DecodeError AMOUNT_INVALID, FIELD_INVALID */
export function walletRequest(
  {amountDust, ...payment}: ReferencePayment,
  {feeDust, nonce, ...head}: ReferenceHead,
): ReferenceRequest {
  const envelope: WalletEnvelope = {
    ...head,
    ...payment,
    amount: cellOfDust(amountDust),
    fee: cellOfDust(feeDust),
    parentCells: null,
    // The envelope names the nonce that the account has afterwards.
    nonce: nonce + 1n,
    ...UNSIGNED,
  };
  const bytes = walletSigningBytes(envelope);
  return {bytes, signWith: (signer) => walletEnvelope.encode({...envelope, ...signatureOf(signer, bytes)})};
}
