/**
 * One custodian's triples of one program, by number. A triple is used at most once, ever: custodians that each took
 * "the next one" would use different triples after one of them missed an evaluation (defect D9).
 */
import {RuleError} from "../../../errors.js";
import type {TripleShare} from "../sharing/beaver.js";

/** Triples of one node: numbers below `next` were delivered, those below `floor` are spent. */
export interface NodePool {
  readonly node: string;
  readonly floor: number;
  readonly next: number;
  /** The unspent ones by number. */
  readonly triples: ReadonlyMap<number, TripleShare>;
}

/** Triples for one node with the number of the first. */
export interface Delivery {
  readonly node: string;
  readonly first: number;
  readonly triples: readonly TripleShare[];
}

/** One triple for each product of an evaluation. */
export interface Taken {
  readonly triples: ReadonlyMap<string, TripleShare>;
  /** New floor of each node. */
  readonly floors: ReadonlyMap<string, number>;
}

/** Most unspent triples of one node. */
export const POOL_MAX_TRIPLES = 100_000;

/** Three field elements in a map, and the node's name. */
export const sizeOfTriples = (node: string, count: number): number => 2 * node.length + 300 * (count + 1);

interface MutablePool {
  floor: number;
  next: number;
  readonly triples: Map<number, TripleShare>;
}

export class TriplePool {
  readonly #nodes = new Map<string, MutablePool>();

  constructor(stored: Iterable<NodePool> = []) {
    for (const {node, floor, next, triples} of stored) this.#nodes.set(node, {floor, next, triples: new Map(triples)});
  }

  /** What the unspent triples of all nodes take, roughly. */
  get sizeBytes(): number {
    let size = 0;
    for (const [node, {triples}] of this.#nodes) size += sizeOfTriples(node, triples.size);
    return size;
  }

  /**
   * Numbers a delivery: from `first`, or where the last one of each node ended.
   * @throws RuleError TRIPLE_NUMBER_USED, TRIPLE_POOL_FULL
   */
  number(delivered: ReadonlyMap<string, readonly TripleShare[]>, first: number | null): readonly Delivery[] {
    return [...delivered].map(([node, triples]) => {
      const {next, triples: held} = this.#nodes.get(node) ?? {next: 0, triples: new Map()};
      if (held.size + triples.length > POOL_MAX_TRIPLES)
        throw new RuleError("TRIPLE_POOL_FULL", `node ${node} would have more than ${POOL_MAX_TRIPLES} triples`);
      if (first !== null && first < next)
        throw new RuleError("TRIPLE_NUMBER_USED", `triple ${first} of node ${node} was delivered before`, {
          hint: `the next number is ${next}`,
          details: {next_index: next},
        });
      return {node, first: first ?? next, triples};
    });
  }

  /** Adds numbered triples. */
  add(deliveries: readonly Delivery[]): void {
    for (const {node, first, triples} of deliveries) {
      const pool = this.#nodes.get(node) ?? {floor: 0, next: 0, triples: new Map()};
      for (const [at, triple] of triples.entries()) pool.triples.set(first + at, triple);
      pool.next = Math.max(pool.next, first + triples.length);
      this.#nodes.set(node, pool);
    }
  }

  /**
   * Looks one triple up for each of `nodes`: number `index`, or the oldest unspent ones. Nothing is spent until `spend`.
   * @throws RuleError TRIPLE_SPENT, TRIPLE_MISSING
   */
  pick(nodes: readonly string[], index: number | null): Taken {
    const triples = new Map<string, TripleShare>();
    const floors = new Map<string, number>();
    for (const node of nodes) {
      const pool = this.#nodes.get(node);
      if (pool && index !== null && index < pool.floor)
        throw new RuleError("TRIPLE_SPENT", `triple ${index} of node ${node} was used before`);
      // Map keeps the order of delivery, which is that of the numbers.
      const number = index ?? pool?.triples.keys().next().value;
      const triple = number === undefined ? undefined : pool?.triples.get(number);
      if (triple === undefined || number === undefined)
        throw new RuleError("TRIPLE_MISSING", `no triple${index === null ? "" : ` ${index}`} for node ${node}`, {
          hint: "replenish the pool of triples",
        });
      triples.set(node, triple);
      floors.set(node, number + 1);
    }
    return {triples, floors};
  }

  /** Forgets every triple below the floors. */
  spend(floors: ReadonlyMap<string, number>): void {
    for (const [node, floor] of floors) {
      const pool = this.#nodes.get(node)!;
      pool.floor = Math.max(pool.floor, floor);
      for (const number of pool.triples.keys()) {
        if (number >= floor) break;
        pool.triples.delete(number);
      }
    }
  }
}
