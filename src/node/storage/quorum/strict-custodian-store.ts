/** What a custodian of the strict profile keeps, in one SQLite file: programs, keys, shares, stock, tickets. */
import {concat, hexOf, plain} from "../../../codecs/bytes.js";
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import {type Certificate, certificateCodec} from "../../../codecs/quorum/strict/calls.js";
import {approval, withdrawal} from "../../../codecs/quorum/strict/statements.js";
import {InvariantError} from "../../../errors.js";
import type {Vector} from "../../quorum/field/vector.js";
import {Columns, joinedRanges, Leases} from "../../quorum/strict/leases.js";
import {coordinatorOf, firstNumberOf} from "../../quorum/strict/numbers.js";
import type {
  Keys,
  QueriesOf,
  Query,
  Quota,
  Range,
  Sharing,
  SignedApproval,
  SignedWithdrawal,
  StockKind,
  StrictStore,
  TicketRecord,
} from "../../quorum/strict/store.js";
import type {Sqlite, Statement} from "../sqlite/driver.js";
import type {DatabaseForm} from "../sqlite/open.js";
import {GroupCommit} from "./group-commit.js";
import {openPrivate} from "./private.js";
import {QueryTable} from "./query-table.js";
import {rosterIn, setRoster} from "./roster-table.js";
import {StockTable} from "./stock-table.js";
import {STRICT_CUSTODIAN_SCHEMA, STRICT_CUSTODIAN_STEPS, STRICT_CUSTODIAN_VERSION} from "./strict-custodian-schema.js";

const FORM: DatabaseForm = {
  // Truncated after whatever takes something secret off the disk: it keeps no copy for longer.
  journal: "wal",
  // "qvms" in ASCII.
  applicationId: 0x71766d73,
  version: STRICT_CUSTODIAN_VERSION,
  steps: STRICT_CUSTODIAN_STEPS,
  schema: STRICT_CUSTODIAN_SCHEMA,
};
/** Largest number that a column holds. */
const NUMBER_MAX = 2n ** 63n - 1n;
const KEY_BYTES = 32;

/** That of the first coordinator is called as it was when there was but one. */
const nextName = (kind: StockKind, coordinator: number): string =>
  coordinator === 0 ? `next-${kind}` : `next-${kind}-${coordinator}`;

const nothingKnown = () => ({
  keys: null as Keys | null,
  sharings: new Map<string, Sharing>(),
  approvals: new Map<string, readonly SignedApproval[]>(),
  withdrawals: new Map<string, readonly SignedWithdrawal[]>(),
});
const noLeases = (): Record<StockKind, Leases> => ({triple: new Leases(), mask: new Leases()});

export class SqliteStrictStore implements StrictStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteStrictStore {
    const db = openPrivate(path, FORM);
    // What is used or replaced is overwritten in the file.
    db.pragma("foreign_keys = ON");
    db.pragma("secure_delete = ON");
    return new SqliteStrictStore(db);
  }

  readonly #statements = new Map<string, Statement>();
  readonly #programs = new Map<string, ProgramPackage>();
  /** What was read and has not been written since. */
  #known = nothingKnown();
  #leases = noLeases();
  readonly #stock: StockTable;
  readonly #queries: QueryTable;
  readonly #group: GroupCommit;

  private constructor(private readonly db: Sqlite) {
    this.#stock = new StockTable(db);
    this.#queries = new QueryTable(db);
    this.#group = new GroupCommit(db);
    for (const row of this.#rows<{package: Buffer}>("SELECT package FROM program")) {
      const program = programPackage.decode(plain(row.package));
      this.#programs.set(program.programId, program);
    }
  }

  atomically<T>(work: () => T): T {
    return this.db.inTransaction ? work() : this.db.transaction(work).immediate();
  }

  together<T>(work: () => T): Promise<T> {
    return this.#group.together(work);
  }

  soon(work: () => void): void {
    this.#group.soon(work);
  }

  roster(): Uint8Array | null {
    return rosterIn(this.db);
  }

  saveRoster(digest: Uint8Array): void {
    setRoster(this.db, digest);
  }

  run(): bigint {
    return this.#number("run") ?? 0n;
  }

  beginRun(run: bigint): void {
    this.#setNumber("run", run);
  }

  takenOver(): bigint {
    return this.#number("takeover") ?? 0n;
  }

  beginTakeover(run: bigint): void {
    this.#setNumber("takeover", run);
  }

  retired(): boolean {
    return this.#number("retired") !== undefined;
  }

  retire(): void {
    this.atomically(() => {
      for (const table of ["keyset", "sharing", "certificate"]) this.#do(`DELETE FROM ${table}`);
      this.#stock.clear();
      this.#queries.clear();
      this.#setNumber("retired", 1n);
    });
    this.#leases = noLeases();
    this.#known = nothingKnown();
    this.#forget();
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
    const known = this.#known.approvals.get(programId);
    if (known) return known;
    const rows = this.#rows<{signed: Buffer}>("SELECT signed FROM approval WHERE program_id = ?", programId);
    const read = rows.map(({signed}) => approval.decode(plain(signed)));
    this.#known.approvals.set(programId, read);
    return read;
  }

  saveApproval(signed: SignedApproval): void {
    const {programId, custodian} = signed.content;
    this.#do(
      "INSERT OR REPLACE INTO approval (program_id, custodian, signed) VALUES (?, ?, ?)",
      hexOf(programId),
      custodian,
      approval.encode(signed),
    );
    this.#known = nothingKnown();
  }

  withdrawals(programId: string): readonly SignedWithdrawal[] {
    const known = this.#known.withdrawals.get(programId);
    if (known) return known;
    const rows = this.#rows<{signed: Buffer}>("SELECT signed FROM withdrawal WHERE program_id = ?", programId);
    const read = rows.map(({signed}) => withdrawal.decode(plain(signed)));
    this.#known.withdrawals.set(programId, read);
    return read;
  }

  saveWithdrawal(signed: SignedWithdrawal): void {
    const {programId, custodian} = signed.content;
    this.#do(
      "INSERT OR REPLACE INTO withdrawal (program_id, custodian, signed) VALUES (?, ?, ?)",
      hexOf(programId),
      custodian,
      withdrawal.encode(signed),
    );
    this.#known = nothingKnown();
  }

  keys(): Keys | null {
    this.#known.keys ??= this.#readKeys();
    return this.#known.keys;
  }

  pending(): bigint {
    const [row] = this.#rows<{epoch: bigint | null}>("SELECT max(epoch) AS epoch FROM keyset WHERE NOT used");
    return row?.epoch ?? 0n;
  }

  #readKeys(): Keys | null {
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
    const sharing = this.#known.sharings.get(programId) ?? this.#readSharing(programId);
    if (sharing) this.#known.sharings.set(programId, sharing);
    return sharing;
  }

  #readSharing(programId: string): Sharing | null {
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
    const done = this.#commit(job);
    this.#known = nothingKnown();
    this.#forget();
    return done;
  }

  #commit(job: Uint8Array): boolean {
    return this.atomically(() => {
      const [keyset] = this.#rows<{epoch: bigint; used: bigint}>("SELECT epoch, used FROM keyset WHERE job = ?", job);
      if (keyset) {
        if (keyset.used) return true;
        this.#do("DELETE FROM keyset WHERE epoch < ?", keyset.epoch);
        this.#do("DELETE FROM sharing WHERE epoch < ?", keyset.epoch);
        this.#stock.clear();
        // Their MACs are under the keys of before.
        this.#queries.clear();
        this.#leases = noLeases();
        this.#do("UPDATE keyset SET used = 1 WHERE job = ?", job);
        this.#do("UPDATE sharing SET used = 1 WHERE job = ?", job);
        return true;
      }
      const [sharing] = this.#rows<{epoch: bigint; used: bigint}>("SELECT epoch, used FROM sharing WHERE job = ?", job);
      if (!sharing || sharing.epoch !== this.keys()?.epoch) return false;
      if (sharing.used) return true;
      // What is prepared under keys to come stays: it is all that is left once these are used.
      this.#do(
        `DELETE FROM sharing WHERE job <> ? AND epoch = ? AND
          program_id IN (SELECT program_id FROM sharing WHERE job = ?)`,
        job,
        sharing.epoch,
        job,
      );
      this.#do("UPDATE sharing SET used = 1 WHERE job = ?", job);
      return true;
    });
  }

  saveCertificate(certificate: Certificate): void {
    const {kind, run} = certificate.job;
    this.atomically(() => {
      if (kind === "refresh") this.#do("DELETE FROM certificate WHERE run < ?", run);
      this.#do(
        "INSERT OR REPLACE INTO certificate (run, certificate) VALUES (?, ?)",
        run,
        certificateCodec.encode(certificate),
      );
    });
  }

  certificate(run: bigint): Certificate | null {
    const [row] = this.#rows<{certificate: Buffer}>("SELECT certificate FROM certificate WHERE run = ?", run);
    return row ? certificateCodec.decode(plain(row.certificate)) : null;
  }

  nextOf(kind: StockKind, coordinator: number): bigint {
    return this.#number(nextName(kind, coordinator)) ?? firstNumberOf(coordinator);
  }

  ranges(kind: StockKind): readonly Range[] {
    return joinedRanges([...this.#stock.ranges(kind), ...this.#leases[kind].ranges]);
  }

  addStock(kind: StockKind, range: Range, matrix: Vector): void {
    this.atomically(() => {
      this.#stock.add(kind, new Columns(range, matrix));
      this.#setNumber(nextName(kind, coordinatorOf(range.first)), range.first + BigInt(range.count));
    });
  }

  lease(kind: StockKind, range: Range): boolean {
    if (this.db.inTransaction) throw new InvariantError("what is leased stays off the disk");
    if (range.first + BigInt(range.count) > NUMBER_MAX) return false;
    const leases = this.#leases[kind];
    if (leases.has(range)) return true;
    const leased = this.#stock.lease(leases, kind, range);
    if (!leased) return false;
    this.#forget();
    this.#leases[kind] = leased;
    return true;
  }

  take(kind: StockKind, range: Range): Vector | null {
    return this.#leases[kind].take(range);
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

  spent(programId: string, whose: string): bigint {
    const [row] = this.#rows<{cost: string}>(
      "SELECT cost FROM spent WHERE program_id = ? AND whose = ?",
      programId,
      whose,
    );
    return row ? BigInt(row.cost) : 0n;
  }

  saveSpent(programId: string, whose: string, cost: bigint): void {
    this.#do("INSERT OR REPLACE INTO spent (program_id, whose, cost) VALUES (?, ?, ?)", programId, whose, `${cost}`);
  }

  queries(of: QueriesOf): readonly Uint8Array[] {
    return this.#queries.tickets(of);
  }

  query(ticket: Uint8Array): Query | null {
    return this.#queries.query(ticket);
  }

  saveQuery(query: Query, keep: number): void {
    this.atomically(() => this.#queries.save(query, keep));
  }

  score(of: QueriesOf): bigint {
    return this.#queries.score(of);
  }

  addScore(query: QueriesOf & Pick<Query, "ticket">, added: number): bigint {
    return this.atomically(() => this.#queries.addScore(query, added));
  }

  /** Puts what was leased and not taken back. */
  close(): void {
    this.#group.close();
    const leases = Object.entries(this.#leases) as [StockKind, Leases][];
    this.#leases = noLeases();
    // What cannot be put back counts as used.
    if (!this.#group.hasFailed)
      this.atomically(() => {
        for (const [kind, {columns}] of leases) for (const each of columns) this.#stock.add(kind, each);
      });
    this.db.close();
  }

  /** Nothing that was deleted stays in the journal. */
  #forget(): void {
    this.db.pragma("wal_checkpoint(TRUNCATE)");
  }

  #number(name: string): bigint | undefined {
    const [row] = this.#rows<{value: bigint}>("SELECT value FROM number WHERE name = ?", name);
    return row?.value;
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
