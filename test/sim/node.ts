/**
 * One validator of a simulation: chain, intake, pool, engine and signer as the program joins them, on a simulated disk,
 * clock and network. A run of it ends with a crash; the disk and the key's record stay.
 */
import {equalBytes, hexOf} from "../../src/codecs/bytes.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {validatorIdOf} from "../../src/codecs/chain/validator-payloads.js";
import type {EquivocationProof} from "../../src/codecs/consensus/equivocation.js";
import type {SignedRecord} from "../../src/codecs/consensus/promise.js";
import {sha3} from "../../src/codecs/hash.js";
import {InvariantError} from "../../src/errors.js";
import {Journal} from "../../src/node/api/events/journal.js";
import {Relayed} from "../../src/node/batches/relayed.js";
import {createBatches} from "../../src/node/batches-part.js";
import {BodyCheck} from "../../src/node/body-check.js";
import {Chain} from "../../src/node/chain.js";
import {DEFAULT_PACEMAKER} from "../../src/node/consensus/hotstuff/pacemaker.js";
import {contractsOf} from "../../src/node/contracts.js";
import {Engine} from "../../src/node/engine/engine.js";
import type {PaceOptions} from "../../src/node/engine/pace.js";
import {createGossip} from "../../src/node/gossip-part.js";
import {Intake} from "../../src/node/intake.js";
import {VoteSigner} from "../../src/node/keys/vote-signer.js";
import type {BlockCommitted} from "../../src/node/ledger/chain/events.js";
import {ONE_LANE} from "../../src/node/ledger/lanes/lane.js";
import {chainParamsOf} from "../../src/node/ledger/params/networks.js";
import {hashEach} from "../../src/node/ledger/state/hashing.js";
import {admissionStack} from "../../src/node/mempool/pool/admission.js";
import {Pool} from "../../src/node/mempool/pool/pool.js";
import type {PoolChannel, PoolGossip} from "../../src/node/pool-gossip.js";
import type {Retelling} from "../../src/node/retelling.js";
import {SignatureDesk} from "../../src/node/signature-desk.js";
import type {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {counted} from "../support/counted.js";
import type {SimCrypto} from "./crypto.js";
import {SimDisk} from "./disk.js";
import type {EventHeap} from "./heap.js";
import {verifySimProof} from "./mining.js";
import type {SimNetwork} from "./network.js";
import type {Random} from "./random.js";
import type {Trace} from "./trace.js";

export interface NodePorts {
  readonly genesis: Genesis;
  readonly crypto: SimCrypto;
  readonly heap: EventHeap;
  readonly network: SimNetwork;
  readonly timers: Random;
  readonly pace: PaceOptions;
  readonly trace: Trace;
  started(node: SimNode, chain: Chain): void;
  committed(node: SimNode, committed: BlockCommitted): void;
  /** The node holds evidence against a validator. */
  equivocated(node: SimNode, proof: EquivocationProof): void;
  /** The node stopped by itself. */
  failed(node: SimNode, error: unknown): void;
}

/** What a run of a node has open. */
interface Life {
  readonly chain: Chain;
  readonly intake: Intake;
  readonly engine: Engine;
  readonly store: SqliteStore;
  readonly gossip: PoolGossip;
  readonly retelling: Retelling;
  readonly abort: AbortController;
}

const SILENT = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
/** Of payments in lanes and one by one: a node would log it and go on. */
const DISAGREES = {
  error(what: object, message: string): void {
    throw new InvariantError(`${message}: ${JSON.stringify(what)}`);
  },
};
export class SimNode {
  readonly peerId: string;
  /** Milliseconds by which the wall clock is off. */
  skewMs = 0;
  #life: Life | null = null;
  /** Counts runs, so that what an old one left behind is known. */
  #run = 0;
  #signed: SignedRecord | null = null;
  readonly #keys: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};

  private constructor(
    readonly index: number,
    readonly disk: SimDisk,
    private readonly ports: NodePorts,
  ) {
    this.#keys = ports.crypto.votes.keygen(`validator ${index}`);
    this.peerId = hexOf(sha3(this.#keys.publicKey));
  }

  static async create(index: number, ports: NodePorts): Promise<SimNode> {
    return new SimNode(index, await SimDisk.create(), ports);
  }

  get isUp(): boolean {
    return this.#life !== null;
  }
  get chain(): Chain | null {
    return this.#life?.chain ?? null;
  }
  /** What is on disk, whether or not the node runs. */
  get stored(): SqliteStore {
    return this.disk.open(() => true);
  }

  async start(): Promise<void> {
    const {genesis, crypto, network, trace, heap} = this.ports;
    const run = ++this.#run;
    const alive = (): boolean => this.#run === run;
    this.disk.restart();
    trace.note(heap.nowMs, this.index, "starts");
    try {
      const store = this.disk.open(alive);
      const stack = contractsOf(chainParamsOf(genesis).rules).map(counted);
      const contracts = new Map(stack.map((each) => [each.id, each]));
      const chain = await Chain.open({
        store,
        genesis,
        contracts,
        verifyProof: verifySimProof,
        verifyTransaction: crypto.transactions.verify,
        verifyVote: crypto.votes.verify,
        runBody: new BodyCheck("always", DISAGREES, {...ONE_LANE, least: 1}).run,
        hashAll: hashEach,
        journal: new Journal(),
        log: SILENT,
      });
      if (!alive()) return;
      this.ports.started(this, chain);
      chain.subscribe((committed) => this.ports.committed(this, committed));
      const failed = (error: unknown): void => this.#fail(run, error);
      const nowMs = (): bigint => genesis.timeMs + BigInt(Math.floor(heap.nowMs) + this.skewMs);
      const pool = new Pool();
      let wake: () => void = () => {};
      const signatures = new SignatureDesk(crypto.transactions.verify, null);
      const intake = new Intake({
        chain,
        pool,
        store,
        signatures,
        admit: admissionStack(stack, contracts),
        contracts,
        verifyProof: (raw) => verifySimProof(chain.state, raw, chain.nextBlock(nowMs())),
        nowMs,
        wake: () => wake(),
        failed,
      });
      const port = network.join(this.peerId, this.index);
      const common = {
        chain,
        store,
        network: port,
        verifyVote: crypto.votes.verify,
        clock: this.#clock(alive),
        nowMs,
        log: SILENT,
        failed,
      };
      const sign = (message: Uint8Array): Uint8Array => crypto.votes.sign(this.#keys.secretKey, message);
      const relayed = new Relayed({
        key: this.#keys.publicKey,
        committee: () => chain.committee,
        nowMs: () => heap.nowMs,
        isWaiting: (id) => intake.isWaiting(id),
      });
      const {gossip, retelling} = createGossip({
        ...{network: port, chain, intake, relayed},
        verifyRelayed: (raw) => verifySimProof(chain.state, raw, chain.nextBlock(nowMs())),
        isOpen: () => true,
        follows: () => !chain.committee.voters.some(({publicKey}) => equalBytes(publicKey, this.#keys.publicKey)),
      });
      const {desk, feed} = createBatches({
        ...common,
        intake,
        relayed,
        identity: {publicKey: this.#keys.publicKey, sign},
        signatures,
        minIntervalMs: this.ports.pace.minIntervalMs,
        available: () => engine.batchCame(),
      });
      const engine: Engine = new Engine(
        {pace: this.ports.pace, pacemaker: DEFAULT_PACEMAKER},
        {
          ...common,
          batches: feed,
          voice: this.#voice(alive),
          equivocated: (proof) => {
            const {kind, view, publicKey} = proof;
            const validator = validatorIdOf(publicKey).slice(0, 8);
            trace.note(heap.nowMs, this.index, `saw ${validator} equivocate by ${kind} in view ${view}`);
            intake.evidence.report(proof);
            this.ports.equivocated(this, proof);
          },
        },
      );
      wake = () => {
        desk.wake();
        engine.wake();
      };
      intake.resume();
      retelling.resume(store.waiting());
      const abort = new AbortController();
      this.#life = {chain, intake, engine, store, gossip, retelling, abort};
      await port.start(abort.signal);
      await desk.start(abort.signal);
      await engine.start(abort.signal);
    } catch (error) {
      if (alive()) this.#fail(run, error);
    }
  }

  /** The process is gone between two instructions. */
  crash(why: string): void {
    if (!this.#life) return;
    this.ports.trace.note(this.ports.heap.nowMs, this.index, `crashes: ${why}`);
    this.#end();
  }

  /** @returns the id once the node has acknowledged it. @throws what it refuses with; UnavailableError when it is down */
  async submit(bytes: Uint8Array): Promise<string | null> {
    const run = this.#run;
    const life = this.#life;
    if (!life) return null;
    const {txId} = await life.intake.submit(bytes);
    if (this.#run !== run) return null;
    this.#tell(life, "transactions", txId, bytes);
    return txId;
  }

  /** Offers a mining proof; one that is refused is of no use to anybody. @throws what it refuses with */
  async submitProof(raw: Uint8Array): Promise<void> {
    const run = this.#run;
    const life = this.#life;
    if (!life) return;
    const {proofIdHex} = await life.intake.submitProof(raw);
    if (this.#run === run) this.#tell(life, "proofs", proofIdHex, raw);
  }

  /** As the production's doors do with what they took. */
  #tell({gossip, retelling}: Life, channel: PoolChannel, id: string, bytes: Uint8Array): void {
    gossip.announce(channel, bytes);
    retelling.keep(channel, id);
  }

  close(): void {
    this.#end();
    this.disk.close();
  }

  #end(): void {
    this.#run++;
    this.#life?.abort.abort();
    this.#life = null;
    this.ports.network.leave(this.peerId);
  }

  #fail(run: number, error: unknown): void {
    if (this.#run !== run) return;
    this.crash(error instanceof Error ? error.message : String(error));
    this.ports.failed(this, error);
  }

  /** Nothing of a run is done after its end. */
  #clock(alive: () => boolean) {
    const {heap, timers} = this.ports;
    return {
      nowMs: () => heap.nowMs,
      after: (ms: number, job: () => void) => {
        const timer = heap.in(ms, () => {
          if (alive()) job();
        });
        return () => timer.cancel();
      },
      jitterBps: () => timers.between(-1_000, 1_000),
    };
  }

  #voice(alive: () => boolean): VoteSigner {
    const sign = (message: Uint8Array): Uint8Array => this.ports.crypto.votes.sign(this.#keys.secretKey, message);
    const self = this;
    return new VoteSigner(this.#keys.publicKey, sign, {
      get record() {
        return self.#signed;
      },
      write(record) {
        if (alive()) self.#signed = record;
      },
    });
  }
}
