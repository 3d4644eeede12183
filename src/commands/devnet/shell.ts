/** Runs this program's own command lines as child processes, and shows them as they would be typed. */
import {spawn} from "node:child_process";
import {existsSync} from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {concat, textOf} from "../../codecs/bytes.js";
import {InvariantError, UnavailableError} from "../../errors.js";
import type {Io} from "../io.js";
import {shellWord} from "../shell-word.js";

/** Where and for whom commands run. */
export interface Shell {
  readonly io: Io;
  /** Working directory, so that the lines shown stay short. */
  readonly cwd: string;
  /** Variables on top of the process's own. */
  readonly env: Readonly<Record<string, string>>;
}

type Words = readonly string[];

/** The program's entry point, found upwards from this file: the bundle and the sources lie at different depths. */
export function programPath(): string {
  for (let directory = path.dirname(fileURLToPath(import.meta.url)); ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, "bin", "qsdm.js");
    if (existsSync(candidate)) return candidate;
    if (directory === path.dirname(directory)) throw new InvariantError("bin/qsdm.js is not above this file");
  }
}

/**
 * Runs `qsdm words`, or several joined by pipes, and shows the line and its output.
 * @returns standard output of the last one
 * @throws UnavailableError TOUR_STEP_FAILED when a command fails
 */
export async function show(shell: Shell, ...pipeline: readonly Words[]): Promise<string> {
  const line = pipeline.map((words) => ["qsdm", ...words.map(shellWord)].join(" ")).join(" | ");
  shell.io.event({event: "command", line}, `$ ${line}`);
  const output = textOf(await quietly(shell, ...pipeline));
  const lines = output.split("\n").filter((each) => each !== "");
  shell.io.event(
    {event: "output", lines},
    lines.map((each) => `  ${shorten(each)}`.split("\t")),
  );
  return output.trim();
}

/** The same without showing anything; the raw bytes of the last command. */
export async function quietly({cwd, env, io}: Shell, ...pipeline: readonly Words[]): Promise<Uint8Array> {
  let input: Uint8Array = new Uint8Array();
  for (const words of pipeline) {
    const done = await runOne(words, {cwd, env, signal: io.signal, input});
    if (done.status !== 0)
      throw new UnavailableError("TOUR_STEP_FAILED", `qsdm ${words.join(" ")} ended with status ${done.status}`, {
        hint: done.stderr.trim().split("\n").at(0) ?? "",
      });
    input = done.stdout;
  }
  return input;
}

interface Done {
  readonly status: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

function runOne(
  words: Words,
  {cwd, env, signal, input}: {cwd: string; env: Shell["env"]; signal: AbortSignal; input: Uint8Array},
): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programPath(), ...words], {cwd, signal, env: {...process.env, ...env}});
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    child.stdout.on("data", (part) => stdout.push(part));
    child.stderr.on("data", (part) => stderr.push(part));
    child.on("error", reject);
    child.on("close", (status) => resolve({status, stdout: concat(...stdout), stderr: textOf(concat(...stderr))}));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

const shorten = (line: string): string => (line.length > 200 ? `${line.slice(0, 197)}...` : line);
