/** What QSDM's clients send: v2 envelopes in JSON, signed by real keys. */

import {base64Of, hexOf} from "../../src/codecs/bytes.js";
import {ENROLL_V2_CONTRACT, enrollment, unenrollment} from "../../src/codecs/enrollment.js";
import {
  type EnrollmentEnvelope,
  enrollmentEnvelope,
  enrollmentSigningBytes,
} from "../../src/codecs/envelopes/enrollment.js";
import {type SlashSubmission, slashSubmission} from "../../src/codecs/envelopes/submission.js";
import {type WalletEnvelope, walletEnvelope, walletSigningBytes} from "../../src/codecs/envelopes/wallet.js";
import {SLASH_CONTRACT} from "../../src/codecs/slashing/payload.js";
import {mlDsa87, type TestAccount} from "./accounts.js";

let serial = 0;
/** An id that no other test has used. */
export const freshId = (what: string): string => `${what}-${++serial}`;

/** A wallet envelope; `change` bends it before it is signed. `nonce` is the account's, the envelope names one more. */
export function walletV2(
  sender: TestAccount,
  {to, amount = 1, nonce = 0n}: {to: string; amount?: number; nonce?: bigint},
  change: Partial<WalletEnvelope> = {},
): WalletEnvelope {
  const unsigned: WalletEnvelope = {
    id: freshId("tx"),
    sender: sender.address,
    recipient: to,
    amount,
    fee: 0.001,
    geotag: "",
    parentCells: null,
    nonce: nonce + 1n,
    signature: "",
    publicKey: hexOf(sender.publicKey),
    timestamp: "2026-01-01T00:00:00Z",
    ...change,
  };
  return {...unsigned, signature: hexOf(mlDsa87.sign(sender.secretKey, walletSigningBytes(unsigned)))};
}
export const walletJson = (envelope: WalletEnvelope): Uint8Array => walletEnvelope.encode(envelope);

/** A signed envelope around an enroll or unenroll payload; `change` bends it before it is signed. */
export function enrollmentV2(
  sender: TestAccount,
  payload: Uint8Array,
  change: Partial<EnrollmentEnvelope> = {},
): EnrollmentEnvelope {
  const unsigned: EnrollmentEnvelope = {
    id: freshId("enroll"),
    sender: sender.address,
    nonce: 0n,
    fee: 0,
    gasLimit: 0n,
    contractId: ENROLL_V2_CONTRACT,
    payloadBase64: base64Of(payload),
    signature: "",
    publicKey: hexOf(sender.publicKey),
    ...change,
  };
  return {...unsigned, signature: hexOf(mlDsa87.sign(sender.secretKey, enrollmentSigningBytes(unsigned)))};
}
export const enrollmentJson = (envelope: EnrollmentEnvelope): Uint8Array => enrollmentEnvelope.encode(envelope);

export const enrollPayload = (nodeId: string, hmacKey: Uint8Array = new Uint8Array(32).fill(7)): Uint8Array =>
  enrollment.encode({
    kind: "enroll",
    nodeId,
    gpuUuid: `GPU-${nodeId}`,
    hmacKey,
    stakeDust: 1_000_000_000n,
    bondMode: "",
    workNonce: 0n,
    memo: "",
  });
export const unenrollPayload = (nodeId: string): Uint8Array =>
  unenrollment.encode({kind: "unenroll", nodeId, reason: ""});

/** A slash as it is posted, without a signature. */
export const slashV2 = (
  sender: TestAccount,
  payload: Uint8Array,
  change: Partial<SlashSubmission> = {},
): SlashSubmission => ({
  id: freshId("slash"),
  sender: sender.address,
  nonce: 0n,
  fee: 0.001,
  gasLimit: 0n,
  contractId: SLASH_CONTRACT,
  payloadBase64: base64Of(payload),
  ...change,
});
export const slashJson = (submission: SlashSubmission): Uint8Array => slashSubmission.encode(submission);
