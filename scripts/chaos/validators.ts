/** Validators as processes: started, killed, paused and started again on what they left. */
import {type ChildProcess, spawn} from "node:child_process";
import {createWriteStream} from "node:fs";
import {copyFile} from "node:fs/promises";
import path from "node:path";
import {createInterface} from "node:readline";
import {setTimeout as sleep} from "node:timers/promises";
import {fileURLToPath} from "node:url";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {exportLocalnet} from "../../src/commands/localnet/layout.js";
import {type Client, createClient} from "../../src/node/api/client.js";
import {formatEndpoint} from "../../src/node/network/address.js";
import type {Wires} from "./wires.js";

export const QSDM = fileURLToPath(new URL("../../bin/qsdm.js", import.meta.url));
/** A place that others may be told of and where nobody is: what they know of each other is the wires alone. */
const NOWHERE = "127.0.0.1:9";
const ANSWER_MS = 3_000;
const START_MS = 60_000;

export interface Validator {
  readonly index: number;
  readonly url: string;
  readonly client: Client;
  readonly dataDir: string;
  /** Whether it should be running now. */
  readonly up: boolean;
  start(): Promise<void>;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** In order. @returns its exit status */
  stop(): Promise<number | null>;
}

export interface ValidatorsPlan {
  readonly count: number;
  readonly directory: string;
  readonly chainId: string;
  readonly allocations: Genesis["allocations"];
  readonly authorities?: readonly string[];
  readonly account: string;
  readonly wires: Wires;
  readonly logLevel: string;
  /** Hears of a validator that ended by itself. */
  ended(index: number, how: string): void;
}

/** Keys, configuration and a genesis for each; nothing runs yet. */
export async function prepareValidators(plan: ValidatorsPlan): Promise<readonly Validator[]> {
  const {count, wires, directory, account, chainId, allocations} = plan;
  const seats = Array.from({length: count}, (_, i) => ({account, ...wires.listen(i)}));
  const timeMs = BigInt(Date.now());
  const {validators} = await exportLocalnet({
    directory,
    network: "dev",
    chainId,
    seats,
    allocations,
    authorities: plan.authorities ?? [],
    params: [],
    timeMs,
  });
  await copyFile(path.join(directory, "validator-0", "node", "genesis.json"), path.join(directory, "genesis.json"));
  return validators.map(({configPath}, i) => {
    const peers = validators.flatMap(({endpoint}, to) =>
      to === i ? [] : ["--peer", formatEndpoint({...endpoint, ...wires.route(i, to)})],
    );
    return new Process(plan, i, ["--config", configPath, ...peers]);
  });
}

class Process implements Validator {
  readonly url: string;
  readonly client: Client;
  readonly dataDir: string;
  #child: ChildProcess | null = null;
  #gone: Promise<number | null> = Promise.resolve(null);

  constructor(
    private readonly plan: ValidatorsPlan,
    readonly index: number,
    private readonly own: readonly string[],
  ) {
    const {host, port} = plan.wires.api(index);
    this.dataDir = path.join(plan.directory, `validator-${index}`, "node");
    this.url = `http://${host}:${port}`;
    this.client = createClient({url: this.url, timeoutMs: ANSWER_MS, maxAnswerBytes: 32 * 1024 * 1024});
  }

  get up(): boolean {
    return this.#child !== null;
  }

  async start(): Promise<void> {
    const {wires, directory, logLevel, ended} = this.plan;
    const {host, port} = wires.api(this.index);
    const limits = ["--rate-limit", "0", "--sender-limit", "0", "--block-interval", "1s", "--log-level", logLevel];
    const reach = ["--announce", NOWHERE, "--no-dht", "--api-host", host, "--api-port", `${port}`];
    const words = [QSDM, "node", "run", ...this.own, ...limits, ...reach, "--json"];
    const [program, ...rest] = [...wires.wrap(this.index), process.execPath, ...words];
    const child = spawn(program!, rest, {stdio: ["ignore", "pipe", "pipe"]});
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    this.#child = child;
    child.stderr!.pipe(createWriteStream(path.join(directory, `validator-${this.index}.log`), {flags: "a"}));
    this.#gone = new Promise((resolve) => {
      child.once("close", (status, signal) => {
        process.off("exit", kill);
        if (this.#child === child) ended(this.index, signal ?? `status ${status}`);
        resolve(status);
      });
    });
    const started = new Promise<void>((resolve) => {
      createInterface({input: child.stdout!}).on("line", (line) => {
        if (line.includes('"started"')) resolve();
      });
    });
    await Promise.race([started, this.#gone, sleep(START_MS, undefined, {ref: false})]);
  }

  async signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    const child = this.#child!;
    if (name === "SIGKILL") this.#child = null;
    child.kill(name);
    if (name === "SIGKILL") await this.#gone;
  }

  async stop(): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGTERM");
    const status = await this.#gone;
    await this.client.close();
    return status;
  }
}
