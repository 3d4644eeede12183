/** Checks of services that run: one after the other, each timed, and each passed, failed or skipped with a reason. */
import {QsdmError, RuleError} from "../../../errors.js";
import type {Io} from "../../io.js";

/** Behaviours that the reference tests on live services, by its numbers, and one of this program's own. */
export const BEHAVIOURS = {
  "154": "K - 1 approvals leave a program pending",
  "155": "a forged approval is refused",
  "156": "a pending program is not evaluated",
  "157": "K shares give what is shared",
  "158": "fewer do not",
  "159": "K approvals make it active",
  "160": "all custodians agree, and the result is right",
  "161": "a budget of three is refused the fourth evaluation",
  "162": "another identity has a budget of its own",
  "163": "a rate of two a minute is refused the third evaluation",
  "164": "the audit log is intact",
  "165": "the log has evaluations that were done and that were refused",
  "166": "the whole workflow is in the log, in its order",
  away: "with a custodian away evaluations go on, and with it back too",
} as const;
export type Behaviour = keyof typeof BEHAVIOURS;

export interface Check {
  readonly behaviour: Behaviour;
  /** @throws CheckSkipped, and whatever is wrong */
  run(): Promise<void>;
}

export interface Checked {
  readonly check: Behaviour;
  readonly does: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly ms: number;
  readonly reason: string | null;
}

/** Why a check cannot be made here. */
export class CheckSkipped extends Error {}

/** @throws RuleError CHECK_FAILED */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RuleError("CHECK_FAILED", otherwise);
}

/** @throws RuleError CHECK_FAILED where `work` is done, or refused for another reason */
export async function expectRefusal(
  work: Promise<unknown>,
  isRight: (error: QsdmError) => boolean,
  as: string,
): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof QsdmError && isRight(error)) return;
    throw error;
  }
  throw new RuleError("CHECK_FAILED", `it was done, and should have been refused: ${as}`);
}

/** An evaluation more for what was refilled while the others ran: a rate of `perMinute` counts by the minute. */
export async function expectRate(
  perMinute: number,
  io: Io,
  evaluate: () => Promise<unknown>,
  isRight: (error: QsdmError) => boolean,
) {
  const startMs = io.host.now();
  const allowed = (): number => perMinute + Math.floor(((io.host.now() - startMs) * perMinute) / 60_000);
  for (let done = 0; ; done++) {
    try {
      await evaluate();
    } catch (error) {
      if (!(error instanceof QsdmError && isRight(error))) throw error;
      return expectThat(done >= perMinute, `refused after ${done} evaluations, ${perMinute} a minute are allowed`);
    }
    expectThat(done < allowed(), `${done + 1} evaluations were done, ${perMinute} a minute are allowed`);
  }
}

/** Makes the checks, in order. What one leaves undone the next find out. */
export async function runChecks(io: Io, checks: readonly Check[]): Promise<readonly Checked[]> {
  const progress = io.progress(`making ${checks.length} checks`);
  const all: Checked[] = [];
  try {
    for (const {behaviour, run} of checks) {
      const does = BEHAVIOURS[behaviour];
      progress.tick(`${behaviour}: ${does}`);
      const startMs = performance.now();
      const {outcome, reason} = await outcomeOf(io, run);
      const checked = {check: behaviour, does, outcome, ms: Math.round(performance.now() - startMs), reason};
      all.push(checked);
      progress.log(`${behaviour} ${outcome} in ${checked.ms} ms: ${does}${reason === null ? "" : `; ${reason}`}`);
    }
  } finally {
    progress.done();
  }
  return all;
}

async function outcomeOf(io: Io, run: () => Promise<void>): Promise<Pick<Checked, "outcome" | "reason">> {
  try {
    await run();
    return {outcome: "passed", reason: null};
  } catch (error) {
    io.signal.throwIfAborted();
    if (error instanceof CheckSkipped) return {outcome: "skipped", reason: error.message};
    if (error instanceof QsdmError) return {outcome: "failed", reason: `${error.message} (${error.code})`};
    throw error;
  }
}
