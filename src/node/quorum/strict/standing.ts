/** Whether a program may run now, as one custodian sees it: by whose word, and against whose. */
import {equalBytes} from "../../../codecs/bytes.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {RuleError} from "../../../errors.js";
import type {Members} from "./members.js";
import {organisationsMissing, organisationsNeeded} from "./organisations.js";
import type {StrictStore} from "./store.js";

export interface Standing {
  /** Custodians whose approval holds. */
  readonly approvals: number;
  /** Organisations that an approval is still to come from. */
  readonly organisationsMissing: number;
  /** Custodians who took their word back. */
  readonly withdrawals: number;
  /** One custodian that withdrew serves no more, and K end it for all. */
  readonly suspended: boolean;
  readonly active: boolean;
}

interface Watcher {
  readonly members: Members;
  readonly place: number;
  readonly store: Pick<StrictStore, "approvals" | "withdrawals">;
}

/** Approvals and withdrawals were checked when they came; those of another roster say nothing. */
export function standingOf(program: ProgramPackage, {members, place, store}: Watcher, nowMs: number): Standing {
  const {programId} = program;
  const ours = <T extends {readonly content: {readonly roster: Uint8Array}}>(all: readonly T[]): readonly T[] =>
    all.filter(({content}) => equalBytes(content.roster, members.digest));
  const against = ours(store.withdrawals(programId)).filter(({content}) => content.withdrawn);
  const withdrawn = new Set(against.map(({content}) => content.custodian));
  const valid = ours(store.approvals(programId)).filter(({content}) => content.notAfterMs >= BigInt(nowMs));
  const approved = new Set(valid.map(({content}) => content.custodian).filter((each) => !withdrawn.has(each)));
  const missing = organisationsMissing(organisationsNeeded(program, members.roster), members.servicesAt([...approved]));
  const suspended = withdrawn.has(place) || withdrawn.size >= members.k;
  return {
    ...{approvals: approved.size, organisationsMissing: missing, withdrawals: withdrawn.size, suspended},
    active: !suspended && approved.size >= members.k && missing === 0,
  };
}

/** @throws RuleError PROGRAM_INACTIVE, PROGRAM_SUSPENDED */
export function checkActive({programId}: ProgramPackage, standing: Standing, k: number): void {
  const {active, suspended, approvals, organisationsMissing: missing, withdrawals} = standing;
  if (active) return;
  if (suspended)
    throw new RuleError("PROGRAM_SUSPENDED", `${withdrawals} custodians suspended program ${programId}`, {
      hint: "qsdm quorum suspend --resume gives a custodian's word again",
    });
  const of = missing > 0 ? ", and of more organisations than gave one" : "";
  throw new RuleError("PROGRAM_INACTIVE", `program ${programId} needs ${k} approvals that have not expired${of}`, {
    hint:
      missing > 0
        ? `${approvals} are there; organisations that are still to give one: ${missing}; qsdm quorum approve does`
        : "qsdm quorum approve gives one",
    details: {approvals, organisations_missing: missing},
  });
}
