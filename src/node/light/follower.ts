/**
 * A light client that a service keeps: it reads keys of the state through nodes that are not trusted, and goes along with the
 * chain meanwhile, so that its checkpoint never comes to be too old.
 */
import type {Checkpoint, LightChain} from "../../codecs/chain/light.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError} from "../../errors.js";
import {checkAge, newestOf} from "../consensus/light/light.js";
import {readState} from "./read.js";
import {type LightPorts, type LightSource, nobody, type SourceVerdict} from "./source.js";
import {syncLight} from "./sync.js";

export interface FollowerPorts {
  readonly sources: readonly LightSource[];
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
  sleep(ms: number): Promise<void>;
  /** Milliseconds since 1970. */
  nowMs(): number;
  told(verdict: SourceVerdict): void;
  /** Keeps what was verified. */
  save(chain: LightChain): Promise<void>;
}

/** What a key held after a final block. */
export interface StateReading {
  readonly value: Uint8Array | null;
  readonly checkpoint: Checkpoint;
}

export class LightFollower {
  #chain: LightChain;
  /** In the order in which they are asked: who answered last is the first. */
  #sources: readonly LightSource[];
  /** One after the other: each goes on from where the one before came to. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Two histories were proved: from then on neither is believed. */
  #forked: QsdmError | null = null;

  constructor(
    chain: LightChain,
    private readonly ports: FollowerPorts,
  ) {
    this.#chain = chain;
    this.#sources = ports.sources;
  }

  /** The newest block that was verified. */
  get newest(): Checkpoint {
    return newestOf(this.#chain);
  }

  /**
   * What the state holds under a key, from the first node whose proof is of a block not older than `maxAgeMs`, or else from the
   * one with the newest.
   * @throws RuleError CHAIN_FORKED, SOURCES_LIED, CHECKPOINT_TOO_OLD; UnavailableError SOURCES_UNAVAILABLE
   */
  read(at: {readonly store: string; readonly key: string}, maxAgeMs: number): Promise<StateReading> {
    return this.#inTurn(() => this.#read(at, maxAgeMs));
  }

  /**
   * Goes on to the newest block that all nodes prove together.
   * @throws as `read`
   */
  keepUp(): Promise<void> {
    return this.#inTurn(async () => {
      const {chain} = await syncLight(this.#chain, this.#lightPorts(this.#sources));
      this.#chain = chain;
      await this.ports.save(chain);
    });
  }

  async #read(at: {readonly store: string; readonly key: string}, maxAgeMs: number): Promise<StateReading> {
    let best: StateReading | null = null;
    let failed = nobody([]);
    for (const source of this.#sources)
      try {
        const {chain, checkpoint, value} = await readState(this.#chain, at, this.#lightPorts([source]));
        await this.#reach(chain);
        if (!best || checkpoint.height > best.checkpoint.height) best = {checkpoint, value};
        if (BigInt(this.ports.nowMs()) - checkpoint.timeMs > BigInt(maxAgeMs)) continue;
        this.#sources = [source, ...this.#sources.filter((each) => each !== source)];
        break;
      } catch (error) {
        if (!isOfSource(error)) throw error;
        failed = error;
      }
    if (best) return best;
    throw failed;
  }

  #lightPorts(sources: readonly LightSource[]): LightPorts {
    const {verify, sleep, told} = this.ports;
    return {sources, verify, sleep, told, entered: (chain) => this.#reach(chain)};
  }

  /** Within an epoch one step is as short as another: only its beginning has to be on disk at once. */
  async #reach(chain: LightChain): Promise<void> {
    const before = newestOf(this.#chain);
    this.#chain = chain;
    if (newestOf(chain).epoch !== before.epoch) await this.ports.save(chain);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      if (this.#forked) throw this.#forked;
      checkAge(this.#chain, BigInt(this.ports.nowMs()));
      try {
        return await work();
      } catch (error) {
        if (error instanceof QsdmError && error.code === "CHAIN_FORKED") this.#forked = error;
        throw error;
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Whether a read failed by one node alone, so that another may be asked. */
const isOfSource = (error: unknown): error is QsdmError =>
  error instanceof QsdmError && (error.code === "SOURCES_LIED" || error.code === "SOURCES_UNAVAILABLE");
