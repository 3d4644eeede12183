/** The strict profile, three custodian processes and a coordinator process on loopback; the client is this process. */
import {type ChildProcess, spawn} from "node:child_process";
import {readFileSync} from "node:fs";
import {mkdir, readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import {readNetwork} from "../../src/codecs/quorum/network.js";
import {packProgram} from "../../src/codecs/quorum/program-package.js";
import {rosterFile} from "../../src/codecs/quorum/strict/roster.js";
import {formatKeyFile} from "../../src/node/keys/key-file.js";
import {compile} from "../../src/node/quorum/language/compile.js";
import {DEFAULT_FRACTION_BITS, networkProgram} from "../../src/node/quorum/language/network.js";
import {inputNames} from "../../src/node/quorum/program/evaluate.js";
import {type Cost, costOf} from "../../src/node/quorum/verified/cost.js";
import {StrictQuorum} from "../support/strict-quorum.js";

const BIN = fileURLToPath(new URL("../../bin/qsdm.js", import.meta.url));
const NETWORK = fileURLToPath(new URL("../../docs/examples/iris/model.json", import.meta.url));
const ROUNDS = 5;
const STOCK = 40_000;
const WARM_UP = 4_000;
const WIDTH = 16_000;
const DEPTH = 50;
/** The stock that is made before is enough for these, as often as they are measured. */
const COMPARISONS = 80;
const EVALUATIONS = 320;
const AT_ONCE = 16;
/** Of the kernel's clock for processes, on every Linux that Node runs on. */
const TICK_MS = 10;
const LOOSE = {policy: {budgetPerIdentity: 1_000_000n, maxEvalsPerMinute: 1_000_000n}};
const programOf = (source: string) => packProgram(compile(source), LOOSE);
type Program = ReturnType<typeof programOf>;

/** Time for some work, and what of it all processes together computed. */
export interface Took {
  readonly seconds: number;
  /** NaN where it is not known. */
  readonly cpuSeconds: number;
}

/** Rates are of so many in a second. */
export interface StrictFigures {
  readonly verified: {readonly count: number; readonly took: Took};
  readonly online: {readonly count: number; readonly took: Took};
  readonly dependent: {readonly count: number; readonly took: Took};
  readonly comparisons: {readonly count: number; readonly triples: number; readonly took: Took};
  /** One evaluation of the network in docs/examples. */
  readonly network: {readonly weights: number; readonly cost: Cost; readonly took: Took};
  readonly together: {readonly count: number; readonly took: Took};
  /** One evaluation alone. */
  readonly alone: {readonly took: Took};
}
export const SIDE_BY_SIDE = AT_ONCE;

async function start(folder: string, name: string, args: readonly string[]): Promise<ChildProcess> {
  const files = ["--roster", join(folder, "roster"), "--key", join(folder, `${name}.key`)];
  const child = spawn(
    process.execPath,
    [BIN, "quorum", ...args, ...files, "--data-dir", join(folder, name), "--log-level", "error"],
    {stdio: ["ignore", "pipe", "inherit"]},
  );
  for await (const _ of createInterface({input: child.stdout!})) return child;
  throw new Error(`${name} ended`);
}

export async function measureStrict(): Promise<StrictFigures> {
  const quorum = await StrictQuorum.create({n: 3, k: 2});
  const {folder, keys, members} = quorum;
  await mkdir(folder, {recursive: true});
  await writeFile(join(folder, "roster"), rosterFile.encode(quorum.roster));
  const children: ChildProcess[] = [];
  try {
    for (const [at, seed] of keys.custodians.entries()) {
      await writeFile(join(folder, `c${at}.key`), formatKeyFile(seed), {mode: 0o600});
      children.push(await start(folder, `c${at}`, ["custodian"]));
    }
    await writeFile(join(folder, "coordinator.key"), formatKeyFile(keys.coordinator), {mode: 0o600});
    children.push(await start(folder, "coordinator", ["coordinator", "--triples-low", "0", "--masks-low", "0"]));
    await quorum.settled(members.n);
    return await new Measuring(children, quorum).figures();
  } finally {
    const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(ended);
    await quorum.stop();
  }
}

class Measuring {
  constructor(
    private readonly children: readonly ChildProcess[],
    private readonly quorum: StrictQuorum,
  ) {}

  async figures(): Promise<StrictFigures> {
    const client = await this.quorum.client(0);
    const operators = await Promise.all([0, 1].map((place) => this.quorum.operator(place)));
    const stock = (wanted: {triples: number; masks: number}) => operators[0]!.call("stock", wanted);
    const deployed = async (source: string, secrets: ReadonlyMap<string, bigint> = new Map()): Promise<Program> => {
      const program = programOf(source);
      await client.deploy(program, secrets);
      for (const operator of operators) await operator.approve(program, BigInt(Date.now() + 86_400_000));
      return program;
    };
    const ask = async (program: Program, count = 1): Promise<void> => {
      const inputs = new Map(inputNames(program.ir).map((name) => [name, 3n]));
      for (let at = 0; at < count; at++) await client.evaluate(program, inputs);
    };
    try {
      await stock({triples: WARM_UP, masks: 1});
      const verified = await this.#best(() => stock({triples: STOCK, masks: 0}));
      await stock({triples: 0, masks: WARM_UP});
      const sample = await deployed("input x\nconst c = 7\nadd t = x c\nmul y = t t\noutput y");
      const wide = await deployed(`input x\ndot y =${" x x".repeat(WIDTH)}\noutput y`);
      const deep = await deployed(`input x\npolyeval y =${" x".repeat(DEPTH + 2)}\noutput y`);
      await ask(sample, 20);
      const once = await this.#best(() => ask(sample));
      await ask(wide);
      const online = less(await this.#best(() => ask(wide)), once);
      await ask(deep, 5);
      const chain = less(await this.#best(() => ask(deep)), once);
      const comparing = await deployed(comparisonsOf(COMPARISONS));
      await ask(comparing);
      const comparisons = await this.#best(() => ask(comparing));
      const {source, secrets} = networkProgram(readNetwork(await readFile(NETWORK, "utf8")), DEFAULT_FRACTION_BITS);
      const network = await deployed(source, secrets);
      const cost = costOf(network.ir);
      for (let made = 0; made < (ROUNDS + 1) * cost.triples; made += STOCK) await stock({triples: STOCK, masks: 0});
      await ask(network);
      const reckoned = await this.#best(() => ask(network));
      const sideBySide = (): Promise<unknown> =>
        Promise.all(Array.from({length: AT_ONCE}, () => ask(sample, EVALUATIONS / AT_ONCE)));
      await sideBySide();
      const together = await this.#best(sideBySide);
      return {
        verified: {count: STOCK, took: verified},
        online: {count: WIDTH, took: online},
        dependent: {count: DEPTH + 1, took: chain},
        comparisons: {count: COMPARISONS, triples: costOf(comparing.ir).triples, took: comparisons},
        network: {weights: secrets.size, cost, took: reckoned},
        together: {count: EVALUATIONS, took: together},
        alone: {took: once},
      };
    } finally {
      client.close();
      for (const operator of operators) operator.close();
    }
  }

  /** Of the round that took least. */
  async #best(work: () => Promise<unknown>): Promise<Took> {
    let best: Took | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const [startMs, startCpuMs] = [performance.now(), this.#cpuMs()];
      await work();
      const seconds = (performance.now() - startMs) / 1_000;
      const cpuSeconds = (this.#cpuMs() - startCpuMs) / 1_000;
      if (!best || seconds < best.seconds) best = {seconds, cpuSeconds};
    }
    return best!;
  }

  #cpuMs(): number {
    const {user, system} = process.cpuUsage();
    return this.children.reduce((sum, {pid}) => sum + cpuMsOf(pid!), (user + system) / 1_000);
  }
}

/** User and system time of a process, of proc(5). */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return Number.NaN;
  }
}

/** Without processor time: the clock of processes is too coarse for a difference. */
const less = (whole: Took, part: Took): Took => ({seconds: whole.seconds - part.seconds, cpuSeconds: Number.NaN});

/** Comparisons of one input with as many numbers, added up. */
const comparisonsOf = (count: number): string => {
  const places = Array.from({length: count}, (_, at) => at);
  const compared = places.map((at) => `const c${at} = ${at}\nlt b${at} = x c${at}`);
  const summed = places.slice(1).map((at) => `add s${at} = ${at === 1 ? "b0" : `s${at - 1}`} b${at}`);
  return ["input x", ...compared, ...summed, `output s${count - 1}`].join("\n");
};
