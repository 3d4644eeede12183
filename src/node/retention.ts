/**
 * Which blocks a node keeps whole. What is older loses body, votes and receipts, some blocks at a time behind the commits;
 * headers stay, and with them every proof that names one.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {UsageError} from "../errors.js";
import type {Log} from "./service.js";
import type {LedgerStore} from "./storage/store.js";

/** What is kept: whatever one of the two says. */
export interface Retention {
  /** So many of the newest blocks; null keeps all, an archive. Days alone would say nothing of a chain that stood still. */
  readonly blocks: bigint | null;
  /** Blocks of so many days, back from the time of the tip: a wrong clock deletes nothing. */
  readonly days: number | null;
}

export const ARCHIVE: Retention = {blocks: null, days: null};

/**
 * Least that can be kept: what nodes that were away for a while ask for, and more than whatever is read back at a start. On
 * a main network a day of peers that restart, and what its rules ask for.
 */
export const RETAIN_MIN_BLOCKS = {mainnet: 10_000n, other: 1_000n} as const;

/** Blocks that are dropped in one transaction, and that are waited for, so that a commit is never long behind one. */
const STEP_BLOCKS = 64;
/** Bytes given back to the file system at a time. */
const RECLAIM_BYTES = 4 * 1024 * 1024;
/** Between two steps. */
const PAUSE_MS = 20;
const DAY_MS = 86_400_000n;

/** @throws UsageError RETAIN_TOO_FEW */
export function checkRetention({blocks}: Retention, network: string): void {
  const least = network === "mainnet" || network === "testnet" ? RETAIN_MIN_BLOCKS.mainnet : RETAIN_MIN_BLOCKS.other;
  if (blocks === null || blocks >= least) return;
  throw new UsageError(
    "RETAIN_TOO_FEW",
    `${blocks} blocks are too few: at least ${least} have to be kept on this network`,
    {
      hint: `pass --retain-blocks ${least} or more; --retain-days keeps further ones`,
    },
  );
}

export interface PruningPorts {
  readonly store: Pick<LedgerStore, "header" | "prunedHeight" | "prune" | "reclaim">;
  tipHeight(): bigint;
  readonly log: Pick<Log, "info">;
  /** The node cannot go on. */
  failed(error: unknown): void;
}

export class Pruning {
  /** Blocks dropped since the start. */
  pruned = 0n;
  #running: Promise<void> | null = null;
  readonly #abort = new AbortController();

  constructor(
    private readonly retention: Retention,
    private readonly ports: PruningPorts,
  ) {}

  /** Whether blocks are being dropped now. */
  get running(): boolean {
    return this.#running !== null;
  }

  /** Called after each block. */
  committed(): void {
    const {blocks} = this.retention;
    if (blocks === null || this.#running || this.#abort.signal.aborted) return;
    const from = this.ports.store.prunedHeight();
    if (this.#limit() < from + BigInt(STEP_BLOCKS)) return;
    this.#running = this.#run(from)
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.ports.failed(error);
      })
      .finally(() => {
        this.#running = null;
      });
  }

  /** Ends between two steps. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(from: bigint): Promise<void> {
    const {store, log} = this.ports;
    const {signal} = this.#abort;
    let at = from;
    for (let limit = this.#limit(); at < limit; ) {
      await sleep(PAUSE_MS, null, {signal});
      const now = store.prune({upTo: limit, blocksMax: STEP_BLOCKS});
      // The newest block is kept whatever is asked.
      if (now === at) break;
      this.pruned += now - at;
      at = now;
    }
    let left = Number.POSITIVE_INFINITY;
    for (let free = store.reclaim(RECLAIM_BYTES); free > 0 && free < left; free = store.reclaim(RECLAIM_BYTES)) {
      left = free;
      await sleep(PAUSE_MS, null, {signal});
    }
    log.info({from: from + 1n, to: at}, "old blocks were pruned");
  }

  /** The last height that nothing asks to be kept. */
  #limit(): bigint {
    const tip = this.ports.tipHeight();
    const {blocks, days} = this.retention;
    const byBlocks = blocks === null ? tip : tip - blocks;
    const byDays = days === null ? tip : this.#lastBefore(tip, BigInt(days) * DAY_MS);
    return byBlocks < byDays ? byBlocks : byDays;
  }

  /** The last height whose time is `ms` or more before that of `tip`; times ascend with heights. */
  #lastBefore(tip: bigint, ms: bigint): bigint {
    const {store} = this.ports;
    const before = store.header(tip)!.timeMs - ms;
    let low = store.prunedHeight();
    let high = tip;
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      if (store.header(middle)!.timeMs <= before) low = middle;
      else high = middle - 1n;
    }
    return low;
  }
}
