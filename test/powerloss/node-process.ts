/** The program as a process under the preload library, and a client that keeps it busy. */
import {type ChildProcess, spawn} from "node:child_process";
import {once} from "node:events";
import {mkdirSync, readFileSync, realpathSync, rmSync} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";
import {transfer} from "../../src/codecs/chain/payloads.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {contentOf, signed, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {eventually} from "../support/node.js";
import {type Fault, preloadEnvironment} from "./preload.js";
import type {Recorded} from "./recording.js";
import {decodeTrace, type TraceOp} from "./trace.js";

export const PROGRAM = path.resolve("bin/qsdm.js");
/** Of the data directory below the root. */
export const NODE_FOLDER = "node";
/** A script of these tests that runs as a process. */
export const processOf = (name: string): string => path.resolve(import.meta.dirname, "processes", name);
const sender = testAccount("power loss");
const receiver = testAccount("receiver").address;

export interface Ended {
  readonly status: number | null;
  /** What it wrote to standard error. */
  readonly told: string;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A directory whose history is recorded, and the processes that write it. */
export class Workplace {
  readonly root: string;
  readonly #trace: string;
  readonly #running = new Set<ChildProcess>();

  /** Begins with an empty one. */
  constructor(
    private readonly library: string,
    directory: string,
  ) {
    rmSync(directory, {recursive: true, force: true});
    mkdirSync(path.join(directory, "root"), {recursive: true});
    this.root = realpathSync(path.join(directory, "root"));
    this.#trace = path.join(directory, "trace");
  }

  get ops(): TraceOp[] {
    return decodeTrace(readFileSync(this.#trace), this.root);
  }

  get dataDir(): string {
    return path.join(this.root, NODE_FOLDER);
  }

  /** Starts a command. */
  spawn(words: readonly string[], fault?: Fault): Spawned {
    return this.#spawn([PROGRAM, ...words], fault);
  }

  #spawn(words: readonly string[], fault?: Fault): Spawned {
    const {library, root} = this;
    const env = preloadEnvironment(library, {root, trace: this.#trace, ...(fault && {fault})});
    const child = spawn(process.execPath, words, {env, stdio: ["ignore", "pipe", "pipe"]});
    this.#running.add(child);
    let told = "";
    child.stderr!.on("data", (part) => {
      told += part;
    });
    const ended = once(child, "close").then(([status]) => {
      this.#running.delete(child);
      return {status, told};
    });
    return {child, ended};
  }

  /** Runs a command to its end. @throws Error when it fails */
  run(...words: string[]): Promise<void> {
    return this.#toEnd([PROGRAM, ...words]);
  }

  /** Runs a script of these tests to its end. @throws Error when it fails */
  runScript(script: string, ...words: string[]): Promise<void> {
    return this.#toEnd(["--import", "tsx", script, ...words]);
  }

  async #toEnd(words: readonly string[]): Promise<void> {
    const {child, ended} = this.#spawn(words);
    child.stdout!.resume();
    const {status, told} = await ended;
    if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${told}`);
  }

  /** Makes the data directory of a chain with a small table, on which one account can pay another. */
  init(...flags: readonly string[]): Promise<void> {
    const account = [
      "--validator-account",
      receiver,
      "--allocate",
      `${sender.address}=1000`,
      "--allocate",
      `${receiver}=1`,
    ];
    const chain = ["--chain-id", TEST_CHAIN_ID, "--param", "dagEntries=1024"];
    return this.run("node", "init", "--data-dir", this.dataDir, ...chain, ...account, ...flags);
  }

  /** Runs its node for some blocks with a payment at each look at them, and ends it. */
  async runFor(blocks: number, signal: "SIGKILL" | "SIGTERM", ...flags: readonly string[]): Promise<void> {
    const {child, client, ended} = await this.start(undefined, ...flags);
    const {chainTip: first} = await client.status();
    await payUntil(client, async () => (await client.status()).chainTip >= first + BigInt(blocks));
    await client.close();
    child.kill(signal);
    const {status, told} = await ended;
    if (signal === "SIGTERM" && status !== 0) throw new Error(`the node ended with ${status}: ${told}`);
  }

  /** Runs its node. */
  async start(fault?: Fault, ...flags: readonly string[]): Promise<RunningNode> {
    const words = ["--api-port", "0", "--block-interval", "100ms", "--log-level", "error"];
    const {child, ended} = this.spawn(["node", "run", "--data-dir", this.dataDir, ...words, ...flags], fault);
    const url = await Promise.race([
      once(createInterface({input: child.stdout!}), "line").then(([line]) => line as string),
      ended.then(({status, told}) => {
        throw new Error(`the node ended with ${status}: ${told}`);
      }),
    ]);
    return {child, ended, client: createClient({...CLIENT_DEFAULTS, url, timeoutMs: 5_000})};
  }

  /** Ends whatever still runs. */
  close(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }
}

/** Pays at each look at whether it is enough. */
export const payUntil = (client: Client, isEnough: () => Promise<boolean>): Promise<unknown> =>
  eventually(async () => {
    // Asked for each time: one that was lost on the way would leave a gap for good.
    await pay(client, (await client.nonce({sender: sender.address})).nextFree!);
    return isEnough();
  });

/** Records what `work` has processes do in a directory, which it empties, and ends them. */
export async function recordIn(
  library: string,
  directory: string,
  work: (workplace: Workplace) => Promise<Partial<Omit<Recorded, "directory">>>,
): Promise<Recorded> {
  const workplace = new Workplace(library, directory);
  try {
    return {directory, from: 0, known: "", ...(await work(workplace))};
  } finally {
    workplace.close();
  }
}

export interface RunningNode extends Spawned {
  readonly client: Client;
}

/** Pays once. */
export const pay = (client: Client, nonce: bigint): Promise<unknown> =>
  client.submit({
    body: signed(
      sender,
      contentOf(sender, {
        nonce,
        maxFeeDust: 1_000_000n,
        payload: transfer.encode({to: receiver, amountDust: 1n, memo: ""}),
      }),
    ),
  });
