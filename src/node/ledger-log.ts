/** Lines for the operator: what changed in the ledger by more than a transaction, once its block is final. */
import {formatProposal} from "../codecs/governance/change.js";
import type {BlockCommitted, LedgerEvent} from "./ledger/chain/events.js";
import type {Log} from "./service.js";

interface Line {
  readonly text: string;
  readonly fields: object;
}

const STEPS = {
  staged: "governance: a change has its votes",
  superseded: "governance: a change replaces one that was staged",
  activated: "governance: a change is active",
  abandoned: "governance: a proposal came to nothing",
} as const;

const STAKES = {
  "stake-locked": "stake: locked",
  "stake-leaving": "stake: its validator leaves",
  "stake-returned": "stake: returned to its owner",
  "validator-unjailed": "stake: its validator may be elected again",
  "quorum-stake-locked": "quorum stake: locked",
  "quorum-stake-releasing": "quorum stake: on its way back",
  "quorum-stake-returned": "quorum stake: returned to its owner",
} as const;

/** The line of `event`; `null` for what has its readers elsewhere. */
function lineOf(event: LedgerEvent): Line | null {
  switch (event.type) {
    case "governance-step": {
      // Single votes are in their receipts.
      if (event.step === "voted") return null;
      const {step, voters, priorValue, reason} = event;
      const fields = {proposal: formatProposal(event), votes: voters.length, priorValue, reason};
      return {text: STEPS[step], fields};
    }
    case "epoch-decided": {
      const {epoch, phase, rateBps, feesDust, issuedDust} = event.record;
      const text = event.isPaid ? "monetary: an epoch was decided and paid" : "monetary: an epoch was reckoned";
      return {text, fields: {epoch, phase, rateBps, feesDust, issuedDust}};
    }
    case "epoch-began": {
      const {type: _, ...fields} = event;
      return {text: "validators: an epoch began", fields};
    }
    case "vesting-claimed": {
      const {type: _, ...fields} = event;
      return {text: "vesting: claimed", fields};
    }
    // Pauses, receipts and payments on account are the parties' own affair.
    case "stream-stepped": {
      const {streamId, action, record, toProviderDust, toPayerDust} = event;
      const {payer, provider, budgetDust} = record;
      if (action === "open") return {text: "stream: opened", fields: {streamId, payer, provider, budgetDust}};
      return action === "close" ? {text: "stream: closed", fields: {streamId, toProviderDust, toPayerDust}} : null;
    }
    case "capsule-registered": {
      const {type: _, ...fields} = event;
      return {text: "recovery: a capsule was registered", fields};
    }
    case "stake-locked":
    case "stake-leaving":
    case "stake-returned":
    case "validator-unjailed":
    case "quorum-stake-locked":
    case "quorum-stake-releasing":
    case "quorum-stake-returned": {
      const {type, ...fields} = event;
      return {text: STAKES[type], fields};
    }
    default:
      return null;
  }
}

/** A subscriber that logs each of them once. */
export const ledgerLog =
  (log: Pick<Log, "info">) =>
  ({height, events}: BlockCommitted): void => {
    for (const event of events) {
      const line = lineOf(event);
      if (line) log.info({height, ...line.fields}, line.text);
    }
  };
