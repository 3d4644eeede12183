/** A process of a campaign: checks one range of one recording after the other, as `campaign.ts` tells it. */
import {type CheckResult, checkRecording, type Range} from "./check.js";
import {type Recorded, readRecording} from "./recording.js";
import {WORKLOADS} from "./recordings.js";

export interface Task {
  readonly name: string;
  readonly recorded: Recorded;
  readonly range: Range;
  readonly seed: number;
  readonly states: number;
  readonly scratch: string;
}

export type Answer = {readonly result: CheckResult} | {readonly failed: string};

async function answer({name, recorded, ...options}: Task): Promise<Answer> {
  try {
    return {result: await checkRecording(readRecording(WORKLOADS[name]!, recorded), options)};
  } catch (error) {
    return {failed: error instanceof Error ? (error.stack ?? error.message) : String(error)};
  }
}

// Whoever interrupts means the campaign, which lets this end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", async (task: Task) => {
  process.send!(await answer(task));
});
