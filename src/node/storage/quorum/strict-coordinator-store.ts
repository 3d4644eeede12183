/** What a coordinator of the strict profile keeps: nothing secret, and nothing that custodians take its word for. */
import {hexOf, plain} from "../../../codecs/bytes.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import {type Certificate, certificateCodec} from "../../../codecs/quorum/strict/calls.js";
import {approval, withdrawal} from "../../../codecs/quorum/strict/statements.js";
import {replacesApproval, type SignedApproval, type SignedWithdrawal} from "../../quorum/strict/store.js";
import type {Sqlite} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";
import {ROSTER_TABLE, rosterIn, setRoster} from "./roster-table.js";

const WITHDRAWAL = `CREATE TABLE withdrawal (
  program_id TEXT NOT NULL,
  custodian INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (program_id, custodian)
) STRICT;
`;
/** Clients that brought programs first, through this coordinator. */
const DEPLOYER = `CREATE TABLE deployer (
  program_id TEXT PRIMARY KEY,
  client TEXT NOT NULL
) STRICT;
`;
const FORM: DatabaseForm = {
  journal: "wal",
  // "qvmt" in ASCII.
  applicationId: 0x71766d74,
  version: 4,
  steps: [
    {to: 2, apply: (db) => db.exec(WITHDRAWAL)},
    {to: 3, apply: (db) => db.exec(ROSTER_TABLE)},
    {to: 4, apply: (db) => db.exec(DEPLOYER)},
  ],
  schema: `${WITHDRAWAL}${ROSTER_TABLE}${DEPLOYER}
CREATE TABLE program (
  id TEXT PRIMARY KEY,
  package BLOB NOT NULL
) STRICT;
CREATE TABLE approval (
  program_id TEXT NOT NULL,
  custodian INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (program_id, custodian)
) STRICT;
CREATE TABLE certificate (
  run INTEGER PRIMARY KEY,
  certificate BLOB NOT NULL
) STRICT;
`,
};

export class SqliteStrictCoordinatorStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteStrictCoordinatorStore {
    return new SqliteStrictCoordinatorStore(openDatabase(path, FORM));
  }

  /** By id, as they are on disk: reading one takes longer than all else that is done for an evaluation. */
  readonly #programs = new Map<string, ProgramPackage>();
  /** Another number once something was saved. */
  revision = 0;

  private constructor(private readonly db: Sqlite) {
    const rows = db.prepare("SELECT package FROM program").all() as {package: Buffer}[];
    for (const row of rows) {
      const program = programPackage.decode(plain(row.package));
      this.#programs.set(program.programId, program);
    }
  }

  roster(): Uint8Array | null {
    return rosterIn(this.db);
  }

  saveRoster(digest: Uint8Array): void {
    setRoster(this.db, digest);
  }

  programs(): readonly ProgramPackage[] {
    return [...this.#programs.values()];
  }

  program(programId: Uint8Array): ProgramPackage | null {
    return this.#programs.get(hexOf(programId)) ?? null;
  }

  saveProgram(program: ProgramPackage): void {
    this.db
      .prepare("INSERT OR REPLACE INTO program (id, package) VALUES (?, ?)")
      .run(program.programId, programPackage.encode(program));
    this.#programs.set(program.programId, program);
    this.revision++;
  }

  /** Programs that a client brought first and no custodian has approved, but for this one. */
  waitingOf(client: string, but: string): number {
    const row = this.db
      .prepare(
        "SELECT count(*) AS count FROM deployer WHERE client = ? AND program_id <> ? AND program_id NOT IN (SELECT program_id FROM approval)",
      )
      .get(client, but) as {count: bigint | number};
    return Number(row.count);
  }

  /** Whoever brings it later is not its deployer. */
  saveDeployer(programId: string, client: string): void {
    this.db.prepare("INSERT OR IGNORE INTO deployer (program_id, client) VALUES (?, ?)").run(programId, client);
  }

  approvals(): readonly SignedApproval[] {
    const rows = this.db.prepare("SELECT signed FROM approval").all() as {signed: Buffer}[];
    return rows.map(({signed}) => approval.decode(plain(signed)));
  }

  /** Of two of one custodian's the one that holds for longer stays. */
  saveApproval(signed: SignedApproval): void {
    const {programId, custodian} = signed.content;
    const [known] = this.#signed("approval", signed.content).map((bytes) => approval.decode(bytes));
    if (known && !replacesApproval(known, signed)) return;
    this.db
      .prepare("INSERT OR REPLACE INTO approval (program_id, custodian, signed) VALUES (?, ?, ?)")
      .run(hexOf(programId), custodian, approval.encode(signed));
    this.revision++;
  }

  #signed(
    table: "approval" | "withdrawal",
    {programId, custodian}: SignedApproval["content"] | SignedWithdrawal["content"],
  ) {
    const rows = this.db
      .prepare(`SELECT signed FROM ${table} WHERE program_id = ? AND custodian = ?`)
      .all(hexOf(programId), custodian) as {signed: Buffer}[];
    return rows.map(({signed}) => plain(signed));
  }

  withdrawals(): readonly SignedWithdrawal[] {
    const rows = this.db.prepare("SELECT signed FROM withdrawal").all() as {signed: Buffer}[];
    return rows.map(({signed}) => withdrawal.decode(plain(signed)));
  }

  /** Of two of one custodian's the later stays. @returns whether it is this one, and was not known */
  saveWithdrawal(signed: SignedWithdrawal): boolean {
    const [known] = this.#signed("withdrawal", signed.content).map((bytes) => withdrawal.decode(bytes));
    if (known && known.content.timeMs >= signed.content.timeMs) return false;
    this.revision++;
    this.db
      .prepare("INSERT OR REPLACE INTO withdrawal (program_id, custodian, signed) VALUES (?, ?, ?)")
      .run(hexOf(signed.content.programId), signed.content.custodian, withdrawal.encode(signed));
    return true;
  }

  /** By which a custodian that was away is told what to use, in order. */
  certificates(): readonly Certificate[] {
    const rows = this.db.prepare("SELECT certificate FROM certificate ORDER BY run").all() as {certificate: Buffer}[];
    return rows.map(({certificate}) => certificateCodec.decode(plain(certificate)));
  }

  certificateRuns(): ReadonlySet<bigint> {
    const rows = this.db.prepare("SELECT run FROM certificate").all() as {run: bigint}[];
    return new Set(rows.map(({run}) => run));
  }

  /** New keys make all certificates before them void. */
  saveCertificate(certificate: Certificate): void {
    const {kind, run} = certificate.job;
    this.revision++;
    this.db
      .transaction(() => {
        if (kind === "refresh") this.db.prepare("DELETE FROM certificate WHERE run < ?").run(run);
        this.db
          .prepare("INSERT OR REPLACE INTO certificate (run, certificate) VALUES (?, ?)")
          .run(run, certificateCodec.encode(certificate));
      })
      .immediate();
  }

  close(): void {
    this.db.close();
  }
}
