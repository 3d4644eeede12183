/** Queries that later ones are compared with, and the scores of who sent them. */
import {plain} from "../../../codecs/bytes.js";
import {ticket} from "../../../codecs/quorum/strict/statements.js";
import type {QueriesOf, Query} from "../../quorum/strict/store.js";
import type {PreparedStatements} from "./prepared-statements.js";

export const QUERY_TABLES = `
CREATE TABLE query (
  id INTEGER PRIMARY KEY,
  ticket BLOB NOT NULL UNIQUE,
  program_id TEXT NOT NULL,
  client TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  shares BLOB NOT NULL,
  macs BLOB NOT NULL,
  signed BLOB NOT NULL,
  scored INTEGER NOT NULL
) STRICT;
CREATE INDEX query_of ON query (program_id, client);
CREATE TABLE score (
  program_id TEXT NOT NULL,
  client TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (program_id, client)
) STRICT;
`;

interface Row {
  readonly program_id: string;
  readonly client: string;
  readonly epoch: bigint;
  readonly shares: Buffer;
  readonly macs: Buffer;
  readonly signed: Buffer;
}

export class QueryTable {
  /** @param sql of a database that overwrites what is deleted */
  constructor(private readonly sql: PreparedStatements) {}

  tickets({programId, client}: QueriesOf): readonly Uint8Array[] {
    const rows = this.sql.rows<{ticket: Buffer}>(
      "SELECT ticket FROM query WHERE program_id = ? AND client = ? ORDER BY id",
      programId,
      client,
    );
    return rows.map((row) => plain(row.ticket).slice());
  }

  query(digest: Uint8Array): Query | null {
    const [row] = this.sql.rows<Row>(
      "SELECT program_id, client, epoch, shares, macs, signed FROM query WHERE ticket = ?",
      digest,
    );
    if (!row) return null;
    return {
      ...{programId: row.program_id, client: row.client, ticket: digest, epoch: row.epoch},
      inputs: {shares: plain(row.shares).slice(), macs: plain(row.macs).slice()},
      signed: ticket.decode(plain(row.signed)),
    };
  }

  /** Within a transaction. */
  save({programId, client, ticket: digest, epoch, inputs, signed}: Query, keep: number): void {
    this.sql.run(
      `INSERT OR IGNORE INTO query (ticket, program_id, client, epoch, shares, macs, signed, scored)
      VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
      ...[digest, programId, client, epoch, inputs.shares, inputs.macs, ticket.encode(signed)],
    );
    this.sql.run(
      `DELETE FROM query WHERE program_id = :program AND client = :client AND id NOT IN
      (SELECT id FROM query WHERE program_id = :program AND client = :client ORDER BY id DESC LIMIT :keep)`,
      {program: programId, client, keep},
    );
  }

  score({programId, client}: QueriesOf): bigint {
    const [row] = this.sql.rows<{value: bigint}>(
      "SELECT value FROM score WHERE program_id = ? AND client = ?",
      programId,
      client,
    );
    return row?.value ?? 0n;
  }

  /** Within a transaction. A query that is tried again adds what it adds once. */
  addScore(query: QueriesOf & Pick<Query, "ticket">, added: number): bigint {
    const {programId, client, ticket: digest} = query;
    const [row] = this.sql.rows<{scored: bigint}>("SELECT scored FROM query WHERE ticket = ?", digest);
    const before = row?.scored ?? 0n;
    const more = BigInt(added) > before ? BigInt(added) - before : 0n;
    const value = this.score(query) + more;
    this.sql.run("INSERT OR REPLACE INTO score (program_id, client, value) VALUES (?, ?, ?)", programId, client, value);
    this.sql.run("UPDATE query SET scored = ? WHERE ticket = ?", before + more, digest);
    return value;
  }

  clear(): void {
    this.sql.run("DELETE FROM query");
  }
}
