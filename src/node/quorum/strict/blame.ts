/** Who is held to have deviated, by what each custodian says of the others. */

/** One custodian's word on why it ended without a result. */
export interface Accusation {
  readonly by: number;
  readonly culprits: readonly number[];
}

/**
 * Places that at least `k` others name: one of those is honest, since fewer than k deviate. Silence and breaches that all
 * see are named so; what one alone saw is its word against another's.
 */
export function namedBy(accusations: readonly Accusation[], k: number): number[] {
  const accusers = new Map<number, Set<number>>();
  for (const {by, culprits} of accusations)
    for (const culprit of culprits) {
      if (culprit === by) continue;
      const known = accusers.get(culprit) ?? new Set();
      accusers.set(culprit, known.add(by));
    }
  return [...accusers].flatMap(([place, by]) => (by.size >= k ? [place] : [])).sort((a, b) => a - b);
}
