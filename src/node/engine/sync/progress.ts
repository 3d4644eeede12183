/** How far catching up has come, for people: where it is going, how fast, and how long that takes. */
import type {Log} from "../../service.js";

/** Blocks that a node may lack and still be called level: it asks for those once. */
const LEVEL_BLOCKS = 16n;
const LOG_EVERY_MS = 10_000;
/** The rate is that of the last so many seconds. */
const SAMPLES = 15;
const SAMPLE_MS = 1_000;

export interface SyncState {
  /** Whether this node is behind by more than a few blocks. */
  readonly catchingUp: boolean;
  /** Height that others have, as far as known; nothing proves what lies above the headers. */
  readonly targetHeight: bigint;
  /** Blocks per second of the last seconds, rounded down. */
  readonly blocksPerSecond: number;
  /** Until the target at that rate; null where nothing can be said. */
  readonly etaSeconds: number | null;
}

interface Sample {
  readonly atMs: number;
  readonly height: bigint;
}

export class Progress {
  /** Oldest first; empty while this node is level. */
  #samples: Sample[] = [];
  #began: Sample | null = null;
  #loggedMs = 0;
  #target = 0n;

  constructor(private readonly ports: {nowMs(): number; readonly log: Log}) {}

  state(height: bigint): SyncState {
    const targetHeight = this.#target > height ? this.#target : height;
    const [first] = this.#samples;
    const seconds = first ? (this.ports.nowMs() - first.atMs) / 1_000 : 0;
    const rate = first && seconds > 0 ? Number(height - first.height) / seconds : 0;
    return {
      catchingUp: this.#began !== null,
      targetHeight,
      blocksPerSecond: Math.floor(rate),
      etaSeconds: this.#began && rate > 0 ? Math.ceil(Number(targetHeight - height) / rate) : null,
    };
  }

  /** The tip is at `height`, and others are at `target`. */
  note(height: bigint, target: bigint): void {
    const {nowMs, log} = this.ports;
    const atMs = nowMs();
    this.#target = target;
    if (!this.#began) {
      if (target <= height + LEVEL_BLOCKS) return;
      this.#began = {atMs, height};
      this.#samples = [this.#began];
      this.#loggedMs = atMs;
      log.info({height, target}, "catching up");
      return;
    }
    if (atMs - this.#samples.at(-1)!.atMs >= SAMPLE_MS)
      this.#samples = [...this.#samples, {atMs, height}].slice(-SAMPLES);
    if (atMs - this.#loggedMs < LOG_EVERY_MS) return;
    this.#loggedMs = atMs;
    const {blocksPerSecond: blocks_per_second, etaSeconds: eta_seconds} = this.state(height);
    log.info({height, target, blocks_per_second, eta_seconds}, "catching up");
  }

  /** Nobody has more than this node, or can bring it now. */
  end(height: bigint): void {
    if (!this.#began) return;
    const {atMs, height: from} = this.#began;
    const seconds = Math.round((this.ports.nowMs() - atMs) / 1_000);
    const level = this.#target <= height + LEVEL_BLOCKS;
    const what = level ? "caught up" : "nobody brings more blocks now; asking again";
    this.ports.log.info({height, target: this.#target, blocks: height - from, seconds}, what);
    this.#began = null;
    this.#samples = [];
  }
}
