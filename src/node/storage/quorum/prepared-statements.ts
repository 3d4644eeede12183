/** Statements of one database, each prepared once. */
import type {Sqlite, Statement} from "../sqlite/driver.js";

export class PreparedStatements {
  readonly #statements = new Map<string, Statement>();

  constructor(private readonly db: Sqlite) {}

  rows<R>(sql: string, ...parameters: unknown[]): R[] {
    return this.#prepared(sql).all(...parameters) as R[];
  }

  run(sql: string, ...parameters: unknown[]): void {
    this.#prepared(sql).run(...parameters);
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}
