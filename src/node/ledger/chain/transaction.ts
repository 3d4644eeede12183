/**
 * A transaction as rules see it: one content, whatever it travelled in. Strict chains know one form, envelope v3;
 * compatible chains also take QSDM's, each of which proves its sender in its own way, or not at all.
 */
import {addressOfKey} from "../../../codecs/address.js";
import {U64_MAX} from "../../../codecs/amount.js";
import {compatTxIdOf, isCompatTransaction} from "../../../codecs/chain/compat.js";
import {decodeEnvelope, signingBytes, txIdOf, type UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {decodeMultiEnvelope, isMultiEnvelope, type MultiEnvelope} from "../../../codecs/chain/multisig.js";
import {
  EQUIVOCATION_CONTRACT,
  equivocation,
  equivocationTxIdOf,
  isEquivocation,
} from "../../../codecs/consensus/equivocation.js";
import {checkEnrollmentEnvelope, type EnrollmentEnvelope} from "../../../codecs/envelopes/enrollment.js";
import {checkWalletEnvelope, type WalletEnvelope} from "../../../codecs/envelopes/wallet.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {authorshipOf, gasOf} from "../monetary/gas.js";
import type {State} from "../state/state.js";
import {accountKeys} from "../state/stores.js";
import {readCompatTransaction} from "./compat-forms.js";
import {checkMembers} from "./members.js";

/** What shows that the sender meant it. */
export type Authority =
  | {
      readonly form: "envelope-v3";
      /** The sender's key, or `null` where the chain is to know it. */
      readonly publicKey: Uint8Array | null;
      readonly signature: Uint8Array;
    }
  | ({readonly form: "multi-envelope-v3"} & Pick<MultiEnvelope, "policy" | "signatures">)
  | {readonly form: "wallet-v2"; readonly envelope: WalletEnvelope}
  | {readonly form: "enrollment-v2"; readonly envelope: EnrollmentEnvelope}
  /** Over the payload, which is the action's own JSON. */
  | {readonly form: "action-v1"; readonly publicKey: Uint8Array; readonly signature: Uint8Array}
  | {readonly form: "unsigned"}
  /** The signatures that accuse are inside: whoever builds a block puts it there, and nobody pays. */
  | {readonly form: "evidence"};

/** A decoded transaction together with the bytes that blocks carry. */
export interface Transaction {
  /** Digest that names it here: 64 hex digits. */
  readonly txId: string;
  /** Id that the client chose, for the forms in which it does. */
  readonly clientId: string | null;
  readonly content: UnsignedEnvelope;
  readonly authority: Authority;
  readonly bytes: Uint8Array;
  /** What it costs the network. */
  readonly gas: bigint;
}

/** Whether the form is an envelope of this ledger's own, and not one of QSDM's. */
export const isOwnForm = ({form}: Authority): boolean => form === "envelope-v3" || form === "multi-envelope-v3";

/**
 * What was read of bytes that somebody still holds: on its way from a batch into a block one array is read four times.
 * Bytes of a transaction are never written to.
 */
const known = new WeakMap<Uint8Array, Transaction>();

/** @throws DecodeError ENVELOPE_TOO_LARGE, CBOR_INVALID, FIELD_INVALID, and what a v2 envelope is refused with */
export function readTransaction(bytes: Uint8Array): Transaction {
  const before = known.get(bytes);
  if (before) return before;
  const read = readAnew(bytes);
  known.set(bytes, read);
  return read;
}

function readAnew(bytes: Uint8Array): Transaction {
  if (isEquivocation(bytes)) return readEvidence(bytes);
  if (isCompatTransaction(bytes)) {
    const read = readCompatTransaction(bytes);
    return {...read, txId: compatTxIdOf(bytes), bytes, gas: gasOf(read.content)};
  }
  if (isMultiEnvelope(bytes)) {
    const {content, policy, signatures} = decodeMultiEnvelope(bytes);
    const gas = gasOf(content, authorshipOf(policy));
    return {
      txId: txIdOf(content),
      clientId: null,
      content,
      authority: {form: "multi-envelope-v3", policy, signatures},
      bytes,
      gas,
    };
  }
  const {content, publicKey, signature} = decodeEnvelope(bytes);
  const authority: Authority = {form: "envelope-v3", publicKey, signature};
  return {txId: txIdOf(content), clientId: null, content, authority, bytes, gas: gasOf(content)};
}

/** Nobody's account: what evidence carries in a sender's place. */
const NOBODY = "0".repeat(64);

function readEvidence(payload: Uint8Array): Transaction {
  const {chainId} = equivocation.decode(payload);
  const content: UnsignedEnvelope = {
    chainId,
    sender: NOBODY,
    nonce: 0n,
    expiresAtHeight: U64_MAX,
    maxFeeDust: 0n,
    tipDust: 0n,
    contract: EQUIVOCATION_CONTRACT,
    payload,
  };
  return {
    txId: equivocationTxIdOf(payload),
    clientId: null,
    content,
    authority: {form: "evidence"},
    bytes: payload,
    gas: gasOf(content),
  };
}

/** The key that must have signed a v3 envelope: the one carried, which must be the sender's, or the one on record. */
function senderKey(state: State, sender: string, carried: Uint8Array | null): Uint8Array {
  if (carried === null) {
    const known = state.get(accountKeys, sender);
    if (known) return known.publicKey;
    throw new RuleError("KEY_UNKNOWN", `the chain does not know the key of ${sender}`, {
      hint: "carry the public key in the account's first transaction",
    });
  }
  if (addressOfKey(carried) !== sender)
    throw new RuleError("SENDER_MISMATCH", `the public key does not belong to ${sender}`);
  return carried;
}

/**
 * Refuses a transaction that its sender did not sign, each form by its own law. An unsigned one passes here: whether
 * it may exist is a rule of the chain, which `checkContent` reads.
 * @throws RuleError SIGNATURE_INVALID, KEY_UNKNOWN, SENDER_MISMATCH; DecodeError of the v2 envelopes
 */
export function checkSignature(state: State, transaction: Transaction, verify: VerifySignature): void {
  const {content, authority} = transaction;
  switch (authority.form) {
    case "envelope-v3":
      return checkEnvelope(state, transaction, authority, verify);
    case "multi-envelope-v3":
      return checkMembers({content, ...authority}, verify);
    case "wallet-v2":
      return void checkWalletEnvelope(authority.envelope, verify);
    case "enrollment-v2":
      return checkEnrollmentEnvelope(authority.envelope, verify);
    case "action-v1":
      if (addressOfKey(authority.publicKey) !== content.sender)
        throw new RuleError("SENDER_MISMATCH", `the public key does not belong to ${content.sender}`);
      if (!verify(authority.publicKey, content.payload, authority.signature))
        throw new RuleError("SIGNATURE_INVALID", "the signature does not verify under the sender's key");
      return;
    case "unsigned":
    case "evidence":
  }
}

/** Keeps the key that an account's first transaction carries, so that later ones can leave it out. */
export function noteKey(state: State, {content: {sender}, authority}: Transaction): void {
  if (authority.form === "envelope-v3" && authority.publicKey && !state.has(accountKeys, sender))
    state.put(accountKeys, sender, {publicKey: authority.publicKey});
}

/** By which verifier and under which key a transaction was found signed; whoever builds a block executes it twice. */
const proven = new WeakMap<Transaction, {readonly verify: VerifySignature; readonly key: Uint8Array}>();

function checkEnvelope(
  state: State,
  transaction: Transaction,
  {publicKey, signature}: Extract<Authority, {form: "envelope-v3"}>,
  verify: VerifySignature,
): void {
  const {content} = transaction;
  const before = proven.get(transaction);
  // A carried key is the transaction's own, and one on record is never replaced: it is the same array.
  if (before?.verify === verify && before.key === (publicKey ?? state.get(accountKeys, content.sender)?.publicKey))
    return;
  const key = senderKey(state, content.sender, publicKey);
  if (!verify(key, signingBytes(content), signature))
    throw new RuleError("SIGNATURE_INVALID", "the signature does not verify under the sender's key");
  proven.set(transaction, {verify, key});
}
