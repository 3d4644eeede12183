/**
 * The nodes that a miner works for, in the order of their preference. Work comes from the first that serves any; the
 * challenge and the answer to a proof come from the same one, because challenges are good only where they were issued.
 */
import type {Challenge, ChallengeBinding} from "../../codecs/mining/challenge.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import {QsdmError, UnavailableError} from "../../errors.js";

import {Backoff} from "./backoff.js";
import type {Answer} from "./ports.js";

/** One node, as the miner sees it. */
export interface MinerNode {
  /** For people: its URL. */
  readonly name: string;
  /** @throws UnavailableError while the node cannot say; RuleError when it is of another chain */
  work(): Promise<ServedWork>;
  /**
   * A challenge for one proof, or for any where the chain does not bind them.
   * @throws UnavailableError while the node cannot be asked
   */
  challenge(binding: ChallengeBinding | null): Promise<Challenge>;
  /** @throws UnavailableError when no answer came, and the proof may have arrived or not */
  submit(raw: Uint8Array): Promise<Answer>;
  /** Resolves when there may be a new tip, after `ms` at the latest, or when `signal` aborts. Never rejects. */
  waitForTip(ms: number, signal: AbortSignal): Promise<void>;
}

/** Work, and the node that it is from. */
export interface SourcedWork {
  readonly node: MinerNode;
  readonly work: ServedWork;
}

/** What becomes of a source. */
export interface SourceChange {
  readonly source: string;
  /** `used`: work comes from it now; `lost`: it does not answer; `refused`: it will not be asked again. */
  readonly state: "used" | "lost" | "refused";
  readonly error: QsdmError | null;
}

/** Time after which a node that did not answer is asked again, while another one serves. */
const RETRY_MS = {first: 1_000, limit: 60_000};

interface Source {
  readonly node: MinerNode;
  readonly backoff: Backoff;
  retryAtMs: number;
  refusal: QsdmError | null;
}

export class Sources {
  readonly #sources: readonly Source[];
  #used: Source | null = null;

  constructor(
    nodes: readonly MinerNode[],
    private readonly ports: {nowMs(): number; told(change: SourceChange): void},
  ) {
    this.#sources = nodes.map((node) => ({
      node,
      backoff: new Backoff(RETRY_MS.first, RETRY_MS.limit),
      retryAtMs: 0,
      refusal: null,
    }));
  }

  /** Whether there is another node to turn to when one does not answer. */
  get several(): boolean {
    return this.#sources.filter(({refusal}) => !refusal).length > 1;
  }

  /**
   * Work of the first node that serves any. Every call asks at least one.
   * @throws UnavailableError of the last one asked; the refusal of the last one left
   */
  async work(): Promise<SourcedWork> {
    const usable = this.#sources.filter(({refusal}) => !refusal);
    if (usable.length === 0) throw this.#sources.at(-1)!.refusal;
    const rested = usable.filter(({retryAtMs}) => retryAtMs <= this.ports.nowMs());
    const asked = rested.length > 0 ? rested : usable;
    let last: UnavailableError | null = null;
    for (const source of asked)
      try {
        const work = await source.node.work();
        this.#use(source);
        return {node: source.node, work};
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        if (error instanceof UnavailableError) {
          last = error;
          this.#lost(source, error);
        } else this.refuse(source.node, error);
      }
    if (last !== null) throw last;
    // All that were rested refuse: whoever is left may have come back.
    return this.work();
  }

  /** Leaves a node alone for good. @throws `error` when it was the last one */
  refuse(node: MinerNode, error: QsdmError): void {
    const source = this.#sources.find((each) => each.node === node)!;
    source.refusal = error;
    if (this.#sources.every(({refusal}) => refusal)) throw error;
    this.ports.told({source: node.name, state: "refused", error});
  }

  #use(source: Source): void {
    source.backoff.reset();
    source.retryAtMs = 0;
    if (this.#used === source) return;
    this.#used = source;
    this.ports.told({source: source.node.name, state: "used", error: null});
  }

  #lost(source: Source, error: UnavailableError): void {
    const known = source.retryAtMs > 0;
    source.retryAtMs = this.ports.nowMs() + source.backoff.next();
    // Once, not for each try; with one source the miner says itself that it waits.
    if (!known && this.several) this.ports.told({source: source.node.name, state: "lost", error});
  }
}
