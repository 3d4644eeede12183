/**
 * From a block's commit to the miner's work on it: the old search left, the new work fetched. Two miners run side by side on
 * one node, which shares their process: one hears of blocks from the event stream, the other asks every 500 ms.
 */
import {randomBytes} from "node:crypto";
import {setTimeout as sleep} from "node:timers/promises";
import {openBackend} from "../../src/node/compute/backend.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "../../src/node/mining/dag/builder.js";
import {OPEN_GATE} from "../../src/node/mining/idle-gate.js";
import {Miner} from "../../src/node/mining/miner.js";
import {minerNodeOf} from "../../src/node/mining/node-client.js";
import {TipFeed} from "../../src/node/mining/tip-feed.js";
import {WorkerSolver} from "../../src/node/mining/worker-solver.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";

export const name = "new tip to new search (goal: 100 ms)";

const BLOCK_MS = 400;
const RUN_MS = 20_000;
const POLL_MS = 500;

/** What a miner needs; nothing is ever found, so nothing is signed. */
async function minerOn({client}: RunningNode, signal: AbortSignal, {streams}: {streams: boolean}) {
  const backend = await openBackend("wasm");
  const solver = new WorkerSolver({threads: 1, backend: backend.name});
  const worked = new Map<bigint, number>();
  const {chainId} = await client.params();
  const wait = (ms: number, stop: AbortSignal): Promise<void> =>
    sleep(ms, undefined, {signal: stop}).catch(() => undefined);
  const node = minerNodeOf({client, chainId, tips: new TipFeed(client, signal)});
  const miner = new Miner(
    {
      address: "nobody",
      boundNodeId: null,
      batchCount: 1,
      maxProofs: null,
      forkTensorHeight: 2n ** 64n - 1n,
      pollMs: POLL_MS,
    },
    {
      nodes: [streams ? node : {...node, waitForTip: wait}],
      gate: OPEN_GATE,
      solver,
      dag: new DagBuilder(
        {...DEFAULT_DAG_OPTIONS, searches: false, threads: 0},
        {backend, cache: null, nowMs: () => performance.now()},
      ),
      claim: async () => false,
      attest: async (solution) => solution,
      randomNonce: () => new Uint8Array(randomBytes(16)),
      nowMs: () => performance.now(),
      sleep: wait,
      told: (event) => {
        if (event.type === "work" && !worked.has(event.height)) worked.set(event.height, performance.now());
      },
    },
  );
  return {worked, run: () => miner.run(signal).finally(() => solver.close())};
}

export async function run(print: (line: string) => void): Promise<void> {
  const genesis = nodeGenesis([]);
  const params = {...genesis.params, initialDifficulty: 2n ** 60n, minDifficulty: 2n ** 60n};
  const pace = {intervalMs: BLOCK_MS, minIntervalMs: BLOCK_MS};
  const node = await runTestNode(await initTestNode({...genesis, params}), {pace});
  const abort = new AbortController();
  const committed = new Map<bigint, number>();
  const looking = setInterval(() => {
    const {height} = node.node.view().head;
    if (!committed.has(height)) committed.set(height, performance.now());
  }, 1);
  const stream = await minerOn(node, abort.signal, {streams: true});
  const poll = await minerOn(node, abort.signal, {streams: false});
  const running = Promise.all([stream.run(), poll.run()]);
  await sleep(RUN_MS);
  clearInterval(looking);
  abort.abort();
  await running;
  await node.stop();
  const latencies = (worked: ReadonlyMap<bigint, number>): number[] =>
    [...worked]
      .slice(2)
      .flatMap(([height, at]) => (committed.has(height) ? [at - committed.get(height)!] : []))
      .sort((a, b) => a - b);
  const [heard, asked] = [latencies(stream.worked), latencies(poll.worked)];
  const at = (values: readonly number[], share: number): number => values[Math.floor((values.length - 1) * share)]!;
  const shown = (values: readonly number[]): string =>
    `p50 ${at(values, 0.5).toFixed(1)} ms, p99 ${at(values, 0.99).toFixed(1)} ms over ${values.length} blocks`;
  print(`from the event stream: ${shown(heard)}`);
  print(`asking every ${POLL_MS} ms: ${shown(asked)}`);
  print(`ratio of the medians: ${(at(asked, 0.5) / at(heard, 0.5)).toFixed(1)}x`);
}
