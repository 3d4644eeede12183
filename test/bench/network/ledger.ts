/**
 * P11 and P12: four validators as processes on loopback, loaded by signed transfers of as many senders, and what one write
 * takes while nothing else happens; the ledgers of others run after them on the same machine.
 */
import {closeSync, fsyncSync, openSync, writeSync} from "node:fs";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {freePorts} from "../../../src/commands/devnet/free-ports.js";
import {type NodeProcess, startNodeProcess} from "../../../src/commands/devnet/processes.js";
import {exportLocalnet} from "../../../src/commands/localnet/layout.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../../src/node/api/client.js";
import {mlDsa87, signedTransfer, TEST_CHAIN_ID, testAccount} from "../../support/accounts.js";
import {scratchDirectory} from "../../support/chain.js";
import type {Print} from "../compute/rounds.js";
import {ethereumPerSecond} from "../peers/peers.js";

/** Each sends one transfer. */
const SENDERS = Number(process.env.QSDM_BENCH_SENDERS ?? 10_000);
const VALIDATORS = 4;
/** Requests under way at a time. */
const CLIENTS = 128;
const WRITES = 20;
/** Between two writes, so that each finds the network idle: longer than it may take for any three blocks. */
const REST_MS = 1_000;
const PEER_TRANSFERS = 300;
/** Longest wait for what was acknowledged to be applied everywhere. */
const PATIENCE_MS = 300_000;

export async function ledger(print: Print): Promise<void> {
  const senders = Array.from({length: SENDERS}, (_, i) => testAccount(`bench sender ${i}`));
  const receiver = testAccount("bench receiver").address;
  // The most that a genesis provides for is 10,000 accounts: the first sender writes on the idle network, too.
  const probe = senders[0]!;
  const directory = scratchDirectory();
  const ports = await freePorts(VALIDATORS);
  await exportLocalnet({
    ...{directory, network: "dev", chainId: TEST_CHAIN_ID, params: [], timeMs: BigInt(Date.now())},
    seats: ports.map((port) => ({account: probe.address, host: "127.0.0.1", port})),
    allocations: senders.map(({address: to}) => ({to, amountDust: 1_000_000n})),
  });
  const nodes: NodeProcess[] = [];
  const clients: Client[] = [];
  try {
    for (let i = 0; i < VALIDATORS; i++) {
      const configPath = path.join(directory, `validator-${i}`, "config.toml");
      nodes.push(
        await startNodeProcess({name: `validator-${i}`, configPath, apiPort: 0, logLevel: "error", log: print}),
      );
    }
    clients.push(...nodes.map(({url}) => createClient({...CLIENT_DEFAULTS, url})));
    await until(async () =>
      (await statuses(clients)).every(({peers, chainTip}) => peers === VALIDATORS - 1 && chainTip > 0n),
    );
    const idle = await Promise.all(nodes.map(costOf));
    const latencies = await writes(clients[0]!, {probe, receiver});
    const busy = await Promise.all(nodes.map(costOf));
    const at = (share: number): string => `${latencies[Math.ceil(latencies.length * share) - 1]!.toFixed(0)} ms`;
    print(`P12 write to final on an idle network: p50 ${at(0.5)}, p99 ${at(0.99)} of ${WRITES}`);
    const ofBlock = busy.map((each, i) => (each.cpuMs - idle[i]!.cpuMs) / (each.height - idle[i]!.height));
    print(`  of each node for a block: ${ofBlock.map((ms) => ms.toFixed(1)).join(", ")} ms of CPU`);
    print(
      `  goals: 12 ms and 40 ms; a write waits for 16 disk flushes, ${flushMs(directory).toFixed(2)} ms each here: three up to` +
        " its batch's certificate, four of each of three blocks, and one of the commit",
    );
    const transfers = senders.map((sender, i) =>
      signedTransfer(sender, {to: receiver, amountDust: 1n, nonce: i === 0 ? BigInt(WRITES) : 0n}),
    );
    const before = await Promise.all(nodes.map(costOf));
    const perSecond = await load(clients, transfers, {receiver, before: BigInt(WRITES)});
    const after = await Promise.all(nodes.map(costOf));
    print(`P11 ${SENDERS} senders, ${mlDsa87.name}, durable, applied by all four: ${perSecond.toFixed(0)}/s`);
    const spent = (name: keyof Cost): string =>
      after.map((each, i) => ((each[name] - before[i]![name]) / SENDERS).toFixed(2)).join(", ");
    print(`  of each node for a transfer: ${spent("checks")} signature checks, ${spent("cpuMs")} ms of CPU`);
    for (const [peer, goal] of [
      ["anvil", 3],
      ["ganache", 15],
      ["vm", 12],
    ] as const) {
      const theirs = ethereumPerSecond(peer, PEER_TRANSFERS);
      const label = peer === "vm" ? "@ethereumjs/vm runTx" : peer;
      if (typeof theirs === "string") print(`  ${label}: missing, ${theirs}`);
      else
        print(`  ${label}, one node: ${theirs.toFixed(0)}/s, ours ${(perSecond / theirs).toFixed(2)}x (goal ${goal}x)`);
    }
  } finally {
    for (const client of clients) await client.close();
    for (const node of nodes.reverse()) await node.stop();
  }
}

const statuses = (clients: readonly Client[]) => Promise.all(clients.map((client) => client.status()));

/** Milliseconds of each write until its receipt is there, ascending. */
async function writes(
  client: Client,
  {probe, receiver}: {probe: ReturnType<typeof testAccount>; receiver: string},
): Promise<number[]> {
  const out: number[] = [];
  for (let nonce = 0n; nonce < WRITES; nonce++) {
    const body = signedTransfer(probe, {to: receiver, amountDust: 1n, nonce});
    const start = performance.now();
    const {txId} = await client.submit({body});
    await until(async () => (await client.transaction({txId})).receipt !== null, 2);
    out.push(performance.now() - start);
    await sleep(REST_MS);
  }
  return out.sort((a, b) => a - b);
}

/** Transfers per second, from the first that is sent to the last that every node has applied. */
async function load(
  clients: readonly Client[],
  transfers: readonly Uint8Array[],
  {receiver, before}: {receiver: string; before: bigint},
): Promise<number> {
  const wanted = before + BigInt(transfers.length);
  const start = performance.now();
  let next = 0;
  const send = async (): Promise<void> => {
    for (let at = next++; at < transfers.length; at = next++)
      await clients[at % clients.length]!.submit({body: transfers[at]!});
  };
  await Promise.all(Array.from({length: CLIENTS}, send));
  for (const client of clients)
    await until(async () => ((await client.balance({address: receiver})).balanceDust ?? 0n) >= wanted);
  return (transfers.length * 1_000) / (performance.now() - start);
}

async function until(holds: () => Promise<boolean>, pauseMs = 50): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${PATIENCE_MS} ms`);
    await sleep(pauseMs);
  }
}

/** Median milliseconds until a page that was written is on disk. */
function flushMs(directory: string): number {
  const file = openSync(path.join(directory, "flush"), "w");
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({length: 51}, (_, i) => {
    const start = performance.now();
    writeSync(file, page, 0, page.length, i * page.length);
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return times.sort((a, b) => a - b)[25]!;
}

/** What a node has spent since it started. */
interface Cost {
  readonly checks: number;
  readonly cpuMs: number;
  readonly height: number;
}

async function costOf({url}: NodeProcess): Promise<Cost> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sample = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  return {
    checks: sample("qsdm_signatures_checked_total"),
    cpuMs: 1_000 * sample("process_cpu_seconds_total"),
    height: sample("qsdm_chain_height"),
  };
}
