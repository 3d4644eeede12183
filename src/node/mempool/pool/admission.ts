/**
 * What a transaction must pass before it may wait: a stack of links, each of which looks at its own contract and
 * hands everything else on. Slashing sits over enrollment, which sits over the base predicate.
 */
import {RuleError} from "../../../errors.js";
import type {BlockContext, Contract, Contracts} from "../../ledger/chain/contract.js";
import {checkContent, checkUnusedId} from "../../ledger/chain/execute.js";
import {gasOn} from "../../ledger/chain/growth.js";
import {checkSignature, type Transaction} from "../../ledger/chain/transaction.js";
import {chargedGas, checkFloor, feeOf, offerOf} from "../../ledger/monetary/fees.js";
import {accountAt} from "../../ledger/monetary/supply.js";
import type {State} from "../../ledger/state/state.js";
import type {Bid} from "./pool.js";

/** Throws a RuleError or DecodeError when the transaction may not wait; returns what it bids. */
export type Admit = (transaction: Transaction, at: AdmissionContext) => Bid;

/** The committed state, and the block that could come next. */
export interface AdmissionContext {
  readonly state: State;
  readonly block: Pick<BlockContext, "params" | "height" | "verifySignature">;
  /** Whether a node has acknowledged it already. */
  readonly isPromised: boolean;
}

/** A link for one contract: its stateless check, then the rest of the stack. */
export const admitContract =
  (contract: Contract, next: Admit): Admit =>
  (transaction, at) => {
    if (transaction.content.contract === contract.id) contract.check(transaction.content, at.block);
    return next(transaction, at);
  };

/** The bottom of the stack: chain, expiry, fee and signature, the dearest last. */
export const admitBase =
  (contracts: Contracts): Admit =>
  (transaction, {state, block, isPromised}) => {
    const {content, authority} = transaction;
    if (authority.form === "evidence")
      throw new RuleError("EVIDENCE_UNSIGNED", "evidence waits in an envelope of whoever sends it", {
        hint: "send it with: qsdm validator report",
      });
    checkContent(transaction, contracts, block);
    checkUnusedId(state, transaction);
    const {fees} = block.params;
    const gas = gasOn(state, transaction, {contracts, params: block.params});
    // What somebody was promised waits until the base fee has fallen to it.
    if (isPromised) checkFloor(content, gas, fees);
    const feeDust = isPromised ? offerOf(content, gas, fees) : feeOf(content, gas, fees);
    const {balanceDust} = accountAt(state, content.sender);
    if (balanceDust < feeDust)
      throw new RuleError("BALANCE_TOO_LOW", `${content.sender} has ${balanceDust} dust, the fee is ${feeDust}`, {
        details: {balance_dust: balanceDust, needed_dust: feeDust},
      });
    checkSignature(state, transaction, block.verifySignature);
    return {feeDust, gas: chargedGas(gas), usesGas: gas};
  };

/** The whole stack, outermost first. */
export const admissionStack = (outermostFirst: readonly Contract[], contracts: Contracts): Admit =>
  outermostFirst.reduceRight<Admit>((next, contract) => admitContract(contract, next), admitBase(contracts));
