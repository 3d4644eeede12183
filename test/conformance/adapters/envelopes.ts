/** Signed envelopes of the ancestor, and its first signed transaction. */
import {createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify} from "node:crypto";
import {addressOfKey} from "../../../src/codecs/address.js";
import {hexOf, plain, textOf} from "../../../src/codecs/bytes.js";
import {
  capsuleAction,
  type StreamReceipt,
  streamAction,
  streamReceiptContent,
} from "../../../src/codecs/envelopes/actions.js";
import {
  checkEnrollmentAdmission,
  checkEnrollmentEnvelope,
  type EnrollmentEnvelope,
  enrollmentSigningBytes,
  transactionOf,
} from "../../../src/codecs/envelopes/enrollment.js";
import {checkSignedTx, type SignedTransaction, signedTxHash} from "../../../src/codecs/envelopes/signed-tx.js";
import {type WalletEnvelope, walletEnvelope, walletSigningBytes} from "../../../src/codecs/envelopes/wallet.js";
import {sha256} from "../../../src/codecs/hash.js";
import {DecodeError} from "../../../src/errors.js";
import {loadMlDsa} from "../../../src/node/compute/ml-dsa.js";
import {type Adapters, byKind, byOperation, type Input, OneOf, type Output} from "../case.js";
import {OK} from "./shapes.js";

const envelopeOf = (input: Input): EnrollmentEnvelope => ({
  id: input.text("id"),
  sender: input.text("sender"),
  nonce: input.big("nonce"),
  fee: input.number("fee"),
  gasLimit: input.big("gas_limit"),
  contractId: input.text("contract_id"),
  payloadBase64: input.text("payload_b64"),
  signature: input.text("signature"),
  publicKey: input.text("public_key"),
});

function enrollmentTransactionOf(input: Input) {
  const tx = input.object("tx");
  return {
    id: tx.text("id"),
    sender: tx.text("sender"),
    nonce: tx.big("nonce"),
    fee: tx.number("fee"),
    gasLimit: tx.big("gas_limit"),
    contractId: tx.text("contract_id"),
    payload: tx.bytes("payload_hex"),
    signature: tx.text("signature"),
    publicKey: tx.text("public_key"),
  };
}

const walletEnvelopeOf = (input: Input): WalletEnvelope => ({
  id: input.text("id"),
  sender: input.text("sender"),
  recipient: input.text("recipient"),
  amount: input.number("amount"),
  fee: input.number("fee"),
  geotag: input.text("geotag"),
  parentCells: input.has("parent_cells") ? input.texts("parent_cells") : null,
  nonce: input.big("nonce"),
  signature: input.text("signature"),
  publicKey: input.text("public_key"),
  timestamp: input.text("timestamp"),
});

const bigOr = (input: Input, name: string): bigint => (input.has(name) ? input.big(name) : 0n);

const receiptOf = (input: Input): StreamReceipt => ({
  streamId: input.text("stream_id"),
  sequence: input.big("sequence"),
  cumulativeActiveSeconds: input.big("cumulative_active_seconds"),
  observedAt: input.text("observed_at"),
  signature: input.textOr("signature"),
});

function streamActionCase(input: Input): Output {
  const receipt = input.has("receipt") ? receiptOf(input.object("receipt")) : null;
  const signed = streamAction.encode({
    id: input.text("id"),
    sender: input.text("sender"),
    streamId: input.text("stream_id"),
    action: input.text("action"),
    provider: input.textOr("provider"),
    serviceId: input.textOr("service_id"),
    deviceIdHash: input.textOr("device_id_hash"),
    sessionPublicKey: input.textOr("session_public_key"),
    priceDust: bigOr(input, "price_dust"),
    pricePeriodSeconds: bigOr(input, "price_period_seconds"),
    budgetDust: bigOr(input, "budget_dust"),
    maxActiveSeconds: bigOr(input, "max_active_seconds"),
    expiresAt: input.textOr("expires_at"),
    receipt,
    nonce: bigOr(input, "nonce"),
    timestamp: input.text("timestamp"),
  });
  return {
    signing_bytes_utf8: textOf(signed),
    receipt_signing_bytes_utf8: receipt === null ? undefined : textOf(streamReceiptContent.encode(receipt)),
  };
}

function capsuleActionCase(input: Input): Output {
  const capsule = input.object("capsule");
  const signed = capsuleAction.encode({
    id: input.text("id"),
    sender: input.text("sender"),
    action: input.text("action"),
    locator: input.text("locator"),
    capsule: {
      version: capsule.number("version"),
      scheme: capsule.text("scheme"),
      locator: capsule.text("locator"),
      address: capsule.text("address"),
      cipher: capsule.text("cipher"),
      nonce: capsule.text("nonce"),
      ciphertext: capsule.text("ciphertext"),
      createdAt: capsule.text("created_at"),
    },
    nonce: input.big("nonce"),
    timestamp: input.text("timestamp"),
  });
  return {signing_bytes_utf8: textOf(signed)};
}

const signedTxOf = (input: Input): SignedTransaction => ({
  id: input.text("id"),
  sender: input.text("sender"),
  recipient: input.text("recipient"),
  amount: input.number("amount"),
  fee: input.number("fee"),
  gasLimit: input.big("gas_limit"),
  nonce: input.big("nonce"),
  contractId: input.text("contract_id"),
  payload: input.bytes("payload_hex"),
});

/** RFC 8410 wrappers around the raw 32 bytes of an Ed25519 seed and key. */
const SEED_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const ED25519 = {
  publicKeyBytes: 32,
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
    nodeVerify(
      null,
      message,
      createPublicKey({key: Buffer.concat([KEY_PREFIX, publicKey]), format: "der", type: "spki"}),
      signature,
    ),
};

const CLASS_OF_CODE: Readonly<Record<string, string>> = {
  TX_ALGORITHM_UNKNOWN: "bad_algorithm",
  TX_SIGNATURE_INVALID: "bad_signature",
  TX_SENDER_MISMATCH: "sender_mismatch",
};

/** The verdict in the classes of the file. */
function verdictOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof DecodeError) return CLASS_OF_CODE[error.code] ?? "other";
    throw error;
  }
}

function signedTxCase(input: Input): Output {
  const tx = signedTxOf(input.object("tx"));
  const seed = Buffer.concat([SEED_PREFIX, input.bytes("ed25519_seed")]);
  const secret = createPrivateKey({key: seed, format: "der", type: "pkcs8"});
  const publicKey = plain(createPublicKey(secret).export({format: "der", type: "spki"}).subarray(KEY_PREFIX.length));
  const hash = signedTxHash(tx);
  const good = plain(nodeSign(null, hash, secret));
  // The recorded bad signatures are good ones with one bit turned.
  const bad = good.with(10, good[10]! ^ 1);
  const mode = input.text("mode");
  const signature = mode === "bad_signature" ? bad : good;
  const error = verdictOf(() =>
    checkSignedTx(tx, {algorithm: input.text("algorithm"), publicKey, signature}, new Map([["ed25519", ED25519]])),
  );
  return {
    address: addressOfKey(publicKey),
    public_key: hexOf(publicKey),
    // Nobody looks at the signature under an unknown algorithm, and one recording has a bit turned there too.
    signature: mode === "bad_algorithm" ? new OneOf([hexOf(good), hexOf(bad)]) : hexOf(signature),
    signing_hash: hexOf(hash),
    verifies: error === null,
    error,
  };
}

export const envelopeAdapters: Adapters = {
  "mining.enrollment: signed qsdm/enroll/v2 envelope": byOperation({
    canonical: (input) => ({canonical_hex: hexOf(enrollmentSigningBytes(envelopeOf(input.object("envelope"))))}),
    async verify(input) {
      const {verify} = await loadMlDsa(87);
      checkEnrollmentEnvelope(envelopeOf(input.object("envelope")), verify);
      return OK;
    },
    async admission(input) {
      const {verify} = await loadMlDsa(87);
      checkEnrollmentAdmission(input.has("tx") ? enrollmentTransactionOf(input) : null, verify);
      return OK;
    },
    to_transaction(input) {
      const {payload} = transactionOf(envelopeOf(input.object("envelope")));
      return {payload_hex: hexOf(payload)};
    },
  }),
  "canonical JSON signing bytes of v2 envelopes (wallet, enrollment, stream, recovery)": byKind({
    wallet_envelope(input) {
      const envelope = walletEnvelopeOf(input);
      const signed = walletSigningBytes(envelope);
      return {
        signing_bytes_hex: hexOf(signed),
        signing_bytes_sha256: hexOf(sha256(signed)),
        wire_utf8: textOf(walletEnvelope.encode(envelope)),
      };
    },
    enrollment_envelope: (input) => ({signing_bytes_utf8: textOf(enrollmentSigningBytes(envelopeOf(input)))}),
    stream_action: streamActionCase,
    recovery_capsule_action: capsuleActionCase,
  }),
  "signed transaction v1 signing hash, ed25519 verification, address derivation": byKind({
    signed_tx_v1: signedTxCase,
    address: (input) => ({address: addressOfKey(input.bytes("public_key"))}),
  }),
};
