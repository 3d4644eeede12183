/** A real node behind a real port, for tests that walk from the wire to the disk and back. */
import path from "node:path";
import {hexOf} from "../../src/codecs/bytes.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {sha3} from "../../src/codecs/hash.js";
import {canonicalWorkSet} from "../../src/codecs/mining/cells.js";
import {batchHash, prefixRoot} from "../../src/codecs/mining/merkle.js";
import {NO_ATTESTATION, type Proof} from "../../src/codecs/mining/proof.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {initDataDir} from "../../src/node/data-dir.js";
import {boundStart} from "../../src/node/ledger/mining/binding.js";
import {buildDag, type DagTable} from "../../src/node/ledger/mining/dag.js";
import {solveSlice} from "../../src/node/ledger/mining/solve.js";
import {targetOf} from "../../src/node/ledger/mining/target.js";
import type {MixVersion} from "../../src/node/ledger/mining/walk.js";
import {NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {attestWithKey, type Rig} from "../../src/node/mining/attest.js";
import {DEFAULT_NODE_OPTIONS, type NodeOptions, type NodePorts, QsdmNode} from "../../src/node/node.js";
import type {Log} from "../../src/node/service.js";
import {mlDsa44, mlDsa87, TEST_CHAIN_ID, type TestAccount} from "./accounts.js";
import {scratchDirectory, VALIDATOR_ACCOUNT} from "./chain.js";

export const VALIDATOR_SEED = sha3(Uint8Array.of(42));
const SILENT: Log = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};

/**
 * A dev chain with a small table, which pays `accounts` 50 CELL each. Its blocks come many a second, so that the grace of
 * a real network would be over before a busy machine has signed its proof.
 */
export const nodeGenesis = (accounts: readonly TestAccount[]): Genesis => ({
  chainId: TEST_CHAIN_ID,
  network: "test",
  timeMs: BigInt(Date.now()) - 10_000n,
  params: {
    ...NETWORK_PARAMS.dev,
    dagEntries: 1_024,
    initialDifficulty: 64n,
    minDifficulty: 16n,
    graceBlocks: 600n,
    maxBlockRecords: 0n,
  },
  allocations: accounts.map(({address}) => ({to: address, amountDust: 5_000_000_000n})),
  validators: [
    {publicKey: mlDsa44.keygenFromSeed(VALIDATOR_SEED).publicKey, power: 1n, account: VALIDATOR_ACCOUNT.address},
  ],
  authorities: [],
  vestings: [],
});

export interface RunningNode {
  readonly node: QsdmNode;
  readonly client: Client;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Initialises a data directory. */
export async function initTestNode(genesis: Genesis): Promise<string> {
  const dataDir = path.join(scratchDirectory(), "node");
  await initDataDir(dataDir, {genesis, validatorSeed: VALIDATOR_SEED});
  return dataDir;
}

/** The same with compat rules: what QSDM's clients expect, on a table that tests can build. */
export function compatGenesis(accounts: readonly TestAccount[]): Genesis {
  const {dagEntries, initialDifficulty, minDifficulty, graceBlocks} = nodeGenesis(accounts).params;
  const small = {dagEntries, initialDifficulty, minDifficulty, graceBlocks};
  const params = {...NETWORK_PARAMS.compat, ...small, slashRewardBps: 2_500};
  return {...nodeGenesis(accounts), network: "compat", params};
}

/** Runs the node of a data directory with fast blocks on a free port. */
export async function runTestNode(
  dataDir: string,
  change: Partial<NodeOptions> = {},
  log: Log = SILENT,
  ports: Partial<NodePorts> = {},
): Promise<RunningNode> {
  const abort = new AbortController();
  const node = await QsdmNode.open(
    {
      ...DEFAULT_NODE_OPTIONS,
      dataDir,
      api: {port: 0, rateLimit: null},
      pace: {intervalMs: 100, minIntervalMs: 20},
      ...change,
    },
    {log, nowMs: () => Date.now(), version: "0.0.0-test", commit: "", ...ports},
  );
  await node.start(abort.signal);
  const client = createClient({...CLIENT_DEFAULTS, url: node.url});
  const stop = async (): Promise<void> => {
    await client.close();
    await node.stop();
  };
  return {node, client, dataDir, stop};
}

/** A bound of last resort, for a machine that has much else to do; a test may take somewhat longer. */
const PATIENCE_MS = 90_000;

/** Polls until `probe` gives something; refusals meanwhile mean not yet. */
export async function eventually<T>(probe: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await probe().catch((error) => {
      if (Date.now() > end) throw error;
      return null;
    });
    if (value) return value;
    if (Date.now() > end) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const rigOf = (nodeId: string): Rig => ({
  nodeId,
  gpuUuid: `GPU-${nodeId}`,
  gpuName: "NVIDIA GeForce RTX 3080",
  gpuArch: "ampere",
  computeCap: "8.6",
  cudaVersion: "12.8",
  driverVer: "572.16",
  hmacKey: new Uint8Array(32).fill(7),
});

const tables = new Map<string, DagTable>();

/** Solves the work at the tip for `owner`, bound to `nodeId` when given, without an attestation; `start` picks among solutions. */
export async function solveTip(
  client: Client,
  {
    owner,
    nodeId = null,
    start = 1,
    mix,
  }: {owner: TestAccount; nodeId?: string | null; start?: number; mix?: MixVersion},
): Promise<Proof> {
  const work = await client.work({height: null});
  const {headerHash, epoch, height} = work;
  const key = `${epoch}/${hexOf(work.workSetRoot)}/${work.dagEntries}`;
  const table = tables.get(key) ?? buildDag({epoch, workSetRoot: work.workSetRoot, entries: work.dagEntries});
  tables.set(key, table);
  const batchRoot = prefixRoot(canonicalWorkSet(work.workSet.map(({cells}) => cells)).map(batchHash), 1);
  const minerAddr = owner.address;
  const job = {
    headerHash: nodeId === null ? headerHash : boundStart({headerHash, batchRoot, minerAddr, nodeId}),
    batchRoot,
    target: targetOf(work.difficulty),
    table,
    mix: mix ?? (work.mixVersion as MixVersion),
  };
  const solution = solveSlice(job, new Uint8Array(16).fill(start), 1_000_000).solution!;
  return {
    version: 2,
    epoch,
    height,
    headerHash,
    minerAddr,
    batchRoot,
    batchCount: 1,
    ...solution,
    attestation: NO_ATTESTATION,
  };
}

/** Mines one proof for the tip as `nodeId`, signed with `nodeKey`. */
export async function mineOne(
  client: Client,
  {
    nodeId,
    nodeKey,
    ...work
  }: {nodeId: string; nodeKey: TestAccount; owner: TestAccount; start?: number; mix?: MixVersion},
): Promise<Proof> {
  const solved = await solveTip(client, {...work, nodeId});
  const sign = (message: Uint8Array): Uint8Array => mlDsa87.sign(nodeKey.secretKey, message);
  return attestWithKey(solved, rigOf(nodeId), {
    challenge: await client.challenge({minerAddr: solved.minerAddr, nodeId, height: solved.height}),
    identity: {chainId: TEST_CHAIN_ID, sign},
  });
}
