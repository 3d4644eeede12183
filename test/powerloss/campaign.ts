/** Spreads the states of a campaign over processes that live as long as it does. */
import {type ChildProcess, fork} from "node:child_process";
import {once} from "node:events";
import path from "node:path";
import {allOf, type CheckResult, type Range} from "./check.js";
import type {Answer, Task} from "./job.js";
import {type Recorded, readRecording} from "./recording.js";
import {WORKLOADS} from "./recordings.js";

/** Moments of a recording that are one task. */
const RANGE_POINTS = 250;
/** States that are looked for besides: what two ranges both come to counts once. */
const BESIDES = 1.02;

export interface CampaignOptions {
  readonly seed: number;
  readonly scratch: string;
  /** Told of each part that is done. */
  progress(name: string, states: number): void;
}

export class Campaign {
  readonly #jobs: ChildProcess[];
  #isStopped = false;

  constructor(
    jobs: number,
    private readonly options: CampaignOptions,
  ) {
    this.#jobs = Array.from({length: jobs}, startJob);
  }

  /** Checks so many states of a recording, or all that there are, or as many as until it is stopped. */
  async check(name: string, recorded: Recorded, states: number): Promise<CheckResult> {
    const [from, to] = allOf(readRecording(WORKLOADS[name]!, recorded));
    const ranges: Range[] = [];
    for (let at = from; at < to; at += RANGE_POINTS) ranges.push([at, Math.min(to, at + RANGE_POINTS)]);
    const {seed, scratch, progress} = this.options;
    let [points, left, missing] = [0, to - from, BESIDES * states];
    const [all, found] = [new Set<string>(), new Set<string>()];
    const violations: CheckResult["violations"][number][] = [];
    const work = async (at: number): Promise<void> => {
      for (let range = ranges.shift(); range && !this.#isStopped; range = ranges.shift()) {
        // What one range has too few of, later ones look for.
        const length = range[1] - range[0];
        const share = Math.ceil((Math.max(0, missing) * length) / left);
        left -= length;
        missing -= share;
        const task = {name, recorded, range, seed, states: share, scratch: path.join(scratch, `job-${at}`)};
        const answer = await ask(this.#jobs[at]!, task);
        if ("failed" in answer) {
          // The others go on; a process that ended is no use any more.
          violations.push({point: range[0], what: `calls to ${range[1]}: ${answer.failed}`, fates: []});
          if (!this.#jobs[at]!.connected) this.#jobs[at] = startJob();
          continue;
        }
        const {result} = answer;
        missing += share - result.states.length;
        points += result.points;
        for (const each of result.states) all.add(each);
        for (const each of result.found) found.add(each);
        violations.push(...result.violations);
        progress(name, all.size);
      }
    };
    await Promise.all(this.#jobs.map((_, at) => work(at)));
    return {points, states: [...all], found: [...found], violations};
  }

  /** Begins no further task. */
  stop(): void {
    this.#isStopped = true;
  }

  close(): void {
    for (const job of this.#jobs) if (job.connected) job.disconnect();
  }
}

const startJob = (): ChildProcess => fork(path.resolve(import.meta.dirname, "job.ts"), {execArgv: ["--import", "tsx"]});

async function ask(job: ChildProcess, task: Task): Promise<Answer> {
  const over = new AbortController();
  const answered = once(job, "message", over).then(([answer]) => answer as Answer);
  const ended = once(job, "exit", over).then(([code, signal]): Answer => ({failed: `it ended with ${code ?? signal}`}));
  job.send(task);
  const answer = await Promise.race([answered, ended]);
  for (const each of [answered, ended]) each.catch(() => {});
  over.abort();
  return answer;
}
