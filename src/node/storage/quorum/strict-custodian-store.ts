/** What a custodian of the strict profile keeps, in one SQLite file: programs, keys, shares, stock, tickets. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Certificate} from "../../../codecs/quorum/strict/calls.js";
import type {Vector} from "../../quorum/field/vector.js";
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
import type {Sqlite} from "../sqlite/driver.js";
import {GroupCommit} from "./group-commit.js";
import {LeasedStock} from "./leased-stock.js";
import {NumberTable} from "./number-table.js";
import {PreparedStatements} from "./prepared-statements.js";
import {openErasing, truncateJournal} from "./private.js";
import {ProgramTable} from "./program-table.js";
import {QueryTable} from "./query-table.js";
import {rosterIn, setRoster} from "./roster-table.js";
import {SecretTable} from "./secret-table.js";
import {SpendingTable} from "./spending-table.js";
import {STRICT_CUSTODIAN} from "./strict-custodian-schema.js";

export class SqliteStrictStore implements StrictStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteStrictStore {
    return new SqliteStrictStore(openErasing(path, STRICT_CUSTODIAN));
  }

  readonly #numbers: NumberTable;
  readonly #programs: ProgramTable;
  readonly #secrets: SecretTable;
  readonly #stock: LeasedStock;
  readonly #spending: SpendingTable;
  readonly #queries: QueryTable;
  readonly #group: GroupCommit;

  private constructor(private readonly db: Sqlite) {
    const sql = new PreparedStatements(db);
    this.#numbers = new NumberTable(sql);
    this.#programs = new ProgramTable(sql);
    this.#secrets = new SecretTable(sql);
    this.#stock = new LeasedStock(db, this.#numbers);
    this.#spending = new SpendingTable(sql);
    this.#queries = new QueryTable(sql);
    this.#group = new GroupCommit(db);
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
    return this.#numbers.number("run") ?? 0n;
  }

  beginRun(run: bigint): void {
    this.#numbers.setNumber("run", run);
  }

  takenOver(): bigint {
    return this.#numbers.number("takeover") ?? 0n;
  }

  beginTakeover(run: bigint): void {
    this.#numbers.setNumber("takeover", run);
  }

  retired(): boolean {
    return this.#numbers.number("retired") !== undefined;
  }

  retire(): void {
    this.atomically(() => {
      this.#secrets.clear();
      this.#stock.clear();
      this.#queries.clear();
      this.#numbers.setNumber("retired", 1n);
    });
    this.#stock.dropLeases();
    this.#secrets.forgetKnown();
    truncateJournal(this.db);
  }

  programs(): readonly ProgramPackage[] {
    return this.#programs.programs();
  }

  program(programId: string): ProgramPackage | null {
    return this.#programs.program(programId);
  }

  saveProgram(program: ProgramPackage): void {
    this.#programs.saveProgram(program);
  }

  approvals(programId: string): readonly SignedApproval[] {
    return this.#programs.approvals(programId);
  }

  saveApproval(signed: SignedApproval): void {
    this.#programs.saveApproval(signed);
  }

  withdrawals(programId: string): readonly SignedWithdrawal[] {
    return this.#programs.withdrawals(programId);
  }

  saveWithdrawal(signed: SignedWithdrawal): void {
    this.#programs.saveWithdrawal(signed);
  }

  keys(): Keys | null {
    return this.#secrets.keys();
  }

  pending(): bigint {
    return this.#secrets.pending();
  }

  sharing(programId: string): Sharing | null {
    return this.#secrets.sharing(programId);
  }

  prepare(job: Uint8Array, keys: Keys | null, sharings: readonly Sharing[]): void {
    this.atomically(() => this.#secrets.prepare(job, keys, sharings));
  }

  commit(job: Uint8Array): boolean {
    const done = this.atomically(() =>
      this.#secrets.commit(job, () => {
        this.#stock.clear();
        // Their MACs are under the keys of before.
        this.#queries.clear();
        this.#stock.dropLeases();
      }),
    );
    this.#secrets.forgetKnown();
    truncateJournal(this.db);
    return done;
  }

  saveCertificate(certificate: Certificate): void {
    this.atomically(() => this.#secrets.saveCertificate(certificate));
  }

  certificate(run: bigint): Certificate | null {
    return this.#secrets.certificate(run);
  }

  nextOf(kind: StockKind, coordinator: number): bigint {
    return this.#stock.nextOf(kind, coordinator);
  }

  ranges(kind: StockKind): readonly Range[] {
    return this.#stock.ranges(kind);
  }

  addStock(kind: StockKind, range: Range, matrix: Vector): void {
    this.atomically(() => this.#stock.add(kind, range, matrix));
  }

  lease(kind: StockKind, range: Range): boolean {
    return this.#stock.lease(kind, range);
  }

  take(kind: StockKind, range: Range): Vector | null {
    return this.#stock.take(kind, range);
  }

  ticket(digest: Uint8Array): TicketRecord | null {
    return this.#spending.ticket(digest);
  }

  saveTicket(digest: Uint8Array, record: TicketRecord, notAfterMs: bigint): void {
    this.#spending.saveTicket(digest, record, notAfterMs);
  }

  dropTicketsBefore(nowMs: bigint): void {
    this.#spending.dropTicketsBefore(nowMs);
  }

  quota(programId: string, client: string): Quota | null {
    return this.#spending.quota(programId, client);
  }

  saveQuota(programId: string, client: string, quota: Quota): void {
    this.#spending.saveQuota(programId, client, quota);
  }

  spent(programId: string, whose: string): bigint {
    return this.#spending.spent(programId, whose);
  }

  saveSpent(programId: string, whose: string, cost: bigint): void {
    this.#spending.saveSpent(programId, whose, cost);
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
    const leases = this.#stock.dropLeases();
    // What cannot be put back counts as used.
    if (!this.#group.hasFailed) this.atomically(() => this.#stock.putBack(leases));
    this.db.close();
  }
}
