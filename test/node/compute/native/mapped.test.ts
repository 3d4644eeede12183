import {type ChildProcess, spawn} from "node:child_process";
import {closeSync, mkdtempSync, openSync, renameSync, rmSync, truncateSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {createInterface} from "node:readline/promises";
import {afterEach, beforeEach, describe, expect, onTestFinished, test} from "vitest";
import {cpuBackend} from "../../../../src/node/compute/cpu.js";
import {addonFile, bestPath} from "../../../../src/node/compute/native/addon.js";
import {NativePool} from "../../../../src/node/compute/native/pool.js";
import {NativeTable} from "../../../../src/node/compute/native/table.js";
import {nativeBackendOn} from "../../../../src/node/compute/native.js";
import {buildDag} from "../../../../src/node/ledger/mining/dag.js";
import {mixDigest} from "../../../../src/node/ledger/mining/walk.js";
import {WorkerSolver} from "../../../../src/node/mining/worker-solver.js";
import {addonOf} from "../../../support/native.js";

const HEAD_BYTES = 64;
const entries = 4_096;
const plain = buildDag({epoch: 2n, workSetRoot: new Uint8Array(32), entries});
const start = {headerHash: new Uint8Array(32).fill(1), nonce: new Uint8Array(16).fill(2)};
const starts = [start, {...start, nonce: new Uint8Array(16)}, start];
const changed = expect.objectContaining({code: "TABLE_CHANGED", hint: expect.any(String)});

let directory = "";
let file = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "qsdm-mapped-"));
  file = path.join(directory, "table");
  writeFileSync(file, Buffer.concat([new Uint8Array(HEAD_BYTES), plain, new Uint8Array(32)]));
});
afterEach(() => rmSync(directory, {recursive: true}));

function mapped(addon: ReturnType<typeof addonOf>, of = entries): NativeTable {
  const fd = openSync(file, "r");
  try {
    return new NativeTable(addon, {fd, offset: HEAD_BYTES, entries: of});
  } finally {
    closeSync(fd);
  }
}
function overwrite(): void {
  const fd = openSync(file, "r+");
  writeFileSync(fd, new Uint8Array(1));
  closeSync(fd);
}

describe("a mapped table", () => {
  test("is walked and searched to what the rules make of it, on every path", (context) => {
    const addon = addonOf(context);
    const table = mapped(addon);
    for (const [number, {missing}] of addon.paths.entries()) {
      if (missing !== null) continue;
      const backend = nativeBackendOn(addon, number);
      for (const version of [1, 2] as const)
        expect(backend.mixDigests(table, starts, version)).toEqual(
          starts.map((each) => mixDigest(plain, each, version)),
        );
      const job = {headerHash: start.headerHash, batchRoot: new Uint8Array(32), target: 1n << 250n, mix: 1} as const;
      expect(backend.solveSlice({...job, table}, start.nonce, 400)).toEqual(
        cpuBackend.solveSlice({...job, table: plain}, start.nonce, 400),
      );
    }
    // Code that is not native reads it entry by entry.
    expect(cpuBackend.mixDigests(table, [start], 1)).toEqual([mixDigest(plain, start, 1)]);
  });

  test("outlives its descriptor, and the removal or replacement of its file", (context) => {
    const addon = addonOf(context);
    const table = mapped(addon);
    writeFileSync(`${file}.new`, "other");
    renameSync(`${file}.new`, file);
    rmSync(file);
    expect(table.entryAt(entries - 1)).toEqual(plain.slice(-32));
    writeFileSync(file, "");
  });

  test.for([
    ["overwritten", overwrite],
    ["cut short", () => truncateSync(file, 4_096)],
    ["emptied", () => truncateSync(file, 0)],
  ] as const)("that was %s in use gives no result, to whoever reads it", async ([, change], context) => {
    const addon = addonOf(context);
    const [table, backend] = [mapped(addon), nativeBackendOn(addon, bestPath(addon))];
    const pool = new NativePool(addon, bestPath(addon), {threads: 1, waitingBatches: 8, waitingBytes: 2 ** 20});
    onTestFinished(() => pool.close());
    const attempts = new BigInt64Array(new SharedArrayBuffer(8));
    const job = {...start, batchRoot: new Uint8Array(32), target: 1n, mix: 1, table} as const;
    const search = pool.search(job, {start: start.nonce, attempts});
    while (Atomics.load(attempts, 0) === 0n) await new Promise((turn) => setImmediate(turn));
    change();
    await expect(search).rejects.toEqual(changed);
    expect(() => backend.mixDigests(table, starts, 1)).toThrow(changed);
    expect(() => backend.solveSlice(job, start.nonce, 100)).toThrow(changed);
    expect(() => cpuBackend.mixDigests(table, starts, 1)).toThrow(changed);
    // The threads go on with other work.
    expect(await pool.sha3([new Uint8Array(3)])).toHaveLength(1);
  });

  test("is refused where the file has fewer bytes, or is none", (context) => {
    const addon = addonOf(context);
    expect(() => mapped(addon, entries * 2)).toThrow(expect.objectContaining({code: "TABLE_UNMAPPED"}));
    const fd = openSync(directory, "r");
    onTestFinished(() => closeSync(fd));
    expect(() => new NativeTable(addon, {fd, offset: 0, entries: 1})).toThrow("cannot be mapped");
  });

  test("stays where it is: it is not sent to another thread", async (context) => {
    const solver = new WorkerSolver({threads: 0, backend: "cpu"});
    expect(() => solver.useTable(mapped(addonOf(context)))).toThrow("mapped table");
    await solver.close();
  });
});

/** A process that loads the addon alone, and maps the table. */
function processOf(script: string): {child: ChildProcess; line(): Promise<string>; ended: Promise<unknown[]>} {
  const prelude = `
    const {openSync, readFileSync} = require("node:fs");
    const addon = require(${JSON.stringify(addonFile(new URL("../../../../src/node/compute/native/addon.ts", import.meta.url).href))});
    const path = addon.paths.findLastIndex(({missing}) => missing === null);
    const map = () => addon.mapTable(openSync(${JSON.stringify(file)}, "r"), ${HEAD_BYTES}, ${entries * 32});
    const counter = new BigInt64Array(new SharedArrayBuffer(8));
    const endless = (pool, table) =>
      pool.search(1, path, table, ${entries}, 1, 1, new Uint8Array(64), new Uint8Array(32), new Uint8Array(16), counter);
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ["-e", prelude + script], {stdio: ["pipe", "pipe", "inherit"]});
  const lines = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
  const ended = new Promise<unknown[]>((resolve) => child.once("exit", (...how) => resolve(how)));
  onTestFinished(() => void child.kill("SIGKILL"));
  return {child, ended, line: async () => (await lines.next()).value as string};
}

describe("a process whose table is cut short while two threads walk it", () => {
  test("fails both searches, and goes on", async (context) => {
    addonOf(context);
    const {child, line, ended} = processOf(`
      const table = map();
      const pool = new addon.Pool(2, 8, 1e6);
      const searches = [endless(pool, table), endless(pool, table)];
      const look = () => (counter[0] > 1000n ? console.log("walking") : setTimeout(look, 5));
      look();
      Promise.allSettled(searches).then(async (ends) => {
        const {length} = await pool.hash(2, path, 0, new Uint8Array(3), Uint32Array.of(3), 32);
        console.log(ends.map(({reason}) => reason?.code).join(), length);
        process.exit(0);
      });
    `);
    expect(await line()).toBe("walking");
    truncateSync(file, 0);
    expect(await line()).toBe("NATIVE_TABLE,NATIVE_TABLE 32");
    expect(await ended).toEqual([0, null]);
    child.stdin!.end();
  });
});

describe("a bus error that is no mapping's", () => {
  test("ends the process as it would without one", async (context) => {
    addonOf(context);
    const {ended} = processOf(`const table = map(); process.kill(process.pid, "SIGBUS"); setTimeout(() => {}, 5000);`);
    expect(await ended).toEqual([null, "SIGBUS"]);
  });

  test("goes to whoever listened before", async (context) => {
    addonOf(context);
    const {line} = processOf(`
      process.on("SIGBUS", () => console.log("heard"));
      const table = map();
      process.kill(process.pid, "SIGBUS");
    `);
    expect(await line()).toBe("heard");
  });

  test("is never left to somebody who took the signal since: nothing is mapped then", async (context) => {
    addonOf(context);
    const {line} = processOf(`
      const table = map();
      process.on("SIGBUS", () => undefined);
      console.log(typeof table, typeof map());
    `);
    expect(await line()).toBe("object string");
  });
});

test("two processes that map one file have its memory once", async (context) => {
  addonOf(context);
  if (process.platform !== "linux") context.skip("only Linux says how memory is shared");
  const script = `
    const table = map();
    const all = new Uint8Array(${entries * 32});
    addon.readTable(table, 0, all);
    console.log("read");
    process.stdin.once("data", () => {
      const maps = readFileSync("/proc/self/smaps", "utf8").split(/\\n(?=[0-9a-f]+-[0-9a-f]+ )/);
      const of = maps.find((each) => each.includes(${JSON.stringify(file)}));
      console.log(/^Rss: +(\\d+)/m.exec(of)[1], /^Pss: +(\\d+)/m.exec(of)[1], /^Private_Dirty: +(\\d+)/m.exec(of)[1]);
    });
  `;
  const both = [processOf(script), processOf(script)];
  for (const {line} of both) expect(await line()).toBe("read");
  for (const {child, line} of both) {
    child.stdin!.write("now\n");
    const [rss, pss, dirty] = (await line()).split(" ").map(Number) as [number, number, number];
    expect(rss).toBeGreaterThanOrEqual((entries * 32) / 1024);
    expect(pss).toBeLessThanOrEqual(rss / 2 + 4);
    expect(dirty).toBe(0);
  }
});
