/** From which size on a batch is quicker on a device than on the CPU: what a launch and two copies cost differs by ten. */

/** Sizes that are tried, doubling. A batch that is not worth it at the last one never is. */
const FEWEST = 64;
const MOST = 65_536;
/** The quicker of so many tries counts: the first one also pays for what is loaded once. */
const TRIES = 2;

/** Who does a batch of `count`, and a clock. */
export interface Contest {
  host(count: number): void;
  device(count: number): void;
  /** Monotonic. */
  nowMs(): number;
}

/** The smallest power of two from which on the device is quicker; Infinity where it never is. */
export function breakEvenOf({host, device, nowMs}: Contest): number {
  const took = (batch: (count: number) => void, count: number): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let tried = 0; tried < TRIES; tried++) {
      const startedAtMs = nowMs();
      batch(count);
      best = Math.min(best, nowMs() - startedAtMs);
    }
    return best;
  };
  for (let count = FEWEST; count <= MOST; count *= 2) if (took(device, count) < took(host, count)) return count;
  return Number.POSITIVE_INFINITY;
}
