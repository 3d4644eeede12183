/**
 * Execution of one transaction on a block's overlay. Producing, following and replaying a block all run this; there
 * is no second path that could disagree.
 */
import {addressOfKey} from "../../../codecs/address.js";
import {decodeEnvelope, type Envelope, signingBytes, txIdOf} from "../../../codecs/chain/envelope.js";
import type {Receipt} from "../../../codecs/chain/receipt.js";
import {DecodeError, RuleError} from "../../../errors.js";
import {feeOf} from "../monetary/fees.js";
import {accountAt, debit} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {accountKeys, accounts} from "../state/stores.js";
import type {BlockContext, Call, Contract, Contracts} from "./contract.js";
import {type LedgerEvent, reasonOf} from "./events.js";

/** A decoded transaction together with the bytes that blocks carry. */
export interface Transaction {
  readonly txId: string;
  readonly envelope: Envelope;
  readonly bytes: Uint8Array;
}

/** @throws DecodeError ENVELOPE_TOO_LARGE, CBOR_INVALID, FIELD_INVALID */
export function readTransaction(bytes: Uint8Array): Transaction {
  const envelope = decodeEnvelope(bytes);
  return {txId: txIdOf(envelope.content), envelope, bytes};
}

/** What executing one transaction leaves behind. */
export interface Executed {
  readonly receipt: Receipt;
  readonly events: readonly LedgerEvent[];
}

/** The key that must have signed: the one carried, which must be the sender's, or the one on record. */
export function senderKey(state: State, envelope: Envelope): Uint8Array {
  const {sender} = envelope.content;
  if (envelope.publicKey === null) {
    const known = state.get(accountKeys, sender);
    if (known) return known.publicKey;
    throw new RuleError("KEY_UNKNOWN", `the chain does not know the key of ${sender}`, {
      hint: "carry the public key in the account's first transaction",
    });
  }
  if (addressOfKey(envelope.publicKey) !== sender)
    throw new RuleError("SENDER_MISMATCH", `the public key does not belong to ${sender}`);
  return envelope.publicKey;
}

/**
 * Refuses what may not be in a block at `height` at all, without looking at the nonce or the signature.
 * @throws RuleError CHAIN_MISMATCH, EXPIRED, CONTRACT_UNKNOWN
 */
export function checkContent(
  {content}: Envelope,
  contracts: Contracts,
  block: Pick<BlockContext, "params" | "height">,
): Contract {
  if (content.chainId !== block.params.chainId)
    throw new RuleError("CHAIN_MISMATCH", `signed for chain ${content.chainId}, this is ${block.params.chainId}`);
  if (content.expiresAtHeight < block.height)
    throw new RuleError("EXPIRED", `expired at height ${content.expiresAtHeight}, this is ${block.height}`, {
      hint: "sign it again with a later expiry",
    });
  const contract = contracts.get(content.contract);
  if (!contract) throw new RuleError("CONTRACT_UNKNOWN", `no contract ${content.contract}`);
  return contract;
}

/** @throws RuleError SIGNATURE_INVALID, KEY_UNKNOWN, SENDER_MISMATCH */
export function checkSignature(state: State, envelope: Envelope, verify: BlockContext["verifySignature"]): void {
  if (!verify(senderKey(state, envelope), signingBytes(envelope.content), envelope.signature))
    throw new RuleError("SIGNATURE_INVALID", "the signature does not verify under the sender's key");
}

/**
 * Runs one transaction on `state`.
 * @throws RuleError when the transaction may not be in this block at all; the state is then unchanged
 */
export function execute(
  state: State,
  transaction: Transaction,
  {contracts, block}: {contracts: Contracts; block: BlockContext},
): Executed {
  const {txId, envelope} = transaction;
  const {content} = envelope;
  const contract = checkContent(envelope, contracts, block);
  const account = accountAt(state, content.sender);
  if (account.nonce !== content.nonce)
    throw new RuleError("NONCE_MISMATCH", `nonce ${content.nonce}, the account is at ${account.nonce}`, {
      details: {nonce: content.nonce, expected: account.nonce},
    });
  const feeDust = feeOf(content, block.params.fees);
  checkSignature(state, envelope, block.verifySignature);

  debit(state, content.sender, feeDust);
  state.put(accounts, content.sender, {...accountAt(state, content.sender), nonce: account.nonce + 1n});
  if (envelope.publicKey && !state.has(accountKeys, content.sender))
    state.put(accountKeys, content.sender, {publicKey: envelope.publicKey});

  const base = {
    txId,
    height: block.height,
    sender: content.sender,
    nonce: content.nonce,
    contract: content.contract,
    feeDust,
  };
  const call: Call = {state: state.fork(), block, txId, content};
  try {
    const effect = contract.apply(call);
    call.state.merge();
    return {
      receipt: {...base, outcome: "applied", code: null, message: null, slash: effect.slash},
      events: effect.events,
    };
  } catch (error) {
    if (!(error instanceof RuleError || error instanceof DecodeError)) throw error;
    const event = contract.rejected(call, reasonOf(error.code));
    const message = truncate(error.message, 512);
    return {
      receipt: {...base, outcome: "rejected", code: error.code, message, slash: null},
      events: event ? [event] : [],
    };
  }
}

/** The longest start of `text` that fits in `maxBytes` of UTF-8. */
function truncate(text: string, maxBytes: number): string {
  let out = text.toWellFormed();
  while (Buffer.byteLength(out) > maxBytes) out = out.slice(0, Math.min(out.length - 1, maxBytes)).toWellFormed();
  return out;
}
