/** The program as processes that are killed on their way, and how much memory each took at most. */
import {spawn} from "node:child_process";
import {randomInt} from "node:crypto";
import {readFileSync} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";

const PROGRAM = path.resolve("bin/qsdm.js");
const LOOK_EVERY_MS = 100;

export interface Ended {
  /** Null where it was killed. */
  readonly status: number | null;
  readonly out: string;
  /** Most memory that it held, as the kernel counts it. */
  readonly peakBytes: number;
}

/**
 * Runs a command to its end.
 * @param killAt kills it, without a warning, a moment after its log tells that so many hundredths are done; null lets it end
 */
export async function qsdm(words: readonly string[], killAt: number | null): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...words], {stdio: ["ignore", "pipe", "pipe"]});
  let [out, isDying, peakBytes] = ["", false, 0];
  const look = (): void => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid!));
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  child.stdout.on("data", (part) => {
    out += part;
  });
  createInterface({input: child.stderr}).on("line", (line) => {
    process.stderr.write(`  ${line}\n`);
    const done = / (\d+) %/.exec(line)?.[1];
    if (isDying || killAt === null || done === undefined || Number(done) < killAt) return;
    isDying = true;
    setTimeout(() => {
      look();
      child.kill("SIGKILL");
    }, randomInt(500));
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(looking);
  return {status, out, peakBytes};
}

/** The stand-in for a cluster, with its rows in a file. */
export async function standIn(file: string): Promise<{readonly contactPoint: string; stop(): Promise<number>}> {
  const program = path.resolve("test/migration/stand-in.ts");
  const child = spawn(process.execPath, ["--import", "tsx", program, file], {stdio: ["pipe", "pipe", "inherit"]});
  const contactPoint = await new Promise<string>((resolve, reject) => {
    createInterface({input: child.stdout}).once("line", resolve);
    child.once("exit", (status) => reject(new Error(`the stand-in ended with ${status}`)));
  });
  return {
    contactPoint,
    async stop() {
      const peak = peakOf(child.pid!);
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.stdin.end();
      await ended;
      return peak;
    },
  };
}

/** 0 for a process that has ended. */
function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
