/**
 * The node: builds every service from its options, starts them in order and stops them in reverse. `node run`,
 * `devnet` and the tests call this one constructor, so what the tests walk is what runs.
 */
import {equalBytes, hexOf} from "../codecs/bytes.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import {sha256} from "../codecs/hash.js";
import {RuleError} from "../errors.js";
import {type ApiOptions, DEFAULT_API_OPTIONS} from "./api/options.js";
import type {ApiPorts, LedgerView} from "./api/ports.js";
import {ApiServer} from "./api/server.js";
import {Chain} from "./chain.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {contractsOf} from "./contracts.js";
import {type DataDir, readDataDir} from "./data-dir.js";
import {Intake} from "./intake.js";
import {chainParamsOf, type NetworkProfile} from "./ledger/params/networks.js";
import {transactionOfId} from "./ledger/state/tx-ids.js";
import {admissionStack} from "./mempool/pool/admission.js";
import {DEFAULT_POOL_LIMITS, Pool, type PoolLimits} from "./mempool/pool/pool.js";
import {NodeMetrics} from "./metrics/registry.js";
import {MiningDesk} from "./mining-desk.js";
import {Producer, type ProducerOptions} from "./producer.js";
import {checkProfile} from "./profile.js";
import {Pulse} from "./pulse.js";
import type {Log, Service} from "./service.js";
import {rememberValid} from "./signature-cache.js";
import {SqliteStore} from "./storage/sqlite/store.js";
import {viewOf} from "./view.js";

/** What the operator sets. */
export interface NodeOptions {
  readonly dataDir: string;
  /** Kind of chain that must be there; compat chains run under `compat` alone, `null` takes any other. */
  readonly profile: NetworkProfile | null;
  readonly api: Partial<ApiOptions>;
  /** `null` takes the chain's block time. */
  readonly producer: ProducerOptions | null;
  readonly pool: PoolLimits;
  /** Slash receipts that are kept; the oldest go first. */
  readonly slashReceiptsMax: number;
}

export const DEFAULT_NODE_OPTIONS: Omit<NodeOptions, "dataDir"> = {
  profile: null,
  api: {},
  producer: null,
  pool: DEFAULT_POOL_LIMITS,
  slashReceiptsMax: 10_000,
};

/** What the node takes from the process. */
export interface NodePorts {
  readonly log: Log;
  /** Milliseconds since 1970. */
  nowMs(): number;
  readonly version: string;
  readonly commit: string;
}

export class QsdmNode implements Service {
  private constructor(
    private readonly parts: {
      readonly chain: Chain;
      readonly intake: Intake;
      readonly store: SqliteStore;
      readonly api: ApiServer;
      readonly producer: Producer;
    },
    private readonly life: {readonly log: Log; readonly abort: AbortController; readonly broken: Breaker},
  ) {}

  #stopped: Promise<void> | undefined;

  /** Resolves when the node has ended: with `null` after a stop, with the reason when it had to stop by itself. */
  get ended(): Promise<unknown> {
    return this.life.broken.promise;
  }

  /**
   * Opens a data directory and builds the node; nothing listens yet. `signal` ends the build of a large table.
   * @throws UnavailableError, DecodeError, RuleError with what is wrong with the directory
   */
  static async open(options: NodeOptions, ports: NodePorts, signal?: AbortSignal): Promise<QsdmNode> {
    const broken = breaker();
    const dir = await readDataDir(options.dataDir);
    checkProfile(dir.genesis, options.profile);
    const store = await SqliteStore.open({path: dir.databasePath, slashReceiptsMax: options.slashReceiptsMax});
    try {
      const abort = new AbortController();
      signal?.addEventListener("abort", () => abort.abort(), {once: true, signal: abort.signal});
      const parts = await build({options, ports, dir, store, broken: broken.resolve, signal: abort.signal});
      return new QsdmNode({...parts, store}, {log: ports.log, abort, broken});
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Where the API listens, once started. */
  get url(): string {
    return this.parts.api.url;
  }

  view(): LedgerView {
    return viewOf(this.parts.chain);
  }

  /** Serves until the signal aborts; whatever fails here closes the store again. */
  async start(signal: AbortSignal): Promise<void> {
    const {api, producer, chain} = this.parts;
    const {abort, log} = this.life;
    try {
      signal.throwIfAborted();
      await api.start(abort.signal);
      await producer.start(abort.signal);
      signal.throwIfAborted();
    } catch (error) {
      await this.stop();
      throw error;
    }
    signal.addEventListener("abort", () => void this.stop(), {once: true});
    log.info({url: this.url, height: chain.tip.height, chain: chain.params.chainId}, "node started");
  }

  /** Finishes the block under way and everything acknowledged, then closes the store. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const {abort, log, broken} = this.life;
    const {api, producer, intake, store, chain} = this.parts;
    abort.abort();
    let failure: unknown = null;
    for (const step of [() => api.stop(), () => intake.close(), () => producer.stop(), () => store.close()])
      try {
        await step();
      } catch (error) {
        failure ??= error;
      }
    if (failure !== null) log.error({err: failure}, "the node did not stop in order");
    broken.resolve(failure);
    log.info({height: chain.tip.height}, "node stopped");
  }
}

/** Everything between the data directory and the sockets. */
async function build({
  options,
  ports,
  dir,
  store,
  broken,
  signal,
}: {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly dir: DataDir;
  readonly store: SqliteStore;
  /** Ends what the node does in the background. */
  readonly signal: AbortSignal;
  broken(error: unknown): void;
}) {
  const params = chainParamsOf(dir.genesis);
  const transactions = await loadMlDsa(87);
  const votes = await loadMlDsa(44);
  const verifyTransaction = rememberValid(transactions.verify);
  const nowMs = (): bigint => BigInt(ports.nowMs());
  const voteKeys = votes.keygenFromSeed(dir.validatorSeed);
  const desk = new MiningDesk({
    store,
    params,
    challengeKey: dir.challengeKey,
    verifySignature: verifyTransaction,
    nowMs,
  });
  const stack = contractsOf(params.rules);
  const contracts = new Map(stack.map((each) => [each.id, each]));
  const chain = await Chain.open({
    store,
    contracts,
    genesis: dir.genesis,
    verifyProof: desk.verifyInBlock,
    verifyTransaction,
    verifyVote: votes.verify,
    voter: {
      index: validatorIndex(dir.genesis, voteKeys.publicKey),
      sign: (message) => votes.sign(voteKeys.secretKey, message),
    },
    log: ports.log,
  });
  const pool = new Pool(options.pool);
  const intake: Intake = new Intake({
    chain,
    pool,
    store,
    admit: admissionStack(stack, contracts),
    verifyProof: (raw) => desk.verifyOffered(chain.state, raw, (nodeId, height) => intake.hasProof(nodeId, height)),
    nowMs,
    wake: () => producer.wake(),
    failed: broken,
  });
  await desk.start(signal);
  for (const {id, error} of intake.resume()) ports.log.warn({id, err: error}, "an acknowledged item no longer fits");
  const interval = params.blockTimeSeconds * 1_000;
  const producer = new Producer(options.producer ?? {intervalMs: interval, minIntervalMs: interval}, {
    isEmpty: () => intake.isEmpty,
    extend: () => intake.extend(),
    log: ports.log,
    nowMs: () => performance.now(),
    failed: broken,
  });
  const view = (): LedgerView => viewOf(chain);
  const metrics = new NodeMetrics({view, poolSize: () => pool.size});
  chain.subscribe((committed) => metrics.observe(committed));
  const pulse = new Pulse(Math.max(10 * interval, 30_000), () => performance.now());
  chain.subscribe(() => pulse.beat());
  const node: ApiPorts = {
    view,
    store,
    submit: (envelope) => intake.submit(envelope),
    submitCompat: (door, body) => intake.submitCompat(door, body),
    transactionOfId: (clientId) => transactionOfId(chain.state, clientId),
    poolSize: () => pool.size,
    nextNonce: (address) => pool.nextNonce(address, intake.nonceOf),
    challenge: () => desk.challenge(),
    work: (height) => desk.work(height),
    submitProof: (raw) => desk.answer(() => intake.submitProof(raw)),
    recentRejections: (query) => desk.rejections.list(query),
    info: {
      nodeId: hexOf(sha256(voteKeys.publicKey)).slice(0, 16),
      version: ports.version,
      commit: ports.commit,
      startedAtMs: ports.nowMs(),
    },
    now: () => ports.nowMs(),
  };
  const api = new ApiServer(
    {...DEFAULT_API_OPTIONS, ...options.api},
    {
      node,
      scrape: () => metrics.scrape(),
      healthy: () => pulse.beats(),
      monotonicMs: () => performance.now(),
      log: ports.log,
      answered: (what) => metrics.answered(what),
    },
  );
  return {chain, intake, desk, api, producer};
}

/** Which voter of the genesis this node is. @throws RuleError VALIDATOR_UNKNOWN */
function validatorIndex({validators}: Genesis, publicKey: Uint8Array): number {
  const index = validators.findIndex((each) => equalBytes(each.publicKey, publicKey));
  if (index < 0)
    throw new RuleError("VALIDATOR_UNKNOWN", "the validator key of this data directory is not in its genesis");
  return index;
}

interface Breaker {
  readonly promise: Promise<unknown>;
  resolve(error: unknown): void;
}

function breaker(): Breaker {
  let resolve: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return {promise, resolve};
}
