/** What was odd in what was read, counted by kind, so that a report stays small however much there is. */

export interface Anomaly {
  /** For programs: lower case with hyphens. */
  readonly kind: string;
  readonly count: number;
  /** Where it was seen first. */
  readonly first: string;
}

export class Anomalies {
  readonly #found = new Map<string, {count: number; readonly first: string}>();

  add(kind: string, where: string, count = 1): void {
    const known = this.#found.get(kind);
    if (known) known.count += count;
    else this.#found.set(kind, {count, first: where});
  }

  list(): readonly Anomaly[] {
    return [...this.#found].map(([kind, {count, first}]) => ({kind, count, first}));
  }
}
