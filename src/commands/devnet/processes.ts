/** Nodes as processes of their own, as a user would start them: one command line each, stopped in order. */
import {type ChildProcess, spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {UnavailableError} from "../../errors.js";
import type {LogLevel} from "../log.js";
import {programPath} from "./shell.js";

/** A node that took so long to stop is not waited for. */
const STOP_MS = 15_000;
/** Settings that would take the place of what a node's configuration says. */
const SETTLED = ["QSDM_CONFIG", "QSDM_DATA_DIR", "QSDM_LISTEN", "QSDM_PEERS", "QSDM_BOOTSTRAP"];

/** How the program begins the line that says what ended it. */
const OWN_ERROR = "qsdm: error: ";

export interface NodeProcess {
  readonly url: string;
  readonly pid: number;
  readonly peerId: string;
  /** Resolves when the process is gone, with why. */
  readonly gone: Promise<UnavailableError>;
  stop(): Promise<void>;
}

export interface NodeProcessPlan {
  readonly name: string;
  readonly configPath: string;
  readonly apiPort: number;
  readonly logLevel: LogLevel;
  /** Takes lines of the node's log. */
  log(line: string): void;
}

/** @throws UnavailableError NODE_FAILED when it ends before it serves */
export async function startNodeProcess(plan: NodeProcessPlan): Promise<NodeProcess> {
  const {configPath, apiPort, logLevel} = plan;
  const flags = ["--config", configPath, "--api-port", `${apiPort}`, "--rate-limit", "0", "--sender-limit", "0"];
  const words = ["node", "run", ...flags, "--block-interval", "1s", "--log-level", logLevel, "--json"];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTLED.includes(name)));
  // A group of its own: Ctrl-C reaches this process alone, which stops the nodes one after the other. The channel says
  // nothing; its end tells a node that this process is gone, however it went.
  const child = spawn(process.execPath, [programPath(), ...words], {
    detached: true,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = goneOf(child, plan).finally(() => process.off("exit", kill));
  const started = new Promise<Started>((resolve) => {
    // A node that fails prints a document of its own, without an event.
    createInterface({input: child.stdout!}).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "started") resolve(event);
    });
  });
  const first = await Promise.race([started, gone]);
  if (first instanceof UnavailableError) throw first;
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const timer = setTimeout(kill, STOP_MS);
    await gone;
    clearTimeout(timer);
  };
  return {url: first.url, pid: child.pid!, peerId: first.peer_id, gone, stop};
}

/** The line that `node run --json` prints when it serves. */
interface Started {
  readonly url: string;
  readonly peer_id: string;
}

function goneOf(child: ChildProcess, {name, log}: NodeProcessPlan): Promise<UnavailableError> {
  const said: string[] = [];
  createInterface({input: child.stderr!}).on("line", (line) => {
    // Its log is JSON; the rest is what the program itself says.
    if (line.startsWith("{")) log(line);
    else said.push(line);
  });
  return new Promise((resolve) => {
    const end = (how: string): void =>
      resolve(
        new UnavailableError("NODE_FAILED", `${name} ended with ${how}`, {
          hint: said.find((line) => line.startsWith(OWN_ERROR))?.slice(OWN_ERROR.length) ?? "its log says why",
        }),
      );
    child.once("error", (error) => end(error.message));
    child.once("close", (status, signal) => end(signal ?? `status ${status}`));
  });
}
