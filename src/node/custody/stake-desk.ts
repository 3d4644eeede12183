/**
 * What is locked on the ledger for clients of the roster, read before it is asked for: a custodian's rules wait for nobody.
 * Readings are kept for a while, those of clients alone, so that there are never more than the roster has of them.
 */
import type {Checkpoint} from "../../codecs/chain/light.js";
import {QUORUM_STAKE_STORE, quorumStakeRecord} from "../../codecs/chain/quorum-stake.js";
import type {ProvenStake, StakeReading, Stakes} from "../quorum/strict/stake.js";
import type {Log} from "../service.js";
import {codeOf} from "./failures.js";

export interface StakeDeskOptions {
  /** How old the block of a proof may be. */
  readonly maxAgeMs: number;
  /** How long a reading is not asked for again. */
  readonly keepMs: number;
}

export interface StakeDeskPorts {
  readonly ledger: {
    /** @throws QsdmError where no node proves it */
    read(
      at: {readonly store: string; readonly key: string},
      maxAgeMs: number,
    ): Promise<{readonly value: Uint8Array | null; readonly checkpoint: Checkpoint}>;
    keepUp(): Promise<void>;
    readonly newest: Checkpoint;
  };
  /** Milliseconds since 1970. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  readonly log: Log;
}

/** Too little, too old, or nothing, is asked about again this soon: whoever has just staked waits no longer, and costs no more. */
const AGAIN_MS = 2_000;
/** How long a ledger that is slow to answer is waited for where what is known is still good. */
const PATIENCE_MS = 2_000;
/** How often the light client goes along with the chain where nobody asks. */
const KEEP_UP_MS = 10 * 60_000;

interface Kept {
  readonly reading: StakeReading;
  readonly askedAtMs: number;
}

export class StakeDesk implements Stakes {
  /** By key. */
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<void>>();
  /** Since it started: times that the ledger was asked, by what came of it. */
  readonly reads = {proven: 0, unproven: 0};
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly options: StakeDeskOptions,
    private readonly ports: StakeDeskPorts,
  ) {}

  get maxAgeMs(): number {
    return this.options.maxAgeMs;
  }

  /** Clients whose stake is known. */
  get clients(): number {
    return this.#kept.size;
  }

  /** Of the newest final block that was proved. */
  get newest(): Checkpoint {
    return this.ports.ledger.newest;
  }

  start(): void {
    const keepUp = (): void => {
      this.ports.ledger.keepUp().catch((err) => this.ports.log.warn({err}, "the ledger proves nothing new"));
    };
    keepUp();
    this.#timer = setInterval(keepUp, KEEP_UP_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  of(key: string): StakeReading {
    return this.#kept.get(key)?.reading ?? {unproven: "nobody has asked the ledger yet"};
  }

  /** Reads what is behind a key, unless it was read just now. Never fails: what is unproven is a reading as well. */
  async prepare(key: string, neededDust: bigint): Promise<void> {
    const kept = this.#kept.get(key);
    if (kept && this.ports.nowMs() - kept.askedAtMs < this.#goodMs(kept.reading, neededDust)) return;
    const asking = this.#asking.get(key) ?? this.#ask(key).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    await (kept && this.#isGood(kept.reading, neededDust)
      ? Promise.race([asking, this.ports.sleep(PATIENCE_MS)])
      : asking);
  }

  /** Whether it lets the client in. */
  #isGood(reading: StakeReading, neededDust: bigint): boolean {
    if ("unproven" in reading || reading.stakeDust < neededDust) return false;
    return BigInt(this.ports.nowMs()) - reading.timeMs <= BigInt(this.options.maxAgeMs);
  }

  /** How long a reading is not asked for again. One that lets nobody in, were it only for its age, is soon asked for. */
  #goodMs(reading: StakeReading, neededDust: bigint): number {
    const {keepMs} = this.options;
    return this.#isGood(reading, neededDust) ? keepMs : Math.min(AGAIN_MS, keepMs);
  }

  async #read(key: string): Promise<ProvenStake> {
    const at = {store: QUORUM_STAKE_STORE, key};
    const {value, checkpoint} = await this.ports.ledger.read(at, this.options.maxAgeMs);
    const stakeDust = value ? quorumStakeRecord.decode(value).stakeDust : 0n;
    return {stakeDust, height: checkpoint.height, timeMs: checkpoint.timeMs};
  }

  async #ask(key: string): Promise<void> {
    const {nowMs, log} = this.ports;
    const reading = await this.#read(key).catch((err: unknown) => {
      log.warn({err, key}, "no proof of what is locked for a client");
      // Clients are told no addresses of nodes: the log has them.
      return {unproven: `reading the ledger failed (${codeOf(err)})`};
    });
    const proven = !("unproven" in reading);
    if (proven) {
      this.reads.proven++;
      log.debug({key, ...reading}, "what is locked for a client was proved");
    } else this.reads.unproven++;
    const before = this.#kept.get(key)?.reading;
    // What was proved before holds on for as long as its block is young enough.
    const held = proven || !before || "unproven" in before ? reading : before;
    this.#kept.set(key, {reading: held, askedAtMs: nowMs()});
  }
}
