/** How long a view may take: growing with each view that was given up, and back at the start when a block is final. */

export interface PacemakerOptions {
  /** What the first view after progress is given, milliseconds. */
  readonly baseMs: number;
  readonly multiplier: number;
  readonly maxMs: number;
}

export const DEFAULT_PACEMAKER: PacemakerOptions = {baseMs: 1_000, multiplier: 2, maxMs: 30_000};

/** Most by which a timeout is stretched or shortened, in basis points, so that nodes do not fall into step. */
export const JITTER_BPS_MAX = 1_000;

/** Given up after this long, once a block could be there; `failures` views in a row were given up before. */
export const timeoutMs = (failures: number, {baseMs, multiplier, maxMs}: PacemakerOptions): number =>
  Math.min(baseMs * multiplier ** failures, maxMs);

/** `ms`, moved by `jitterBps`, which lies between -JITTER_BPS_MAX and JITTER_BPS_MAX. */
export const jittered = (ms: number, jitterBps: number): number => Math.round((ms * (10_000 + jitterBps)) / 10_000);
