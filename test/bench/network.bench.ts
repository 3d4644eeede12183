/**
 * P11, P12 and P19: four validators as processes on loopback, loaded by signed transfers of as many senders, and what one
 * write takes while nothing else happens; the ledgers of others run after them on the same machine. How fast a fresh node
 * takes a long chain of several peers, and of one. And the CPU of a session between two nodes beside that of TLS.
 */
import {availableParallelism, loadavg} from "node:os";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {freePorts} from "../../src/commands/devnet/free-ports.js";
import {type NodeProcess, startNodeProcess} from "../../src/commands/devnet/processes.js";
import {exportLocalnet} from "../../src/commands/localnet/layout.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {loadMlKem} from "../../src/node/compute/ml-kem.js";
import {clientOf, party, serverOf, shake} from "../node/network/session/parties.js";
import {mlDsa44, mlDsa87, signedTransfer, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import type {Print} from "./compute/rounds.js";
import {ethereumPerSecond, tlsHandshakeMs} from "./peers/peers.js";
import {catchingUp} from "./sync.js";

export const name = "a network of four validators, and its sessions";

/** Each sends one transfer. */
const SENDERS = Number(process.env.QSDM_BENCH_SENDERS ?? 10_000);
const VALIDATORS = 4;
/** Requests under way at a time. */
const CLIENTS = 64;
const WRITES = 20;
const PEER_TRANSFERS = 300;
const SESSIONS = 40;
/** Longest wait for what was acknowledged to be applied everywhere. */
const PATIENCE_MS = 300_000;

export async function run(print: Print): Promise<void> {
  sessions(await loadMlKem(), print);
  await ledger(print);
  await catchingUp(print);
  print(`other programs ran beside: load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
}

/** Best of seven rounds, CPU of both ends. */
function sessions(kem: Awaited<ReturnType<typeof loadMlKem>>, print: Print): void {
  // No memory of certificates: the two have never met.
  const [client, server] = ["client", "server"].map((each) => party(each, kem, {verify: mlDsa44.verify}));
  let ours = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < SESSIONS; i++) {
      const {ends} = shake(clientOf(client!, server!.credentials.id, i), serverOf(server!, i));
      if (!ends.every(({secured}) => secured)) print("NO SESSION: nothing below counts");
    }
    const {user, system} = process.cpuUsage(before);
    ours = Math.min(ours, (user + system) / 1_000 / SESSIONS);
  }
  const theirs = tlsHandshakeMs(SESSIONS);
  print(`P19 session: ${ours.toFixed(2)} ms of CPU for both ends (${kem.name}, ${mlDsa44.name})`);
  if (typeof theirs === "string") return print(`  TLS 1.3 of Node 24, X25519MLKEM768: missing, ${theirs}`);
  print(
    `  TLS 1.3 of Node 24, X25519MLKEM768, mutual: ${theirs.toFixed(2)} ms, ours ${(ours / theirs).toFixed(2)} of it`,
  );
  print("  goal: a quarter of it");
}

async function ledger(print: Print): Promise<void> {
  const senders = Array.from({length: SENDERS}, (_, i) => testAccount(`bench sender ${i}`));
  const receiver = testAccount("bench receiver").address;
  const probe = testAccount("bench probe");
  const directory = scratchDirectory();
  const ports = await freePorts(VALIDATORS);
  await exportLocalnet({
    ...{directory, network: "dev", chainId: TEST_CHAIN_ID, params: [], timeMs: BigInt(Date.now())},
    seats: ports.map((port) => ({account: probe.address, host: "127.0.0.1", port})),
    allocations: [...senders, probe].map(({address: to}) => ({to, amountDust: 1_000_000n})),
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
    const latencies = await writes(clients[0]!, {probe, receiver});
    const at = (share: number): string => `${latencies[Math.ceil(latencies.length * share) - 1]!.toFixed(0)} ms`;
    print(`P12 write to final on an idle network: p50 ${at(0.5)}, p99 ${at(0.99)} of ${WRITES}`);
    print("  goals: 12 ms and 40 ms; blocks come no faster than the shortest interval, and a write takes three");
    const transfers = senders.map((sender) => signedTransfer(sender, {to: receiver, amountDust: 1n}));
    const perSecond = await load(clients, transfers, {receiver, before: BigInt(WRITES)});
    print(`P11 ${SENDERS} senders, ${mlDsa87.name}, durable, applied by all four: ${perSecond.toFixed(0)}/s`);
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
