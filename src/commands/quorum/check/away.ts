/** A custodian that is stopped for a while by commands of the operator's, who knows how it is run. */
import {spawn} from "node:child_process";
import {setTimeout as sleep} from "node:timers/promises";
import {QsdmError, RuleError} from "../../../errors.js";
import type {Io} from "../../io.js";
import {CheckSkipped} from "./checks.js";

export interface AwayFlags {
  readonly stopCommand?: string;
  readonly startCommand?: string;
}

const LOOK_MS = 500;
/** A pod that is scheduled anew takes its time. */
const BACK_MS = 120_000;

export class Away {
  constructor(
    private readonly io: Io,
    private readonly flags: AwayFlags,
  ) {}

  /** @throws CheckSkipped */
  check(): Required<AwayFlags> {
    const {stopCommand, startCommand} = this.flags;
    if (stopCommand !== undefined && startCommand !== undefined) return {stopCommand, startCommand};
    throw new CheckSkipped("it takes --stop-command and --start-command");
  }

  /**
   * @param name what the commands are told in QSDM_CUSTODIAN: a name of the roster, or an index
   * @param work while it is gone, and tried until it is done once it is back
   * @throws CheckSkipped where no commands were given; RuleError COMMAND_FAILED
   */
  async without(name: string, work: {gone(): Promise<unknown>; back(): Promise<unknown>}): Promise<void> {
    const {stopCommand, startCommand} = this.check();
    try {
      await this.#shell(stopCommand, name);
      await work.gone();
    } finally {
      await this.#shell(startCommand, name);
    }
    await this.#until(() => work.back());
  }

  async #until(done: () => Promise<unknown>): Promise<void> {
    for (const endMs = performance.now() + BACK_MS; ; await sleep(LOOK_MS))
      try {
        return void (await done());
      } catch (error) {
        this.io.signal.throwIfAborted();
        if (!(error instanceof QsdmError) || performance.now() > endMs) throw error;
      }
  }

  #shell(command: string, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const env = {...this.io.host.env, QSDM_CUSTODIAN: name};
      const child = spawn(command, {shell: true, stdio: ["ignore", "pipe", "pipe"], env});
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (part: Buffer) => this.io.note(part.toString().trimEnd()));
      const failed = (why: string): void => reject(new RuleError("COMMAND_FAILED", `"${command}" ${why}`));
      child.on("error", (error) => failed(error.message));
      // Not until its output is closed: what it started in the background may keep that open.
      child.on("exit", (status, signal) => (status === 0 ? resolve() : failed(`ended with ${status ?? signal}`)));
    });
  }
}
