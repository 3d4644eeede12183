/** Numbers that a custodian counts with, by name. */
import type {PreparedStatements} from "./prepared-statements.js";

export class NumberTable {
  constructor(private readonly sql: PreparedStatements) {}

  number(name: string): bigint | undefined {
    const [row] = this.sql.rows<{value: bigint}>("SELECT value FROM number WHERE name = ?", name);
    return row?.value;
  }

  setNumber(name: string, value: bigint): void {
    this.sql.run("INSERT OR REPLACE INTO number (name, value) VALUES (?, ?)", name, value);
  }
}
