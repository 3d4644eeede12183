/** Writing to the ledger: terms from the node, a draft, a signature, and what became of it. */
import {setTimeout as sleep} from "node:timers/promises";
import {formatCell} from "../codecs/amount.js";
import type {ReceiptView} from "../codecs/api/chain.js";
import type {OwnStatus, Status} from "../codecs/api/status.js";
import {envelope, signingBytes, txIdOf, type UnsignedEnvelope} from "../codecs/chain/envelope.js";
import {QsdmError, RuleError, UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import type {Signer} from "../node/keys/signer.js";
import {baseFeeOf} from "../node/ledger/monetary/fees.js";
import {gasOf} from "../node/ledger/monetary/gas.js";

/** What the sender decides; `null` leaves it to the node's terms. */
export interface Wishes {
  readonly sender: string;
  /** What the sender pays, in dust. */
  readonly feeDust: bigint | null;
  readonly nonce: bigint | null;
  /** How many blocks the transaction may wait. */
  readonly expiresInBlocks: bigint;
}

/** A transaction before its signature. */
export interface Draft {
  readonly content: UnsignedEnvelope;
  readonly txId: string;
  /** What is paid at the base fee of now, in dust. */
  readonly feeDust: bigint;
  /** Whether the signed form must carry the public key. */
  readonly carriesKey: boolean;
}

/**
 * The node's terms.
 * @throws RuleError FORMS_UNSUPPORTED when the node does not take envelopes of version 3
 */
export function termsOf({qsdm}: Pick<Status, "qsdm">): OwnStatus {
  if (qsdm?.envelopeVersions.includes(3)) return qsdm;
  throw new RuleError("FORMS_UNSUPPORTED", "the node does not take envelopes of version 3", {
    hint: "name a node of this program with --api-url",
  });
}

/** How far a transaction goes along with a rising base fee where its sender names no fee. */
export const FEE_HEADROOM = 2n;

/** What somebody wants done. */
export interface Call {
  readonly contract: string;
  readonly payload: Uint8Array;
}

/** Dust that `call` costs at least now, with what it adds to the state. */
export async function baseFeeFor(
  call: Call & {readonly sender: string},
  {client, terms}: {readonly client: Pick<Client, "feeQuote">; readonly terms: OwnStatus},
): Promise<bigint> {
  if (terms.recordGas === 0n) return baseFeeOf(gasOf(call), terms);
  const {chainId, height: expiresAtHeight} = terms;
  const body = signingBytes({...call, chainId, nonce: 0n, expiresAtHeight, maxFeeDust: 0n, tipDust: 0n});
  return (await client.feeQuote({body})).baseFeeDust;
}

/**
 * What its sender has left of its balance once `call` has taken `amountDust` and its base fee.
 * @throws RuleError INSUFFICIENT_BALANCE
 */
export async function leftAfter(
  call: Call & {readonly sender: string},
  amountDust: bigint,
  {client, terms}: {readonly client: Pick<Client, "balance" | "feeQuote">; readonly terms: OwnStatus},
): Promise<bigint> {
  const {sender} = call;
  const {balance} = await client.balance({address: sender});
  const neededDust = amountDust + (await baseFeeFor(call, {client, terms}));
  if (balance >= neededDust) return balance - neededDust;
  throw new RuleError(
    "INSUFFICIENT_BALANCE",
    `amount and fee are ${formatCell(neededDust)} CELL, ${sender} has ${formatCell(balance)}`,
    {details: {balance_dust: balance, needed_dust: neededDust}},
  );
}

/** The draft of `call` under `wishes` and the node's terms. @throws UsageError FEE_TOO_LOW */
export async function draft(
  call: Call,
  wishes: Wishes,
  {client, terms}: {client: Pick<Client, "nonce" | "feeQuote">; terms: OwnStatus},
): Promise<Draft> {
  const {sender, expiresInBlocks} = wishes;
  const {contract, payload} = call;
  const baseFeeDust = await baseFeeFor({sender, contract, payload}, {client, terms});
  const feeDust = wishes.feeDust ?? baseFeeDust;
  if (feeDust < baseFeeDust)
    throw new UsageError(
      "FEE_TOO_LOW",
      `a fee of ${formatCell(feeDust)} CELL is below the base fee of ${formatCell(baseFeeDust)} CELL`,
      {hint: "raise --fee, or leave it out to pay the base fee"},
    );
  const account = await client.nonce({sender});
  const content: UnsignedEnvelope = {
    chainId: terms.chainId,
    sender,
    nonce: wishes.nonce ?? account.nextFree ?? account.nonce,
    expiresAtHeight: terms.height + expiresInBlocks,
    // A fee that was asked for is offered whole, so that it is what is paid.
    maxFeeDust: wishes.feeDust ?? FEE_HEADROOM * baseFeeDust,
    tipDust: feeDust - baseFeeDust,
    ...call,
  };
  return {content, txId: txIdOf(content), feeDust, carriesKey: !account.keyKnown};
}

/** Bytes of the signed transaction. */
export function sign({content, carriesKey}: Draft, signer: Signer): Uint8Array {
  const publicKey = carriesKey ? signer.publicKey : null;
  return envelope.encode({content, publicKey, signature: signer.sign(signingBytes(content))});
}

/** `null` when neither a receipt nor the expiry came within the time. */
export type Decision = {readonly status: "applied"; readonly receipt: ReceiptView} | null;

export interface Watch {
  readonly client: Pick<Client, "receipt" | "status">;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const POLL_MS = 250;

/**
 * Waits until a block decides the transaction.
 * @throws RuleError with the ledger's code when it was rejected; RuleError EXPIRED
 */
export async function follow(
  {txId, content}: Pick<Draft, "txId" | "content">,
  {client, timeoutMs, signal}: Watch,
): Promise<Decision> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // Read before the receipt: a block past the expiry that comes between the two must not hide one.
    const {chainTip} = await client.status();
    const receipt = await receiptOf(txId, client);
    if (receipt) return decided(receipt);
    if (chainTip > content.expiresAtHeight)
      throw new RuleError("EXPIRED", `no block up to height ${content.expiresAtHeight} included ${txId}`, {
        hint: "nothing was changed and no fee was paid; send it again",
        details: {tx_id: txId},
      });
    if (performance.now() + POLL_MS > deadline) return null;
    await sleep(POLL_MS, undefined, {signal});
  }
}

function decided(receipt: ReceiptView): Decision {
  if (receipt.outcome === "applied") return {status: "applied", receipt};
  const {txId, height, feeDust, code, message} = receipt;
  throw new RuleError(code ?? "REJECTED", `rejected at height ${height}: ${message ?? "no reason given"}`, {
    hint: `the fee of ${formatCell(feeDust)} CELL stays paid`,
    details: {tx_id: txId, height, fee_dust: feeDust},
  });
}

async function receiptOf(txId: string, client: Watch["client"]): Promise<ReceiptView | null> {
  try {
    return await client.receipt({txId});
  } catch (error) {
    if (error instanceof QsdmError && error.code === "RECEIPT_NOT_FOUND") return null;
    throw error;
  }
}
