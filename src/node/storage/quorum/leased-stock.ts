/** Stock on disk, and what of it was leased and is in memory alone. */
import {InvariantError} from "../../../errors.js";
import type {Vector} from "../../quorum/field/vector.js";
import {Columns, joinedRanges, Leases} from "../../quorum/strict/leases.js";
import {coordinatorOf, firstNumberOf} from "../../quorum/strict/numbers.js";
import type {Range, StockKind} from "../../quorum/strict/store.js";
import type {Sqlite} from "../sqlite/driver.js";
import type {NumberTable} from "./number-table.js";
import {truncateJournal} from "./private.js";
import {StockTable} from "./stock-table.js";

/** Largest number that a column holds. */
const NUMBER_MAX = 2n ** 63n - 1n;

/** That of the first coordinator is called as it was when there was but one. */
const nextName = (kind: StockKind, coordinator: number): string =>
  coordinator === 0 ? `next-${kind}` : `next-${kind}-${coordinator}`;

const noLeases = (): Record<StockKind, Leases> => ({triple: new Leases(), mask: new Leases()});

export class LeasedStock {
  readonly #table: StockTable;
  #leases = noLeases();

  /** @param db that overwrites what is deleted */
  constructor(
    private readonly db: Sqlite,
    private readonly numbers: NumberTable,
  ) {
    this.#table = new StockTable(db);
  }

  nextOf(kind: StockKind, coordinator: number): bigint {
    return this.numbers.number(nextName(kind, coordinator)) ?? firstNumberOf(coordinator);
  }

  ranges(kind: StockKind): readonly Range[] {
    return joinedRanges([...this.#table.ranges(kind), ...this.#leases[kind].ranges]);
  }

  /** Within a transaction. */
  add(kind: StockKind, range: Range, matrix: Vector): void {
    this.#table.add(kind, new Columns(range, matrix));
    this.numbers.setNumber(nextName(kind, coordinatorOf(range.first)), range.first + BigInt(range.count));
  }

  lease(kind: StockKind, range: Range): boolean {
    if (this.db.inTransaction) throw new InvariantError("what is leased stays off the disk");
    if (range.first + BigInt(range.count) > NUMBER_MAX) return false;
    const leases = this.#leases[kind];
    if (leases.has(range)) return true;
    const leased = this.#table.lease(leases, kind, range);
    if (!leased) return false;
    truncateJournal(this.db);
    this.#leases[kind] = leased;
    return true;
  }

  take(kind: StockKind, range: Range): Vector | null {
    return this.#leases[kind].take(range);
  }

  /** Within a transaction. What is leased stays until `dropLeases`. */
  clear(): void {
    this.#table.clear();
  }

  /** What was leased and not taken counts as used, unless `putBack` gets it. */
  dropLeases(): Record<StockKind, Leases> {
    const leases = this.#leases;
    this.#leases = noLeases();
    return leases;
  }

  /** Within a transaction. */
  putBack(leases: Record<StockKind, Leases>): void {
    for (const [kind, {columns}] of Object.entries(leases) as [StockKind, Leases][])
      for (const each of columns) this.#table.add(kind, each);
  }
}
