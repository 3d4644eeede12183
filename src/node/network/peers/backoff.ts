/** When to dial somebody again. Source: bft-ledger 10.2 and 10.3. */

/** Found by chance: patience, and an end. */
export const CANDIDATE_BACKOFF = {firstMs: 5_000, doublings: 5, dropAfter: 10} as const;
/** Validators and named peers: a chain waits for them, and they are never given up. */
export const WANTED_BACKOFF = {firstMs: 200, doublings: 3, dropAfter: Number.POSITIVE_INFINITY} as const;

export type Backoff = typeof CANDIDATE_BACKOFF | typeof WANTED_BACKOFF;

/** Milliseconds to wait after `failures` dials in a row that came to nothing; `null` when it is not worth another. */
export function waitAfter(failures: number, {firstMs, doublings, dropAfter}: Backoff): number | null {
  if (failures === 0) return 0;
  return failures >= dropAfter ? null : firstMs * 2 ** Math.min(failures - 1, doublings);
}
