/**
 * Who is known: a bounded table. Only what was found by chance and is not connected can be put out, lowest score first.
 * Source: bft-ledger 10.3; vectors `p2p-peers`, kind peerTable.
 */

/** How a peer came to be known, most trusted first: named by the operator, a bootstrap node, or told by somebody. */
export type Source = "bootstrap" | "static" | "discovered";

export interface Known {
  readonly source: Source;
  readonly address: string;
}

export class PeerTable<K, E extends Known> {
  readonly #entries = new Map<K, E>();

  constructor(
    private readonly capacity: number,
    private readonly ports: {isConnected(key: K): boolean; scoreOf(key: K): number},
  ) {}

  get size(): number {
    return this.#entries.size;
  }
  get(key: K): E | undefined {
    return this.#entries.get(key);
  }
  entries(): IterableIterator<[K, E]> {
    return this.#entries.entries();
  }
  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** Puts a changed entry in the place of the one that is there. */
  replace(key: K, entry: E): void {
    if (this.#entries.has(key)) this.#entries.set(key, entry);
  }

  /** Takes one that is not known yet. @returns whether it was taken */
  insert(key: K, entry: E): boolean {
    if (entry.address === "" || this.#entries.has(key)) return false;
    if (this.#entries.size >= this.capacity && !this.#makeRoom(entry.source)) return false;
    this.#entries.set(key, entry);
    return true;
  }

  /** What is told by anybody puts nobody out: a flood of names would wash the table. */
  #makeRoom(forSource: Source): boolean {
    if (forSource === "discovered") return false;
    let worst: K | null = null;
    for (const [key, {source}] of this.#entries)
      if (
        source === "discovered" &&
        !this.ports.isConnected(key) &&
        (worst === null || this.ports.scoreOf(key) < this.ports.scoreOf(worst))
      )
        worst = key;
    if (worst === null) return false;
    this.#entries.delete(worst);
    return true;
  }
}
