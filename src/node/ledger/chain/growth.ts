/**
 * What a transaction adds to the state, which every node keeps for good, and the gas of it. It is the one part of gas that
 * content alone does not say: whether an account is new, the state knows.
 */
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockLimits, ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {accountKeys, accounts} from "../state/stores.js";
import type {Contracts} from "./contract.js";
import type {Transaction} from "./transaction.js";

/** Gas of one new record: so many fill a block. Where more may than it has gas, a record still takes some. */
export const recordGasOf = ({maxGas, maxRecords}: Pick<BlockLimits, "maxGas" | "maxRecords">): bigint =>
  maxRecords === 0n ? 0n : maxGas / maxRecords || 1n;

/** Those of `addresses` that have no account, each once. */
export function newAccounts(state: State, addresses: Iterable<string>): number {
  const missing = new Set<string>();
  for (const address of addresses) if (!state.has(accounts, address)) missing.add(address);
  return missing.size;
}

type Sent = Pick<Transaction, "content" | "authority">;

/** Records that a transaction adds where it is applied: those of its contract, and its sender's key. */
export const addedRecords = (state: State, sent: Sent, contracts: Contracts): number =>
  addedKeys(state, sent) + addedByCall(state, sent, contracts);

function addedKeys(state: State, {content: {sender}, authority}: Sent): number {
  const carried = authority.form === "envelope-v3" && authority.publicKey !== null;
  return carried && !state.has(accountKeys, sender) ? 1 : 0;
}

/** Of evidence that a block carries by itself nothing is counted: nobody pays for it. */
function addedByCall(state: State, {content, authority}: Sent, contracts: Contracts): number {
  if (authority.form === "evidence") return 0;
  try {
    return contracts.get(content.contract)?.adds(content, state) ?? 0;
  } catch (error) {
    // What cannot be read is included, and fails.
    if (error instanceof DecodeError || error instanceof RuleError) return 0;
    throw error;
  }
}

/** What prices a transaction: the contracts of the chain, and its limits as they are in force. */
export interface Prices {
  readonly contracts: Contracts;
  readonly params: Pick<ChainParams, "limits">;
}

/** Gas of a transaction on `state`: of its content, and of what it adds. */
export function gasOn(state: State, transaction: Transaction, {contracts, params}: Prices): bigint {
  const recordGas = recordGasOf(params.limits);
  return recordGas === 0n
    ? transaction.gas
    : transaction.gas + recordGas * BigInt(addedRecords(state, transaction, contracts));
}
