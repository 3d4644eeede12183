/** The strict profile, three custodian processes and a coordinator process on loopback; the client is this process. */
import {type ChildProcess, spawn} from "node:child_process";
import {mkdir, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import {packProgram} from "../../src/codecs/quorum/program-package.js";
import {rosterFile} from "../../src/codecs/quorum/strict/roster.js";
import {formatKeyFile} from "../../src/node/keys/key-file.js";
import {compile} from "../../src/node/quorum/language/compile.js";
import {StrictQuorum} from "../support/strict-quorum.js";

const BIN = fileURLToPath(new URL("../../bin/qsdm.js", import.meta.url));
const STOCK = 40_000;
const WARM_UP = 4_000;
const WIDTH = 4_000;
const DEPTH = 50;
const EVALUATIONS = 160;
const AT_ONCE = 16;
const LOOSE = {policy: {budgetPerIdentity: 1_000_000n, maxEvalsPerMinute: 1_000_000n}};
const programOf = (source: string) => packProgram(compile(source), LOOSE);

export interface StrictFigures {
  /** Each in the unit that its name ends with. */
  readonly verifiedPerSecond: number;
  readonly onlinePerSecond: number;
  readonly dependentMs: number;
  readonly alonePerSecond: number;
  readonly togetherPerSecond: number;
}

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

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
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
    return await measure(quorum);
  } finally {
    const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(ended);
    await quorum.stop();
  }
}

async function measure(quorum: StrictQuorum): Promise<StrictFigures> {
  const sample = programOf("input x\nconst c = 7\nadd t = x c\nmul y = t t\noutput y");
  const wide = programOf(`input x\ndot y =${" x x".repeat(WIDTH)}\noutput y`);
  const deep = programOf(`input x\npolyeval y =${" x".repeat(DEPTH + 2)}\noutput y`);
  const client = await quorum.client(0);
  const operators = await Promise.all([0, 1].map((place) => quorum.operator(place)));
  try {
    await operators[0]!.call("stock", {triples: WARM_UP, masks: 1});
    const made = await seconds(() => operators[0]!.call("stock", {triples: STOCK, masks: 0}));
    await operators[0]!.call("stock", {triples: 0, masks: 2_000});
    for (const program of [sample, wide, deep]) {
      await client.deploy(program, new Map());
      for (const operator of operators) await operator.approve(program, BigInt(Date.now() + 86_400_000));
    }
    const ask = async (program: typeof sample, count: number, x = 3n): Promise<void> => {
      for (let at = 0; at < count; at++) await client.evaluate(program, new Map([["x", x]]));
    };
    await ask(sample, 5);
    await ask(wide, 1);
    const once = await seconds(() => ask(sample, 10));
    const online = await seconds(() => ask(wide, 2));
    const chain = await seconds(() => ask(deep, 2));
    const alone = await seconds(() => ask(sample, EVALUATIONS));
    const sideBySide = (): Promise<unknown> =>
      Promise.all(Array.from({length: AT_ONCE}, () => ask(sample, EVALUATIONS / AT_ONCE)));
    await sideBySide();
    const together = await seconds(sideBySide);
    return {
      verifiedPerSecond: STOCK / made,
      onlinePerSecond: WIDTH / (online / 2 - once / 10),
      dependentMs: ((chain / 2 - once / 10) * 1_000) / (DEPTH + 1),
      alonePerSecond: EVALUATIONS / alone,
      togetherPerSecond: EVALUATIONS / together,
    };
  } finally {
    client.close();
    for (const operator of operators) operator.close();
  }
}
