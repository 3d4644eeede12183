/** What became of tickets, and what their clients may still ask. */
import type {Quota, TicketRecord} from "../../quorum/strict/store.js";
import type {PreparedStatements} from "./prepared-statements.js";

export class SpendingTable {
  constructor(private readonly sql: PreparedStatements) {}

  ticket(digest: Uint8Array): TicketRecord | null {
    const [row] = this.sql.rows<{attempt: bigint; done: bigint}>(
      "SELECT attempt, done FROM ticket WHERE digest = ?",
      digest,
    );
    return row ? {attempt: Number(row.attempt), done: row.done === 1n} : null;
  }

  saveTicket(digest: Uint8Array, {attempt, done}: TicketRecord, notAfterMs: bigint): void {
    this.sql.run(
      "INSERT OR REPLACE INTO ticket (digest, attempt, done, not_after_ms) VALUES (?, ?, ?, ?)",
      digest,
      attempt,
      done ? 1 : 0,
      notAfterMs,
    );
  }

  dropTicketsBefore(nowMs: bigint): void {
    this.sql.run("DELETE FROM ticket WHERE not_after_ms < ?", nowMs);
  }

  quota(programId: string, client: string): Quota | null {
    const [row] = this.sql.rows<{remaining: string; units: string; at_ms: bigint}>(
      "SELECT remaining, units, at_ms FROM quota WHERE program_id = ? AND client = ?",
      programId,
      client,
    );
    return row ? {remaining: BigInt(row.remaining), units: BigInt(row.units), atMs: row.at_ms} : null;
  }

  saveQuota(programId: string, client: string, {remaining, units, atMs}: Quota): void {
    this.sql.run(
      "INSERT OR REPLACE INTO quota (program_id, client, remaining, units, at_ms) VALUES (?, ?, ?, ?, ?)",
      programId,
      client,
      `${remaining}`,
      `${units}`,
      atMs,
    );
  }

  spent(programId: string, whose: string): bigint {
    const [row] = this.sql.rows<{cost: string}>(
      "SELECT cost FROM spent WHERE program_id = ? AND whose = ?",
      programId,
      whose,
    );
    return row ? BigInt(row.cost) : 0n;
  }

  saveSpent(programId: string, whose: string, cost: bigint): void {
    this.sql.run(
      "INSERT OR REPLACE INTO spent (program_id, whose, cost) VALUES (?, ?, ?)",
      programId,
      whose,
      `${cost}`,
    );
  }
}
