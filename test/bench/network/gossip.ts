/**
 * P18: transactions of 5 KB from one of four nodes in this process to the three others, over the same sessions: in signed
 * batches as validators send them, each checked as whoever hears it does, and one gossipsub message for each as its peer.
 */
import {randomBytes} from "node:crypto";
import {setTimeout as sleep} from "node:timers/promises";
import {plain} from "../../../src/codecs/bytes.js";
import {batchHeader} from "../../../src/codecs/dag/batch.js";
import {dagMessage} from "../../../src/codecs/dag/message.js";
import {loadBackend} from "../../../src/node/compute/backend.js";
import {bodyTerms} from "../../../src/node/mempool/dag/check.js";
import type {Network} from "../../../src/node/network/port.js";
import {mlDsa44, TEST_CHAIN_ID} from "../../support/accounts.js";
import {endpointOf, startNetwork} from "../../support/libp2p.js";
import type {Print} from "../compute/rounds.js";

const NODES = 4;
const TRANSACTION_BYTES = 5_000;
/** A batch of half a megabyte. */
const IN_BATCH = 100;
const BATCHES = 40;
const PUBLISHED = 600;
/** Under way at a time: batches, and messages of gossipsub. */
const AT_ONCE = {batches: 4, messages: 64};
/** Share of its own most at which delays are taken. */
const PART = 0.3;
const PATIENCE_MS = 60_000;

const {sha3Packed: hashAll} = await loadBackend();
const hashes = hashAll ? {hashAll} : {};
const keys = mlDsa44.keygenFromSeed(new Uint8Array(32).fill(18));

export async function gossip(print: Print): Promise<void> {
  const nodes = await connectedNodes();
  try {
    const batches = Array.from({length: BATCHES}, (_, i) => batchOf(i));
    const most = await batched(nodes, batches, null);
    const calm = await batched(nodes, batches, (IN_BATCH * 1_000) / (PART * most.perSecond));
    const theirs = await published(nodes);
    const ratio = (most.perSecond / theirs.perSecond).toFixed(1);
    print(`P18 5 KB transactions to three others, in batches of ${IN_BATCH}: ${most.perSecond.toFixed(0)}/s`);
    print(
      `  gossipsub 17, one publish each: ${theirs.perSecond.toFixed(0)}/s, p50 ${ms(theirs.delays, 0.5)}; ours ${ratio}x`,
    );
    print(`  at ${PART * 100} % of the most: p50 ${ms(calm.delays, 0.5)}, p99 ${ms(calm.delays, 0.99)}`);
    print("  goals: 20x, and p99 of 50 ms");
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

const ms = (sorted: readonly number[], share: number): string =>
  `${sorted[Math.ceil(sorted.length * share) - 1]!.toFixed(0)} ms`;

async function connectedNodes(): Promise<Network[]> {
  const nodes: Network[] = [];
  for (let i = 0; i < NODES; i++) nodes.push(await startNetwork(`gossip ${i}`, {peers: nodes.map(endpointOf)}));
  await until(() => nodes.every((node) => node.peers().length === NODES - 1));
  return nodes;
}

interface Carried {
  readonly perSecond: number;
  /** Milliseconds from the first node's hands into the last one's, ascending. */
  readonly delays: readonly number[];
}

/** When what was sent had arrived at all others. */
class Arrivals {
  readonly delays: number[] = [];
  readonly #sent = new Map<string, {readonly atMs: number; left: number}>();

  sent(id: string): void {
    this.#sent.set(id, {atMs: performance.now(), left: NODES - 1});
  }

  came(id: string): void {
    const entry = this.#sent.get(id);
    if (!entry || --entry.left > 0) return;
    this.#sent.delete(id);
    this.delays.push(performance.now() - entry.atMs);
  }

  /** Begins anew. */
  forget(): void {
    this.#sent.clear();
    this.delays.length = 0;
  }

  get underWay(): number {
    return this.#sent.size;
  }
}

/** @param everyMs time from one to the next; null sends as fast as they arrive */
async function batched(
  [source, ...others]: readonly Network[],
  batches: readonly Uint8Array[],
  everyMs: number | null,
): Promise<Carried> {
  const arrivals = new Arrivals();
  for (const node of others)
    node.subscribe("batches", (bytes) => {
      const message = dagMessage.decode(bytes);
      if (message.type !== "batch") return "reject";
      const {signed, ...body} = message.batch;
      const terms = bodyTerms(body, hashes);
      const isWhole = terms.transactionsRoot === signed.header.transactionsRoot;
      if (!isWhole || !mlDsa44.verify(keys.publicKey, batchHeader.encode(signed.header), signed.signature))
        return "reject";
      arrivals.came(`${signed.header.round}`);
      return "accept";
    });
  const start = performance.now();
  for (const [at, bytes] of batches.entries()) {
    if (everyMs === null) await until(() => arrivals.underWay < AT_ONCE.batches, 1);
    else await sleep(Math.max(0, start + at * everyMs - performance.now()));
    arrivals.sent(`${at + 1}`);
    for (const {self} of others) source!.send(self, "batches", bytes);
  }
  await until(() => arrivals.underWay === 0, 1);
  return carried(arrivals, {start, count: batches.length * IN_BATCH});
}

async function published([source, ...others]: readonly Network[]): Promise<Carried> {
  const arrivals = new Arrivals();
  source!.subscribe("transactions", () => "accept");
  for (const node of others)
    node.subscribe("transactions", (bytes) => {
      arrivals.came(nameOf(bytes));
      return "accept";
    });
  const publish = (): void => {
    const bytes = transaction();
    arrivals.sent(nameOf(bytes));
    source!.publish("transactions", bytes);
  };
  // Until each knows what the others listen to, nothing arrives.
  await until(() => {
    publish();
    return arrivals.delays.length > 0;
  });
  arrivals.forget();
  const start = performance.now();
  for (let i = 0; i < PUBLISHED; i++) {
    await until(() => arrivals.underWay < AT_ONCE.messages, 1);
    publish();
  }
  await until(() => arrivals.underWay === 0, 1);
  return carried(arrivals, {start, count: PUBLISHED});
}

const carried = ({delays}: Arrivals, {start, count}: {start: number; count: number}): Carried => ({
  perSecond: (count * 1_000) / (performance.now() - start),
  delays: delays.sort((a, b) => a - b),
});

const transaction = (): Uint8Array => plain(randomBytes(TRANSACTION_BYTES));
const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 16)).toString("hex");

function batchOf(index: number): Uint8Array {
  const body = {transactions: Array.from({length: IN_BATCH}, transaction), proofs: []};
  const header = {
    ...{chainId: TEST_CHAIN_ID, epoch: 0n, round: BigInt(index + 1), creator: 0, parents: []},
    ...bodyTerms(body),
  };
  const signature = mlDsa44.sign(keys.secretKey, batchHeader.encode(header));
  return dagMessage.encode({type: "batch", batch: {signed: {header, signature}, ...body}});
}

async function until(holds: () => boolean, pauseMs = 50): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not so after ${PATIENCE_MS} ms`);
    await sleep(pauseMs);
  }
}
