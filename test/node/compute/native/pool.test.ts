import {spawnSync} from "node:child_process";
import {createHash} from "node:crypto";
import {fileURLToPath} from "node:url";
import fc from "fast-check";
import {describe, expect, onTestFinished, type TestContext, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {addonFile, bestPath} from "../../../../src/node/compute/native/addon.js";
import {NativePool} from "../../../../src/node/compute/native/pool.js";
import type {PoolOptions} from "../../../../src/node/compute/pool.js";
import {buildDag} from "../../../../src/node/ledger/mining/dag.js";
import {addonOf} from "../../../support/native.js";

const plainTable = buildDag({epoch: 0n, workSetRoot: new Uint8Array(32), entries: 64});
const table = new Uint8Array(new SharedArrayBuffer(plainTable.length));
table.set(plainTable);

function open(context: TestContext, options: Partial<PoolOptions> = {}): NativePool {
  const addon = addonOf(context);
  const pool = new NativePool(addon, bestPath(addon), {
    ...{threads: 1, waitingBatches: 8, waitingBytes: 2 ** 20},
    ...options,
  });
  onTestFinished(() => pool.close().catch(() => undefined));
  return pool;
}

const counter = () => new BigInt64Array(new SharedArrayBuffer(8));
/** Searches for what is not there. */
function endless(pool: NativePool, signal?: AbortSignal, attempts = counter()) {
  const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: 1n, table, mix: 1 as const};
  return pool.search(job, {start: new Uint8Array(16), attempts}, signal);
}
const started = async (attempts: BigInt64Array): Promise<void> => {
  while (Atomics.load(attempts, 0) === 0n) await new Promise((resolve) => setImmediate(resolve));
};
const refusal = (code: string) => expect.objectContaining({code, hint: expect.any(String)});

test("batches on two threads come back as OpenSSL hashes them, each to its caller", async (context) => {
  const pool = open(context, {threads: 2, waitingBatches: 100});
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 20}), {maxLength: 20}),
      async (batches) => {
        const digests = await Promise.all(batches.map((messages) => pool.sha3(messages)));
        const expected = batches.map((messages) =>
          messages.map((message) => createHash("sha3-256").update(message).digest("hex")),
        );
        expect(digests.map((each) => each.map(hexOf))).toEqual(expected);
      },
    ),
    {numRuns: 20},
  );
});

test("a batch of more messages than a thread hashes in one go is whole", async (context) => {
  const messages = Array.from({length: 2_500}, (_, i) => Uint8Array.of(i & 255, i >> 8, ...new Uint8Array(i % 200)));
  const digests = await open(context).sha3(messages);
  for (const [i, message] of messages.entries())
    expect(hexOf(digests[i]!)).toBe(createHash("sha3-256").update(message).digest("hex"));
});

test("what the caller does to its arrays afterwards changes nothing", async (context) => {
  const pool = open(context);
  const message = new Uint8Array(100).fill(1);
  const digest = pool.sha3([message]);
  message.fill(2);
  structuredClone(message.buffer, {transfer: [message.buffer]});
  expect((await digest).map(hexOf)).toEqual([createHash("sha3-256").update(new Uint8Array(100).fill(1)).digest("hex")]);
});

test("threads work while the caller's stands still", async (context) => {
  const pool = open(context);
  const abort = new AbortController();
  const attempts = counter();
  const search = endless(pool, abort.signal, attempts);
  await started(attempts);
  const before = Atomics.load(attempts, 0);
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 600 && Atomics.load(attempts, 0) === before; tries++) Atomics.wait(still, 0, 0, 50);
  expect(Atomics.load(attempts, 0)).toBeGreaterThan(before);
  abort.abort();
  await expect(search).rejects.toThrow();
});

describe("a full pool refuses", () => {
  test("one batch more than may wait, and takes it again once there is room", async (context) => {
    const pool = open(context, {waitingBatches: 2});
    const abort = new AbortController();
    const attempts = counter();
    const running = endless(pool, abort.signal, attempts);
    await started(attempts);
    const waiting = [pool.sha3([new Uint8Array(1)]), pool.sha3([new Uint8Array(2)])];
    await expect(pool.sha3([new Uint8Array(3)])).rejects.toThrow(refusal("COMPUTE_BUSY"));
    abort.abort();
    await expect(running).rejects.toThrow();
    expect((await Promise.all(waiting)).length).toBe(2);
    expect((await pool.sha3([new Uint8Array(3)])).length).toBe(1);
  });

  test("more bytes than may wait", async (context) => {
    const pool = open(context, {waitingBytes: 1_000});
    await expect(pool.sha3([new Uint8Array(1_000)])).rejects.toThrow(refusal("COMPUTE_BUSY"));
    expect((await pool.sha3([new Uint8Array(100)])).length).toBe(1);
  });
});

describe("a signal", () => {
  test("ends a search that runs, with its reason", async (context) => {
    const abort = new AbortController();
    const attempts = counter();
    const search = endless(open(context), abort.signal, attempts);
    await started(attempts);
    abort.abort(new Error("a new tip"));
    await expect(search).rejects.toThrow("a new tip");
    const stopped = Atomics.load(attempts, 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(Atomics.load(attempts, 0)).toBe(stopped);
  });

  test("takes a batch that waits out of the queue, and leaves the others", async (context) => {
    const pool = open(context, {waitingBatches: 2});
    const [first, second] = [new AbortController(), new AbortController()];
    const attempts = counter();
    const running = endless(pool, first.signal, attempts);
    await started(attempts);
    const taken = pool.sha3([new Uint8Array(1)], second.signal);
    const left = pool.sha3([new Uint8Array(2)]);
    second.abort(new Error("not any more"));
    await expect(taken).rejects.toThrow("not any more");
    // Its place is free, though the thread is still busy.
    const another = pool.sha3([new Uint8Array(3)]);
    first.abort();
    await expect(running).rejects.toThrow();
    expect((await left).length + (await another).length).toBe(2);
  });

  test("that has aborted begins nothing", async (context) => {
    await expect(open(context).sha3([], AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  });
});

test("closing ends what runs and what waits, and what comes later is refused", async (context) => {
  const pool = open(context);
  const attempts = counter();
  const running = endless(pool, undefined, attempts);
  await started(attempts);
  const waiting = pool.sha3([new Uint8Array(1)]);
  const ends = Promise.allSettled([running, waiting]);
  await pool.close();
  for (const end of await ends) expect(end).toMatchObject({status: "rejected", reason: {code: "COMPUTE_CLOSED"}});
  await expect(pool.sha3([])).rejects.toThrow(refusal("COMPUTE_CLOSED"));
  await expect(pool.close()).rejects.toThrow(refusal("COMPUTE_CLOSED"));
});

describe("the addon's pool refuses", () => {
  test.for([
    ["no threads", [0, 1, 1]],
    ["no room", [1, 0, 1]],
    ["more threads than a machine has", [100_000, 1, 1]],
  ] as const)("%s", ([, [threads, jobs, bytes]], context) => {
    const {Pool} = addonOf(context);
    expect(() => new Pool(threads, jobs, bytes)).toThrow(expect.objectContaining({code: "NATIVE_ARGUMENT"}));
  });

  test("a table and a counter that JavaScript could take away, and an object that is none", async (context) => {
    const {Pool} = addonOf(context);
    const pool = new Pool(1, 1, 1_000);
    const bytes = (size: number): Uint8Array => new Uint8Array(size);
    const search = (where: Uint8Array, attempts: BigInt64Array) => () =>
      pool.search(1, 0, where, where.length / 32, 1, 1, bytes(64), bytes(32), bytes(16), attempts);
    const wrong = expect.objectContaining({code: "NATIVE_ARGUMENT"});
    expect(search(bytes(64), counter())).toThrow(wrong);
    expect(search(table, new BigInt64Array(1))).toThrow(wrong);
    expect(() => pool.hash(1, 9, 0, bytes(1), Uint32Array.of(1), 32)).toThrow(wrong);
    expect(() => pool.hash(1, 0, 0, bytes(1), Uint32Array.of(2), 32)).toThrow(wrong);
    expect(() => pool.hash.call({} as never, 1, 0, 0, bytes(1), Uint32Array.of(1), 32)).toThrow(TypeError);
    await pool.close();
  });
});

/** Runs `script` with `addon`, `endless(pool)` and `worker_threads` at hand; what it printed, once it has ended. */
function program(script: string): string {
  const file = addonFile(new URL("../../../../src/node/compute/native/addon.ts", import.meta.url).href);
  const head = `
    const addon = require(${JSON.stringify(file)});
    const table = new Uint8Array(new SharedArrayBuffer(64));
    const attempts = new BigInt64Array(new SharedArrayBuffer(8));
    const bytes = (size) => new Uint8Array(size);
    const endless = (pool) => pool.search(1, 0, table, 2, 1, 1, bytes(64), bytes(32), bytes(16), attempts);
    const started = async () => { while (!Atomics.load(attempts, 0)) await new Promise(setImmediate); };`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const done = spawnSync(process.execPath, ["-e", head + script], {cwd, encoding: "utf8", timeout: 100_000});
  expect({status: done.status, signal: done.signal, stderr: done.stderr}).toEqual({
    ...{status: 0, signal: null, stderr: ""},
  });
  return done.stdout;
}

describe("a process", () => {
  test("ends by itself with an idle pool, and not before its batches are done", (context) => {
    addonOf(context);
    const script = `new addon.Pool(2, 8, 1e6).hash(1, 0, 0, bytes(3), Uint32Array.of(3), 32).then(() => console.log("done"))`;
    expect(program(script)).toBe("done\n");
  });

  test("ends in the middle of a search", (context) => {
    addonOf(context);
    expect(program(`endless(new addon.Pool(1, 8, 1e6)); started().then(() => process.exit(0))`)).toBe("");
  });

  test("survives a worker that is ended in the middle of one", (context) => {
    addonOf(context);
    const script = `
      const {Worker, isMainThread, workerData} = require("node:worker_threads");
      const source = "const {file, table, attempts} = require('node:worker_threads').workerData; const b = (n) => new Uint8Array(n);"
        + "new (require(file).Pool)(2, 8, 1e6).search(1, 0, table, 2, 1, 1, b(64), b(32), b(16), attempts)";
      const file = ${JSON.stringify(addonFile(new URL("../../../../src/node/compute/native/addon.ts", import.meta.url).href))};
      const worker = new Worker(source, {eval: true, workerData: {file, table, attempts}});
      started().then(() => worker.terminate()).then(() => {
        const before = Atomics.load(attempts, 0);
        setTimeout(() => console.log(Atomics.load(attempts, 0) === before), 20);
      })`;
    expect(program(script)).toBe("true\n");
  });
});
