/** What a custodian keeps, in one SQLite file: programs, shares, unspent triples. */
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import type {CustodianStore, Holding} from "../../quorum/custodian/store.js";
import type {Delivery, NodePool} from "../../quorum/custodian/triple-pool.js";
import type {TripleShare} from "../../quorum/sharing/beaver.js";
import type {Share} from "../../quorum/sharing/shamir.js";
import type {Sqlite, Statement} from "../sqlite/driver.js";
import type {DatabaseForm} from "../sqlite/open.js";
import {openErasing} from "./private.js";

const FORM: DatabaseForm = {
  journal: "truncate",
  // "qvmc" in ASCII.
  applicationId: 0x71766d63,
  version: 2,
  schema: `
CREATE TABLE program (
  id TEXT PRIMARY KEY,
  package BLOB NOT NULL
) STRICT;
CREATE TABLE share (
  program_id TEXT NOT NULL,
  name TEXT NOT NULL,
  x TEXT NOT NULL,
  y TEXT NOT NULL,
  PRIMARY KEY (program_id, name)
) STRICT;
CREATE TABLE pool (
  id INTEGER PRIMARY KEY,
  program_id TEXT NOT NULL,
  node TEXT NOT NULL,
  floor INTEGER NOT NULL,
  next INTEGER NOT NULL,
  UNIQUE (program_id, node)
) STRICT;
CREATE TABLE triple (
  pool_id INTEGER NOT NULL REFERENCES pool (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (pool_id, number)
) STRICT, WITHOUT ROWID;
`,
};

/** Beside the schema, because files of version 2 without it are read. */
const REFRESH = `
CREATE TABLE IF NOT EXISTS refresh (
  program_id TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (program_id, name)
) STRICT;
`;

export class SqliteCustodianStore implements CustodianStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteCustodianStore {
    // What is spent or retired is overwritten; the journal keeps no copy either.
    const db = openErasing(path, FORM);
    db.exec(REFRESH);
    return new SqliteCustodianStore(db);
  }

  readonly #statements = new Map<string, Statement>();

  private constructor(private readonly db: Sqlite) {}

  *load(): Iterable<Holding> {
    const ids = this.#rows<{id: string}>(
      "SELECT id FROM program UNION SELECT program_id FROM share UNION SELECT program_id FROM pool",
    );
    for (const {id} of ids) {
      const [program] = this.#rows<{package: Buffer}>("SELECT package FROM program WHERE id = ?", id);
      const shares = this.#rows<{name: string; x: string; y: string}>(
        "SELECT name, x, y FROM share WHERE program_id = ?",
        id,
      );
      const refreshes = this.#rows<{name: string; id: string}>("SELECT name, id FROM refresh WHERE program_id = ?", id);
      yield {
        programId: id,
        program: program ? programPackage.decode(program.package) : null,
        shares: new Map(shares.map(({name, x, y}) => [name, {x: BigInt(x), y: BigInt(y)}])),
        refreshes: new Map(refreshes.map(({name, id: refreshId}) => [name, refreshId])),
        pools: this.#pools(id),
      };
    }
  }

  atomically(work: () => void): void {
    this.db.transaction(work).immediate();
  }

  saveProgram(program: ProgramPackage): void {
    this.#run(
      "INSERT INTO program (id, package) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET package = excluded.package",
      program.programId,
      programPackage.encode(program),
    );
  }

  saveShares(programId: string, shares: ReadonlyMap<string, Share>): void {
    this.atomically(() => {
      for (const [name, {x, y}] of shares)
        this.#run(
          "INSERT OR REPLACE INTO share (program_id, name, x, y) VALUES (?, ?, ?, ?)",
          programId,
          name,
          `${x}`,
          `${y}`,
        );
    });
  }

  saveRefresh(programId: string, name: string, refreshId: string): void {
    this.#run("INSERT OR REPLACE INTO refresh (program_id, name, id) VALUES (?, ?, ?)", programId, name, refreshId);
  }

  addTriples(programId: string, deliveries: readonly Delivery[]): void {
    this.atomically(() => {
      const add = this.db.prepare("INSERT INTO triple (pool_id, number, value) VALUES (?, ?, ?)");
      for (const {node, first, triples} of deliveries) {
        this.#run(
          "INSERT INTO pool (program_id, node, floor, next) VALUES (?, ?, 0, ?) " +
            "ON CONFLICT (program_id, node) DO UPDATE SET next = excluded.next",
          programId,
          node,
          first + triples.length,
        );
        const [pool] = this.#rows<{id: bigint}>(
          "SELECT id FROM pool WHERE program_id = ? AND node = ?",
          programId,
          node,
        );
        for (const [at, {a, b, c}] of triples.entries()) add.run(pool!.id, first + at, encodeElements([a, b, c]));
      }
    });
  }

  spendTriples(programId: string, floors: ReadonlyMap<string, number>): void {
    this.atomically(() => {
      for (const [node, floor] of floors) {
        this.#run(
          "DELETE FROM triple WHERE number < ? AND pool_id = (SELECT id FROM pool WHERE program_id = ? AND node = ?)",
          floor,
          programId,
          node,
        );
        this.#run("UPDATE pool SET floor = max(floor, ?) WHERE program_id = ? AND node = ?", floor, programId, node);
      }
    });
  }

  drop(programId: string): void {
    this.atomically(() => {
      this.#run("DELETE FROM program WHERE id = ?", programId);
      this.#run("DELETE FROM share WHERE program_id = ?", programId);
      this.#run("DELETE FROM refresh WHERE program_id = ?", programId);
      this.#run("DELETE FROM pool WHERE program_id = ?", programId);
    });
  }

  close(): void {
    this.db.close();
  }

  #pools(programId: string): NodePool[] {
    const pools = this.#rows<{id: bigint; node: string; floor: bigint; next: bigint}>(
      "SELECT id, node, floor, next FROM pool WHERE program_id = ? ORDER BY id",
      programId,
    );
    return pools.map(({id, node, floor, next}) => {
      const rows = this.#rows<{number: bigint; value: Buffer}>(
        "SELECT number, value FROM triple WHERE pool_id = ? ORDER BY number",
        id,
      );
      const triples = rows.map(({number, value}) => [Number(number), tripleOf(value)] as const);
      return {node, floor: Number(floor), next: Number(next), triples: new Map(triples)};
    });
  }

  #rows<R>(sql: string, ...parameters: unknown[]): R[] {
    return this.#prepared(sql).all(...parameters) as R[];
  }

  #run(sql: string, ...parameters: unknown[]): void {
    this.#prepared(sql).run(...parameters);
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

function tripleOf(bytes: Uint8Array): TripleShare {
  const [a = 0n, b = 0n, c = 0n] = decodeElements(bytes, 3);
  return {a, b, c};
}
