/** A node that starts from nothing beside nodes that have a long chain, as processes: of three of them, and of one. */
import {copyFile, mkdir, writeFile} from "node:fs/promises";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {freePorts} from "../../src/commands/devnet/free-ports.js";
import {type NodeProcess, startNodeProcess} from "../../src/commands/devnet/processes.js";
import {CLIENT_DEFAULTS, createClient} from "../../src/node/api/client.js";
import {voteBytes} from "../../src/node/consensus/votes/certificate.js";
import {contractsOf} from "../../src/node/contracts.js";
import {initDataDir, newSeed} from "../../src/node/data-dir.js";
import {readTransaction} from "../../src/node/ledger/chain/transaction.js";
import {STRICT_RULES} from "../../src/node/ledger/params/rules.js";
import {clusterGenesis, keysOf} from "../node/engine/cluster.js";
import {mlDsa44, signedTransfer, testAccount} from "../support/accounts.js";
import {openTestChain, scratchDirectory} from "../support/chain.js";
import type {Print} from "./compute/rounds.js";

const BLOCKS = Number(process.env.QSDM_BENCH_BLOCKS ?? 2_000);
const PEERS = 3;
/** Each once with one peer and once with all, so that what else the machine does hits both. */
const ROUNDS = 2;
const POLL_MS = 20;

/** Prints how fast a fresh node takes the chain of three peers, and how that compares to one of them alone. */
export async function catchingUp(print: Print): Promise<void> {
  const sender = testAccount("bench sync");
  const genesis = clusterGenesis(4, [{to: sender.address, amountDust: 10_000_000_000n}]);
  const directory = scratchDirectory();
  const ports = await freePorts(PEERS);
  const servers: NodeProcess[] = [];
  try {
    const first = path.join(directory, "peer-0");
    await initDataDir(path.join(first, "node"), {genesis, validatorSeed: newSeed()});
    await fill(path.join(first, "node"), genesis, sender);
    for (const [i, port] of ports.entries()) {
      const at = path.join(directory, `peer-${i}`);
      if (i > 0) {
        await initDataDir(path.join(at, "node"), {genesis, validatorSeed: newSeed()});
        await copyFile(path.join(first, "node", "chain.db"), path.join(at, "node", "chain.db"));
      }
      servers.push(await started(at, [`listen = "127.0.0.1:${port}"`], print));
    }
    const addresses = servers.map(({peerId}, i) => `${peerId}@127.0.0.1:${ports[i]}`);
    const rateOf = async (name: string, peers: readonly string[]): Promise<number> => {
      const at = path.join(directory, name);
      await initDataDir(path.join(at, "node"), {genesis, validatorSeed: newSeed()});
      const node = await started(at, [`peers = "${peers.join(",")}"`], print);
      try {
        return await follow(node);
      } finally {
        await node.stop();
      }
    };
    let [one, all] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      one = Math.max(one, await rateOf(`fresh-of-one-${round}`, addresses.slice(0, 1)));
      all = Math.max(all, await rateOf(`fresh-of-all-${round}`, addresses));
    }
    print(`sync: a fresh node takes ${BLOCKS} blocks of four validators, a transfer in each, from ${PEERS} peers`);
    print(`  ${all.toFixed(0)} blocks/s; from one of them alone ${one.toFixed(0)}, ${(all / one).toFixed(2)}x`);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** A chain of `BLOCKS` final blocks, in a data directory. */
async function fill(dataDir: string, genesis: Genesis, sender: ReturnType<typeof testAccount>): Promise<void> {
  const {chain, store} = await openTestChain(dataDir, genesis, {contracts: contractsOf(STRICT_RULES)});
  const {chainId} = genesis;
  for (let i = 0; i < BLOCKS; i++) {
    const {tip} = chain;
    const view = tip.view + 1n;
    const transfer = signedTransfer(sender, {to: sender.address, amountDust: 1n, nonce: BigInt(i)});
    const transactions = [readTransaction(transfer)];
    const batches = [{round: tip.height + 1n, creator: 0, batchId: tip.id}];
    const candidate = {timeMs: tip.timeMs + 1_000n, transactions, proofs: [], batches};
    const {parent} = chain.build(candidate, {parentId: tip.id, view});
    const vote = {epoch: 0n, height: parent.height, view, blockId: parent.id};
    const bytes = voteBytes({chainId, ...vote});
    const votes = [0, 1, 2].map((validator) => ({
      validator,
      signature: mlDsa44.sign(keysOf(validator).secretKey, bytes),
    }));
    await chain.commit(parent.id, {...vote, votes});
  }
  store.close();
}

async function started(directory: string, settings: readonly string[], print: Print): Promise<NodeProcess> {
  await mkdir(directory, {recursive: true});
  const configPath = path.join(directory, "config.toml");
  await writeFile(configPath, ['data_dir = "node"', ...settings, ""].join("\n"));
  return startNodeProcess({name: path.basename(directory), configPath, apiPort: 0, logLevel: "error", log: print});
}

/** Blocks per second, from the first that a node has to the last; the last two wait for others above them. */
async function follow({url}: NodeProcess): Promise<number> {
  const client = createClient({...CLIENT_DEFAULTS, url});
  const end = BigInt(BLOCKS - 2);
  let sinceMs: number | null = null;
  let from = 0n;
  try {
    for (;;) {
      const {chainTip} = await client.status();
      if (sinceMs === null && chainTip > 0n) {
        sinceMs = performance.now();
        from = chainTip;
      }
      if (sinceMs !== null && chainTip >= end) return (Number(end - from) * 1_000) / (performance.now() - sinceMs);
      await sleep(POLL_MS);
    }
  } finally {
    await client.close();
  }
}
