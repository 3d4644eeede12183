/**
 * Execution of one transaction on a block's overlay. Producing, following and replaying a block all run this; there
 * is no second path that could disagree.
 */
import type {Receipt} from "../../../codecs/chain/receipt.js";
import {DecodeError, type QsdmError, RuleError} from "../../../errors.js";
import {feeOf} from "../monetary/fees.js";
import {accountAt, spend} from "../monetary/supply.js";
import type {Rules} from "../params/rules.js";
import type {State} from "../state/state.js";
import {rememberId, transactionOfId} from "../state/tx-ids.js";
import type {BlockContext, Call, Contract, Contracts, Effect} from "./contract.js";
import {type LedgerEvent, reasonOf} from "./events.js";
import {checkSignature, isOwnForm, noteKey, type Transaction} from "./transaction.js";

/** What executing one transaction leaves behind. */
export interface Executed {
  readonly receipt: Receipt;
  readonly events: readonly LedgerEvent[];
}

/**
 * Refuses what may not be in a block at `height` at all, without looking at the nonce or the signature.
 * @throws RuleError CHAIN_MISMATCH, ENVELOPE_V2_REFUSED, SIGNATURE_REQUIRED, EXPIRED, CONTRACT_UNKNOWN
 */
export function checkContent(
  {content, authority}: Transaction,
  contracts: Contracts,
  block: Pick<BlockContext, "params" | "height">,
): Contract {
  const {chainId, rules} = block.params;
  if (!isOwnForm(authority) && authority.form !== "evidence" && rules.envelopes === "v3-only") throw refusedV2(chainId);
  if (content.chainId !== chainId)
    throw new RuleError("CHAIN_MISMATCH", `signed for chain ${content.chainId}, this is ${chainId}`);
  if (authority.form === "unsigned" && rules.unsigned === "refused")
    throw new RuleError("SIGNATURE_REQUIRED", "this chain takes no unsigned transactions", {
      hint: "sign it as a v3 envelope",
    });
  if (content.expiresAtHeight < block.height)
    throw new RuleError("EXPIRED", `expired at height ${content.expiresAtHeight}, this is ${block.height}`, {
      hint: "sign it again with a later expiry",
    });
  const contract = contracts.get(content.contract);
  if (!contract) throw new RuleError("CONTRACT_UNKNOWN", `no contract ${content.contract}`);
  return contract;
}

/** The refusal of a QSDM envelope on a chain that takes none. */
export const refusedV2 = (chainId: string): RuleError =>
  new RuleError("ENVELOPE_V2_REFUSED", `chain ${chainId} takes v3 envelopes only`, {
    hint: "sign it with qsdm, which writes v3 envelopes, or use a chain of the compat profile",
  });

/**
 * Refuses an id that a block already holds. Strict chains need no such record: a spent nonce says it.
 * @throws RuleError TX_ID_USED
 */
export function checkUnusedId(state: State, transaction: Transaction): void {
  if (transactionOfId(state, idOf(transaction)) === null) return;
  throw new RuleError("TX_ID_USED", `transaction id ${idOf(transaction)} is in a block already`, {
    hint: "read its receipt, or send under another id",
  });
}

const idOf = ({clientId, txId}: Transaction): string => clientId ?? txId;

/**
 * Runs one transaction on `state`.
 * @param gas of it there, as `gasOn` says
 * @throws RuleError, DecodeError when the transaction may not be in this block at all; the state is then unchanged
 */
export function execute(
  state: State,
  transaction: Transaction,
  {contracts, block, gas}: {contracts: Contracts; block: BlockContext; gas: bigint},
): Executed {
  const {txId, content, authority} = transaction;
  const contract = checkContent(transaction, contracts, block);
  if (authority.form === "evidence") return executeEvidence(state, transaction, {contract, block, gas});
  const {rules} = block.params;
  if (keepsIds(rules)) checkUnusedId(state, transaction);
  const {sender} = content;
  const account = accountAt(state, sender);
  const {nonce} = account;
  if (nonce !== content.nonce) throw nonceMismatch(content.nonce, nonce);
  const feeDust = feeOf(content, gas, block.params.fees);
  checkSignature(state, transaction, block.verifySignature);

  const pays = rules.failedFee === "charged" ? always : isApplied;
  const outcome = state.attempt(() => {
    spend(state, sender, account, feeDust);
    noteKey(state, transaction);
    return attempt(contract, {state, block, txId, content});
  }, pays);
  // A free failure leaves the nonce, and an unsigned id is anyone's: only this record keeps them from coming again.
  if (keepsIds(rules)) rememberId(state, idOf(transaction), txId);
  const receipt = receiptOf(transaction, block, outcome, {gas, feeDust: pays(outcome) ? feeDust : 0n});
  return {receipt, events: outcome.events};
}

const always = (): boolean => true;
const isApplied = ({outcome}: Outcome): boolean => outcome === "applied";

export const nonceMismatch = (nonce: bigint, expected: bigint): RuleError =>
  new RuleError("NONCE_MISMATCH", `nonce ${nonce}, the account is at ${expected}`, {details: {nonce, expected}});

/** Whether clients choose ids, so that blocks have to remember them. */
const keepsIds = ({envelopes}: Rules): boolean => envelopes === "v2-and-v3";

/** Evidence that a block carries by itself applies, or the block is none: nobody would pay for what it wastes. */
function executeEvidence(
  state: State,
  transaction: Transaction,
  {contract, block, gas}: {contract: Contract; block: BlockContext; gas: bigint},
): Executed {
  const {txId, content} = transaction;
  const outcome = applied(state.attempt(() => contract.apply({state, block, txId, content})));
  return {receipt: receiptOf(transaction, block, outcome, {gas, feeDust: 0n}), events: outcome.events};
}

// Field by field: a spread of two objects takes three times as long as all else that a payment does.
export const receiptOf = (
  {txId, content: {sender, nonce, contract}}: Transaction,
  {height}: BlockContext,
  {outcome, code, message, slash}: Outcome,
  {gas: gasUsed, feeDust}: {readonly gas: bigint; readonly feeDust: bigint},
): Receipt => ({txId, height, outcome, code, message, sender, nonce, contract, gasUsed, feeDust, slash});

type Outcome = Pick<Receipt, "outcome" | "code" | "message" | "slash"> & Pick<Executed, "events">;

export const applied = ({slash, events}: Effect): Outcome => ({
  outcome: "applied",
  code: null,
  message: null,
  slash,
  events,
});

/** What the contract makes of the call, which it changes only when applied. */
function attempt(contract: Contract, call: Call): Outcome {
  try {
    return applied(call.state.attempt(() => contract.apply(call)));
  } catch (error) {
    if (!(error instanceof RuleError || error instanceof DecodeError)) throw error;
    return rejected(error, contract.rejected(call, reasonOf(error.code)));
  }
}

export const rejected = ({code, message}: QsdmError, event: LedgerEvent | null): Outcome => ({
  outcome: "rejected",
  code,
  message: truncate(message, 512),
  slash: null,
  events: event ? [event] : [],
});

/** The longest start of `text` that fits in `maxBytes` of UTF-8. */
function truncate(text: string, maxBytes: number): string {
  let out = text.toWellFormed();
  while (Buffer.byteLength(out) > maxBytes) out = out.slice(0, Math.min(out.length - 1, maxBytes)).toWellFormed();
  return out;
}
