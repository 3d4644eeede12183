/** How calls and jobs of custodians fail, and whom an attempt failed by. */
import {QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {type Accusation, namedBy} from "../quorum/strict/blame.js";
import type {Members} from "../quorum/strict/members.js";
import type {Answers} from "./custodian-calls.js";

/** Refusals of one custodian that say nothing of the others. */
const UNFIT = new Set([
  "PEER_UNREACHABLE",
  "CALL_TIMEOUT",
  "STALE_EPOCH",
  "MASKS_UNKNOWN",
  "STOCK_EXHAUSTED",
  "PROGRAM_UNKNOWN",
  "STOPPING",
  "INTERNAL",
]);

/**
 * Whether all custodians refused to begin, and so used nothing. One that lost what it was to use says so by a code of its own.
 * A suspicion may come later, when all is used: what is given back is what custodians still hold.
 */
export const areRefusals = ({answers, failures}: Answers<unknown>): boolean =>
  answers.length === 0 && failures.every(({error}) => isRefusal(error) && codeOf(error) !== "STOCK_EXHAUSTED");

/** What it has no proof of a custodian refuses as well. */
const isRefusal = (error: unknown): boolean =>
  (error instanceof RuleError && error.code !== "EVALUATION_ABORTED") || codeOf(error) === "STAKE_UNPROVEN";

/**
 * Refusals by rules of a custodian's own, while others began: what it knows of a client's budget may be more than they know. It
 * is no fault of it, and K others are enough.
 */
export const refusalsIn = ({failures}: Answers<unknown>): Answers<unknown>["failures"] =>
  failures.filter(({error}) => isRefusal(error) && !UNFIT.has(codeOf(error)));

/** What an attempt is held to have failed by: one custodian's suspicion ends it for all, who then say that it left. */
export const causeOf = ({failures}: Pick<Answers<unknown>, "failures">): unknown =>
  (failures.find(({error}) => codeOf(error) === "ANOMALY_SUSPECTED") ?? failures[0])?.error;

export const codeOf = (error: unknown): string => (error instanceof QsdmError ? error.code : "INTERNAL");

/** What too few of them did, and who is known to be away. */
interface Absence {
  readonly did?: string;
  readonly away?: readonly number[];
  readonly members?: Members;
}

export const missing = (
  present: number,
  needed: number,
  {did = "take part", away = [], members}: Absence = {},
): UnavailableError => {
  const who = away.length === 0 || !members ? "" : `, without ${members.namesOf(away).join(" and ")}`;
  return new UnavailableError("CUSTODIANS_MISSING", `only ${present}/${needed} custodians ${did}${who}`, {
    details: {culprits: away},
  });
};

type Failed = Answers<unknown>["failures"][number];
const culpritsOf = ({error}: Failed): readonly number[] =>
  (error instanceof QsdmError && (error.details.culprits as number[] | undefined)) || [];

/** Whether a custodian said that one of `named` is why it failed. */
export const accuses = (failure: Failed, named: readonly number[]): boolean =>
  culpritsOf(failure).some((each) => named.includes(each));

/** Who an attempt failed by: named by enough others, unreachable, or without what the others have. */
export function blamed({k}: Members, failures: Answers<unknown>["failures"]): number[] {
  const accusations = failures.flatMap((each): Accusation[] => {
    const culprits = culpritsOf(each);
    return culprits.length > 0 ? [{by: each.place, culprits}] : [];
  });
  const unfit = failures.flatMap(({place, error}) => (UNFIT.has(codeOf(error)) ? [place] : []));
  return [...new Set([...namedBy(accusations, k), ...unfit])].sort((a, b) => a - b);
}
