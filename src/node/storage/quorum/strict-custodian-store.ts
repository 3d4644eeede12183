/** What a custodian of the strict profile keeps, in one SQLite file: programs, keys, shares, stock, tickets. */
import {chmodSync, closeSync, openSync} from "node:fs";
import {concat, plain} from "../../../codecs/bytes.js";
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import {approval} from "../../../codecs/quorum/strict/statements.js";
import type {
  Keys,
  Quota,
  Range,
  Reservation,
  Sharing,
  SignedApproval,
  StockKind,
  StrictStore,
  TicketRecord,
} from "../../quorum/strict/store.js";
import type {Sqlite, Statement} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";
import {STRICT_CUSTODIAN_SCHEMA} from "./strict-custodian-schema.js";

const FORM: DatabaseForm = {
  journal: "truncate",
  // "qvms" in ASCII.
  applicationId: 0x71766d73,
  version: 1,
  schema: STRICT_CUSTODIAN_SCHEMA,
};
/** Largest number that a column holds. */
const NUMBER_MAX = 2n ** 63n - 1n;
const KEY_BYTES = 32;
/** Triples or masks in one row: what a use of one of them writes again. */
const ROW_ITEMS = 256;

export class SqliteStrictStore implements StrictStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteStrictStore {
    // Before SQLite makes it for everyone to read. Its journal takes the mode of the file.
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    const db = openDatabase(path, FORM);
    // What is used or replaced is overwritten in the file; its journal keeps no copy either.
    db.pragma("foreign_keys = ON");
    db.pragma("secure_delete = ON");
    return new SqliteStrictStore(db);
  }

  readonly #statements = new Map<string, Statement>();
  readonly #programs = new Map<string, ProgramPackage>();

  private constructor(private readonly db: Sqlite) {
    for (const row of this.#rows<{package: Buffer}>("SELECT package FROM program")) {
      const program = programPackage.decode(plain(row.package));
      this.#programs.set(program.programId, program);
    }
  }

  atomically<T>(work: () => T): T {
    return this.db.inTransaction ? work() : this.db.transaction(work).immediate();
  }

  run(): bigint {
    return this.#number("run");
  }

  beginRun(run: bigint): void {
    this.#setNumber("run", run);
  }

  programs(): readonly ProgramPackage[] {
    return [...this.#programs.values()];
  }

  program(programId: string): ProgramPackage | null {
    return this.#programs.get(programId) ?? null;
  }

  saveProgram(program: ProgramPackage): void {
    const {programId} = program;
    this.#do("INSERT OR REPLACE INTO program (id, package) VALUES (?, ?)", programId, programPackage.encode(program));
    this.#programs.set(programId, program);
  }

  approvals(programId: string): readonly SignedApproval[] {
    const rows = this.#rows<{signed: Buffer}>("SELECT signed FROM approval WHERE program_id = ?", programId);
    return rows.map(({signed}) => approval.decode(plain(signed)));
  }

  saveApproval(signed: SignedApproval): void {
    const {programId, custodian} = signed.content;
    this.#do(
      "INSERT OR REPLACE INTO approval (program_id, custodian, signed) VALUES (?, ?, ?)",
      Buffer.from(programId).toString("hex"),
      custodian,
      approval.encode(signed),
    );
  }

  keys(): Keys | null {
    const [row] = this.#rows<{epoch: bigint; sets: Buffer; alpha: Buffer}>(
      "SELECT epoch, sets, alpha FROM keyset WHERE used",
    );
    if (!row) return null;
    const sets = Array.from({length: row.sets.length / KEY_BYTES}, (_, at) =>
      plain(row.sets).slice(at * KEY_BYTES, (at + 1) * KEY_BYTES),
    );
    return {epoch: row.epoch, sets, alpha: decodeElements(row.alpha, 1)[0]!};
  }

  sharing(programId: string): Sharing | null {
    const [row] = this.#rows<{job: Buffer; run: bigint; epoch: bigint}>(
      "SELECT job, run, epoch FROM sharing WHERE program_id = ? AND used",
      programId,
    );
    if (!row) return null;
    const secrets = this.#rows<{name: string; value: Buffer}>(
      "SELECT name, value FROM secret WHERE job = ? AND program_id = ?",
      row.job,
      programId,
    );
    const pairs = secrets.map(({name, value}) => {
      const [share = 0n, mac = 0n] = decodeElements(value, 2);
      return [name, {share, mac}] as const;
    });
    return {programId, run: row.run, epoch: row.epoch, secrets: new Map(pairs)};
  }

  prepare(job: Uint8Array, keys: Keys | null, sharings: readonly Sharing[]): void {
    this.atomically(() => {
      if (keys)
        this.#do(
          "INSERT INTO keyset (job, epoch, sets, alpha, used) VALUES (?, ?, ?, ?, 0)",
          job,
          keys.epoch,
          concat(...keys.sets),
          encodeElements([keys.alpha]),
        );
      for (const {programId, run, epoch, secrets} of sharings) {
        this.#do(
          "INSERT INTO sharing (job, program_id, run, epoch, used) VALUES (?, ?, ?, ?, 0)",
          job,
          programId,
          run,
          epoch,
        );
        for (const [name, {share, mac}] of secrets)
          this.#do(
            "INSERT INTO secret (job, program_id, name, value) VALUES (?, ?, ?, ?)",
            job,
            programId,
            name,
            encodeElements([share, mac]),
          );
      }
    });
  }

  commit(job: Uint8Array): boolean {
    return this.atomically(() => {
      const [keyset] = this.#rows<{epoch: bigint; used: bigint}>("SELECT epoch, used FROM keyset WHERE job = ?", job);
      if (keyset) {
        if (keyset.used) return true;
        this.#do("DELETE FROM keyset WHERE epoch < ?", keyset.epoch);
        this.#do("DELETE FROM sharing WHERE epoch < ?", keyset.epoch);
        for (const table of ["stock", "reservation"]) this.#do(`DELETE FROM ${table}`);
        this.#do("UPDATE keyset SET used = 1 WHERE job = ?", job);
        this.#do("UPDATE sharing SET used = 1 WHERE job = ?", job);
        return true;
      }
      const [sharing] = this.#rows<{program_id: string; epoch: bigint; used: bigint}>(
        "SELECT program_id, epoch, used FROM sharing WHERE job = ?",
        job,
      );
      if (!sharing || sharing.epoch !== this.keys()?.epoch) return false;
      this.#do("DELETE FROM sharing WHERE program_id = ? AND job <> ?", sharing.program_id, job);
      this.#do("UPDATE sharing SET used = 1 WHERE job = ?", job);
      return true;
    });
  }

  nextOf(kind: StockKind): bigint {
    return this.#number(`next-${kind}`);
  }

  ranges(kind: StockKind): readonly Range[] {
    const ranges: {first: bigint; count: number}[] = [];
    for (const row of this.#rows<{first: bigint; count: bigint}>(
      "SELECT first, count FROM stock WHERE kind = ? ORDER BY first",
      kind,
    )) {
      const last = ranges.at(-1);
      if (last && last.first + BigInt(last.count) === row.first) last.count += Number(row.count);
      else ranges.push({first: row.first, count: Number(row.count)});
    }
    return ranges;
  }

  addStock(kind: StockKind, {first, count}: Range, elements: readonly bigint[]): void {
    const bytes = encodeElements(elements);
    const size = bytes.length / count;
    this.atomically(() => {
      for (let at = 0; at < count; at += ROW_ITEMS) {
        const end = Math.min(count, at + ROW_ITEMS);
        const range = {first: first + BigInt(at), count: end - at};
        this.#addRow(kind, range, bytes.subarray(at * size, end * size));
      }
      this.#setNumber(`next-${kind}`, first + BigInt(count));
    });
  }

  spend(kind: StockKind, {first, count}: Range): readonly bigint[] | null {
    return this.atomically(() => {
      const end = first + BigInt(count);
      if (end > NUMBER_MAX) return null;
      const rows = this.#rows<{first: bigint; count: bigint; bytes: Buffer}>(
        "SELECT first, count, bytes FROM stock WHERE kind = ? AND first < ? AND first + count > ? ORDER BY first",
        kind,
        end,
        first,
      );
      let reached = first;
      for (const row of rows) reached = row.first <= reached ? row.first + row.count : first;
      if (reached < end) return null;
      const taken = rows.map((row) => {
        const from = row.first < first ? Number(first - row.first) : 0;
        const bytes = plain(row.bytes);
        const held = Number(row.count);
        const to = row.first + row.count > end ? Number(end - row.first) : held;
        const size = bytes.length / held;
        this.#do("DELETE FROM stock WHERE kind = ? AND first = ?", kind, row.first);
        if (from > 0) this.#addRow(kind, {first: row.first, count: from}, bytes.subarray(0, from * size));
        if (to < held) this.#addRow(kind, {first: row.first + BigInt(to), count: held - to}, bytes.subarray(to * size));
        return bytes.subarray(from * size, to * size);
      });
      return decodeElements(concat(...taken));
    });
  }

  reserve({first, count, epoch, client, programId, request, expiresAtMs, elements}: Reservation): void {
    this.#do(
      "INSERT INTO reservation (first, count, epoch, client, program_id, request, expires_at_ms, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      first,
      count,
      epoch,
      client,
      programId,
      request,
      expiresAtMs,
      encodeElements(elements),
    );
  }

  reservation(first: bigint): Reservation | null {
    if (first > NUMBER_MAX) return null;
    const [row] = this.#rows<{
      count: bigint;
      epoch: bigint;
      client: string;
      program_id: string;
      request: Buffer;
      expires_at_ms: bigint;
      bytes: Buffer;
    }>(
      "SELECT count, epoch, client, program_id, request, expires_at_ms, bytes FROM reservation WHERE first = ?",
      first,
    );
    if (!row) return null;
    const {count, epoch, client, program_id: programId, expires_at_ms: expiresAtMs} = row;
    const [request, elements] = [plain(row.request), decodeElements(row.bytes)];
    return {first, count: Number(count), epoch, client, programId, request, expiresAtMs, elements};
  }

  reservationsOf(client: string): number {
    const [row] = this.#rows<{n: bigint}>("SELECT count(*) AS n FROM reservation WHERE client = ?", client);
    return Number(row!.n);
  }

  dropReservation(first: bigint): void {
    this.#do("DELETE FROM reservation WHERE first = ?", first);
  }

  dropReservationsBefore(nowMs: bigint): void {
    this.#do("DELETE FROM reservation WHERE expires_at_ms < ?", nowMs);
  }

  ticket(digest: Uint8Array): TicketRecord | null {
    const [row] = this.#rows<{attempt: bigint; done: bigint}>(
      "SELECT attempt, done FROM ticket WHERE digest = ?",
      digest,
    );
    return row ? {attempt: Number(row.attempt), done: row.done === 1n} : null;
  }

  saveTicket(digest: Uint8Array, {attempt, done}: TicketRecord, notAfterMs: bigint): void {
    this.#do(
      "INSERT OR REPLACE INTO ticket (digest, attempt, done, not_after_ms) VALUES (?, ?, ?, ?)",
      digest,
      attempt,
      done ? 1 : 0,
      notAfterMs,
    );
  }

  dropTicketsBefore(nowMs: bigint): void {
    this.#do("DELETE FROM ticket WHERE not_after_ms < ?", nowMs);
  }

  quota(programId: string, client: string): Quota | null {
    const [row] = this.#rows<{remaining: string; units: string; at_ms: bigint}>(
      "SELECT remaining, units, at_ms FROM quota WHERE program_id = ? AND client = ?",
      programId,
      client,
    );
    return row ? {remaining: BigInt(row.remaining), units: BigInt(row.units), atMs: row.at_ms} : null;
  }

  saveQuota(programId: string, client: string, {remaining, units, atMs}: Quota): void {
    this.#do(
      "INSERT OR REPLACE INTO quota (program_id, client, remaining, units, at_ms) VALUES (?, ?, ?, ?, ?)",
      programId,
      client,
      `${remaining}`,
      `${units}`,
      atMs,
    );
  }

  close(): void {
    this.db.close();
  }

  #addRow(kind: StockKind, {first, count}: Range, bytes: Uint8Array): void {
    this.#do("INSERT INTO stock (kind, first, count, bytes) VALUES (?, ?, ?, ?)", kind, first, count, bytes);
  }

  #number(name: string): bigint {
    const [row] = this.#rows<{value: bigint}>("SELECT value FROM number WHERE name = ?", name);
    return row?.value ?? 0n;
  }

  #setNumber(name: string, value: bigint): void {
    this.#do("INSERT OR REPLACE INTO number (name, value) VALUES (?, ?)", name, value);
  }

  #rows<R>(sql: string, ...parameters: unknown[]): R[] {
    return this.#prepared(sql).all(...parameters) as R[];
  }

  #do(sql: string, ...parameters: unknown[]): void {
    this.#prepared(sql).run(...parameters);
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}
