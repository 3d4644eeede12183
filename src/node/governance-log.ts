/** Lines for the operator: what the authorities decided, and from when on the chain runs under it. */
import {formatProposal} from "../codecs/governance/change.js";
import type {BlockCommitted} from "./ledger/chain/events.js";
import type {Log} from "./service.js";

const LINES = {
  staged: "governance: a change has its votes",
  superseded: "governance: a change replaces one that was staged",
  activated: "governance: a change is active",
  abandoned: "governance: a proposal came to nothing",
} as const;

/** A subscriber that logs every step but single votes. */
export const governanceLog =
  (log: Pick<Log, "info">) =>
  ({height, events}: BlockCommitted): void => {
    for (const event of events) {
      if (event.type !== "governance-step" || event.step === "voted") continue;
      const {step, voters, priorValue, reason} = event;
      log.info({height, proposal: formatProposal(event), votes: voters.length, priorValue, reason}, LINES[step]);
    }
  };
