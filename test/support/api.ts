/** A node made of object literals, and a server in front of it. */

import {connect} from "node:net";
import {onTestFinished} from "vitest";
import {envelope, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {RuleError} from "../../src/errors.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {Feed} from "../../src/node/api/events/feed.js";
import {type ApiOptions, DEFAULT_API_OPTIONS, type ServerPorts} from "../../src/node/api/options.js";
import type {ApiPorts, BlockStorePort, LedgerView} from "../../src/node/api/ports.js";
import {ApiServer} from "../../src/node/api/server.js";
import type {EnrollmentRecord} from "../../src/node/ledger/enrollment/record.js";
import type {ChainParams} from "../../src/node/ledger/params/chain-params.js";
import {STRICT_RULES} from "../../src/node/ledger/params/rules.js";
import {aloneNetwork} from "../../src/node/network/alone.js";
import {NO_BATCHES} from "./network.js";

export const ALICE = "a1".repeat(32);
export const BOB = "b2".repeat(32);
export const TX = "c3".repeat(32);
export const NOW_MS = 1_795_000_000_123;

export const PARAMS: ChainParams = {
  chainId: "qsdm-test",
  rules: STRICT_RULES,
  blockTimeSeconds: 10,
  mining: {
    dagEntries: 65_536,
    initialDifficulty: 65_536n,
    minDifficulty: 1n,
    retargetIntervalBlocks: 360n,
    retargetClamp: 4n,
    targetProofsPerBlock: 16,
    blocksPerEpoch: 60_480n,
    graceBlocks: 6n,
    forkV2Height: 0n,
    forkTensorHeight: 18_446_744_073_709_551_615n,
    freshnessWindowSeconds: 60,
    futureSkewSeconds: 30,
  },
  enrollment: {bondDust: 1_000_000_000n, unbondWindowSeconds: 604_800},
  slashing: {capDust: 1_000_000_000n, rewardBps: 5_000, autoRevokeMinStakeDust: 1_000_000_000n},
  fees: {baseFeeDust: 1_000n, floorDust: 1_000n, changeDenominator: 0, targetBps: 5_000, burnBps: 5_000},
  limits: {maxTransactions: 1_000, maxProofs: 100, maxGas: 400_000_000n, maxRecords: 0n, maxBytes: 4_000_000},
  validators: {stakeDust: 10_000_000_000n, epochBlocks: 100n, unbondSeconds: 1_814_400, max: 100},
  deviceTrust: {roots: [], minFirmware: "", minDriver: "", references: []},
  monetary: null,
};

export const RECORD: EnrollmentRecord = {
  nodeId: "rig-1",
  owner: ALICE,
  gpuUuid: "GPU-1",
  hmacKey: new Uint8Array(32),
  nodeKey: null,
  stakeDust: 1_000_000_000n,
  bondMode: "upfront",
  requiredStakeDust: 1_000_000_000n,
  earnedStakeDust: 1_000_000_000n,
  enrolledAtHeight: 7n,
  revokedAtHeight: null,
  unbondMaturesAtHeight: null,
  memo: "",
};

export const view = (over: Partial<LedgerView> = {}): LedgerView => ({
  head: {height: 12n, blockId: "d4".repeat(32), timeMs: BigInt(NOW_MS), stateRoot: "e5".repeat(32)},
  params: PARAMS,
  account: (address) => (address === ALICE ? {balanceDust: 9_007_199_254_740_993n, nonce: 3n, keyKnown: true} : null),
  enrollment: (nodeId) => (nodeId === RECORD.nodeId ? RECORD : null),
  enrollments: () => ({records: [RECORD], nextCursor: null, total: 1}),
  enrollmentStats: () => ({activeCount: 1, bondedDust: 1_000_000_000n, pendingUnbondCount: 0, pendingUnbondDust: 0n}),
  supply: () => ({
    capDust: 10_000_000_000_000_000n,
    genesisDust: 100n,
    minedDust: 50n,
    burnedDust: 10n,
    balancesDust: 120n,
    bondsDust: 20n,
    unissuedDust: 9_999_999_999_999_850n,
  }),
  vestings: () => [],
  streams: () => ({streams: [], nextCursor: null}),
  streamStats: () => ({openCount: 0, escrowDust: 0n}),
  stream: () => null,
  capsule: () => null,
  monetary: () => ({epochFeesDust: 0n, last: null}),
  difficulty: () => 65_536n,
  hashrateHps: () => 104_857n,
  stakes: () => [],
  reputation: (address) => ({weight: address === ALICE ? 40n : 0n, totalWeight: 100n}),
  retiredSubmeshes: () => [],
  epoch: () => ({number: 0n, originHeight: 0n}),
  validators: () => [{account: BOB, power: 1n, publicKey: new Uint8Array(1312), attestation: null}],
  governance: () => ({
    active: new Map([
      ["reward_bps", 5_000n],
      ["auto_revoke_min_stake_dust", 1_000_000_000n],
      ["fork_v2_tc_height", 18_446_744_073_709_551_615n],
    ]),
    pending: [],
    proposals: [],
    authorities: [],
  }),
  ...over,
});

export const EMPTY_STORE: BlockStorePort = {
  header: () => null,
  prunedHeight: () => 0n,
  block: async () => null,
  receipt: () => null,
  receipts: () => [],
  slashReceipt: () => null,
  slashReceipts: () => [],
};

export const node = (over: Partial<ApiPorts> = {}): ApiPorts => ({
  view: () => view(),
  store: EMPTY_STORE,
  sync: () => ({catchingUp: false, targetHeight: 0n, blocksPerSecond: 0, etaSeconds: null}),
  submit: async () => ({txId: TX}),
  submitCompat: async () => ({txId: "client-tx-1"}),
  transactionOfId: (clientId) => (clientId === "client-tx-1" ? TX : null),
  judgeSlash: () => ({
    offenceKey: null,
    slashedAtHeight: null,
    waiting: false,
    outcome: new RuleError("SLASH_DECODE_FAILED", "no evidence"),
  }),
  finality: {
    prove: async (height) => {
      throw new RuleError("BLOCK_NOT_FOUND", `no block at height ${height}`);
    },
    proveState: async (store) => {
      throw new RuleError("STATE_STORE_UNKNOWN", `the state has no store ${store}`);
    },
    proveEpoch: async (number) => {
      throw new RuleError("EPOCH_NOT_FOUND", `no epoch ${number} began here`);
    },
  },
  poolSize: () => 2,
  batches: () => ({...NO_BATCHES, certifiedRound: 7, committedRound: 5, waiting: 3}),
  waitingBids: () => [],
  addedRecords: () => 0,
  supplyHistory: {everyBlocks: 1n, points: []},
  waitingTransaction: () => null,
  nextNonce: (address) => (address === ALICE ? 5n : 0n),
  challenge: () => ({
    nonce: new Uint8Array(32).fill(1),
    issuedAt: 1_795_000_000n,
    signerId: "v0",
    signature: new Uint8Array(32).fill(2),
  }),
  work: () => ({
    epoch: 0n,
    height: 13n,
    headerHash: new Uint8Array(32).fill(3),
    difficulty: 65_536n,
    dagEntries: 65_536,
    workSetRoot: new Uint8Array(32).fill(4),
    workSet: [[{id: new Uint8Array([5]), contentHash: new Uint8Array(32).fill(6)}]],
    batchCountMaximum: 1,
    blocksPerEpoch: 60_480n,
    mixVersion: 1,
    nextWorkSetRoot: null,
  }),
  submitProof: async () => ({accepted: true, proofId: "f6".repeat(32)}),
  telemetry: null,
  recentRejections: () => ({entries: [], nextCursor: 0n, hasMore: false}),
  ngc: null,
  network: aloneNetwork("ab".repeat(32)),
  feed: new Feed(
    {events: ({upTo}) => ({events: [], upTo}), prunedSeq: () => 0n, prunedHeight: () => 0n, block: async () => null},
    () => 12n,
  ),
  info: {nodeId: "validator-0", role: "validator", version: "1.2.3", commit: "abc", startedAtMs: NOW_MS - 90_500},
  now: () => NOW_MS,
  ...over,
});

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Running {
  readonly url: string;
  readonly server: ApiServer;
  readonly client: Client;
  readonly lines: Line[];
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: Uint8Array<ArrayBuffer> | string, contentType?: string): Promise<Response>;
}

/** A server on a free port, stopped when the test ends. */
export async function serve(
  nodePorts: Partial<ApiPorts> = {},
  {options = {}, ports = {}}: {options?: Partial<ApiOptions>; ports?: Partial<ServerPorts>} = {},
): Promise<Running> {
  const lines: Line[] = [];
  const log = (level: string) => (fields: Readonly<Record<string, unknown>>) => void lines.push({level, fields});
  const server = new ApiServer(
    {...DEFAULT_API_OPTIONS, port: 0, ...options},
    {
      node: node(nodePorts),
      scrape: async () => "# HELP x\n",
      healthy: () => true,
      monotonicMs: () => performance.now(),
      log: {debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error")},
      answered: () => undefined,
      streaming: () => undefined,
      streamEnded: () => undefined,
      ...ports,
    },
  );
  const abort = new AbortController();
  await server.start(abort.signal);
  const client = createClient({url: server.url, ...CLIENT_DEFAULTS});
  onTestFinished(async () => {
    await client.close();
    await server.stop();
  });
  const {url} = server;
  return {
    url,
    server,
    client,
    lines,
    get: (path, init = {}) => fetch(url + path, {headers: {connection: "close"}, ...init}),
    post: (path, body, contentType = "application/cbor") =>
      fetch(url + path, {method: "POST", body, headers: {"content-type": contentType, connection: "close"}}),
  };
}

/** Bytes of a well-formed envelope whose signature nobody checks here. */
export function envelopeBytes(contract: string, over: Partial<UnsignedEnvelope> = {}): Uint8Array<ArrayBuffer> {
  const content: UnsignedEnvelope = {
    chainId: "qsdm-test",
    sender: ALICE,
    nonce: 3n,
    expiresAtHeight: 300n,
    maxFeeDust: 100_000n,
    tipDust: 0n,
    contract,
    payload: new Uint8Array([1]),
    ...over,
  };
  return new Uint8Array(envelope.encode({content, publicKey: null, signature: new Uint8Array(4627)}));
}

/** Sends raw text over a socket and returns everything that comes back until the other side closes. */
export function exchange(url: string, text: string): Promise<string> {
  const {hostname, port} = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let out = "";
    socket.setEncoding("latin1").on("data", (part) => (out += part));
    socket.on("close", () => resolve(out)).on("error", reject);
  });
}

/** The JSON body of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at members that they name themselves
export const jsonOf = async (answer: Response): Promise<any> => await answer.json();
