/** Runs the built program as a user does. */
import {type ChildProcess, spawn} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {onTestFinished} from "vitest";

export const BIN = fileURLToPath(new URL("../../bin/qsdm.js", import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Called with the process once it runs, for tests that send signals. */
  readonly started?: (child: ChildProcess) => void;
}

/** An empty folder that goes away with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "qsdm-cli-"));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** A command's exit status and output. Home is the working directory, and nothing of the caller's settings leaks in. */
export function qsdm(
  args: readonly string[],
  {cwd = tmpdir(), env = {}, stdin, started}: RunOptions = {},
): Promise<Ran> {
  return collect(process.execPath, [BIN, ...args], {cwd, env, stdin, started});
}

/** A line of shell in which `qsdm` is the program. */
export const shell = (line: string, {cwd = tmpdir(), env = {}, stdin}: RunOptions = {}): Promise<Ran> =>
  collect("bash", ["-c", `qsdm() { "${process.execPath}" "${BIN}" "$@"; }\n${line}`], {cwd, env, stdin});

/**
 * Lines of shell that wait for the URL that a node on --api-port 0 prints into `file`, for all that follows. A port that is chosen
 * here instead may be in use by then.
 */
export const untilUrl = (file: string): string =>
  `for try in $(seq 600); do read -r QSDM_API_URL 2>/dev/null <"${file}" && break; sleep 0.1; done; export QSDM_API_URL`;

type Spawn = Pick<RunOptions, "cwd" | "env"> & {
  readonly stdin: RunOptions["stdin"] | undefined;
  readonly started?: RunOptions["started"] | undefined;
};

function collect(program: string, args: readonly string[], {cwd, env, stdin, started}: Spawn): Promise<Ran> {
  const {PATH = ""} = process.env;
  const child = spawn(program, args, {cwd, env: {PATH, HOME: String(cwd), ...env}, stdio: "pipe"});
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => out.push(part));
  child.stderr.on("data", (part: Buffer) => err.push(part));
  started?.(child);
  // A program that never reads its input closes the pipe.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const stdoutBytes = Buffer.concat(out);
      resolve({status, stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(err).toString()});
    });
  });
}

/** The one document on standard output. Throws when it is not one line of JSON. */
export function documentIn({stdout}: Ran): {
  schema: number;
  ok: boolean;
  data: Record<string, unknown>;
  warnings: string[];
  error: {code: string; message: string; hint: string | null; details: Record<string, unknown>};
} {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  return JSON.parse(stdout);
}
