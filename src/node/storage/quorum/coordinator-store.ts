/** What a coordinator keeps, in one SQLite file: programs with their state, what identities have left, the log. */
import {isObject, members, parseValue, type ValueObject, wireJson} from "../../../codecs/quorum/json.js";
import {programPackage} from "../../../codecs/quorum/program-package.js";
import {InvariantError} from "../../../errors.js";
import {type AuditEntry, GENESIS_HASH} from "../../quorum/audit/chain.js";
import type {CoordinatorStore, Holder, ProgramRecord} from "../../quorum/coordinator/store.js";
import type {Allowance} from "../../quorum/policy/engine.js";
import type {Sqlite, Statement} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";

const FORM: DatabaseForm = {
  journal: "wal",
  // "qvmo" in ASCII.
  applicationId: 0x71766d6f,
  version: 1,
  schema: `
CREATE TABLE program (
  id TEXT PRIMARY KEY,
  package BLOB NOT NULL,
  status TEXT NOT NULL,
  approvals TEXT NOT NULL,
  ready INTEGER NOT NULL,
  next_triple INTEGER NOT NULL,
  end_triple INTEGER NOT NULL,
  holders TEXT NOT NULL
) STRICT;
CREATE TABLE allowance (
  program_id TEXT NOT NULL,
  identity TEXT NOT NULL,
  remaining TEXT NOT NULL,
  capacity REAL,
  tokens REAL,
  at_seconds REAL,
  PRIMARY KEY (program_id, identity)
) STRICT;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  timestamp REAL NOT NULL,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  entry_hash TEXT NOT NULL
) STRICT;
`,
};

interface ProgramRow {
  readonly package: Buffer;
  readonly status: string;
  readonly approvals: string;
  readonly ready: bigint;
  readonly next_triple: bigint;
  readonly end_triple: bigint;
  readonly holders: string;
}
interface AllowanceRow {
  readonly program_id: string;
  readonly identity: string;
  readonly remaining: string;
  readonly capacity: number | null;
  readonly tokens: number | null;
  readonly at_seconds: number | null;
}
interface AuditRow {
  readonly timestamp: number;
  readonly event: string;
  readonly data: string;
  readonly prev_hash: string;
  readonly entry_hash: string;
}

export class SqliteCoordinatorStore implements CoordinatorStore {
  readonly #saveProgram: Statement;
  readonly #saveAllowance: Statement;
  readonly #append: Statement;

  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteCoordinatorStore {
    return new SqliteCoordinatorStore(openDatabase(path, FORM));
  }

  private constructor(private readonly db: Sqlite) {
    this.#saveProgram = db.prepare(
      "INSERT OR REPLACE INTO program (id, package, status, approvals, ready, next_triple, end_triple, holders) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#saveAllowance = db.prepare(
      "INSERT OR REPLACE INTO allowance (program_id, identity, remaining, capacity, tokens, at_seconds) " +
        "VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#append = db.prepare(
      "INSERT INTO audit (timestamp, event, data, prev_hash, entry_hash) VALUES (?, ?, ?, ?, ?)",
    );
  }

  load(): {readonly programs: readonly ProgramRecord[]; readonly allowances: readonly Allowance[]} {
    const programs = this.db.prepare<[], ProgramRow>("SELECT * FROM program").all().map(recordOf);
    const allowances = this.db.prepare<[], AllowanceRow>("SELECT * FROM allowance").all().map(allowanceOf);
    return {programs, allowances};
  }

  atomically(work: () => void): void {
    this.db.transaction(work).immediate();
  }

  saveProgram({program, status, approvals, ready, nextTriple, endTriple, holders}: ProgramRecord): void {
    this.#saveProgram.run(
      program.programId,
      programPackage.encode(program),
      status,
      wireJson(approvals.map(BigInt)),
      ready ? 1 : 0,
      nextTriple,
      endTriple,
      wireJson(holders.map(holderValue)),
    );
  }

  saveAllowance({programId, identity, remaining, bucket}: Allowance): void {
    const {capacity = null, tokens = null, atSeconds = null} = bucket ?? {};
    this.#saveAllowance.run(programId, identity, `${remaining}`, capacity, tokens, atSeconds);
  }

  auditHead(): string {
    const row = this.db
      .prepare<[], {entry_hash: string}>("SELECT entry_hash FROM audit ORDER BY seq DESC LIMIT 1")
      .get();
    return row?.entry_hash ?? GENESIS_HASH;
  }

  appendAudit({timestamp, event, data, prevHash, entryHash}: AuditEntry): void {
    this.#append.run(timestamp, event, wireJson(data), prevHash, entryHash);
  }

  auditEntries(from: number, limit: number): readonly AuditEntry[] {
    // Numbered from 1 without gaps, and none is ever deleted.
    const rows = this.db.prepare<[number, number], AuditRow>("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?");
    return rows.all(from, limit).map((row) => ({
      timestamp: row.timestamp,
      event: row.event,
      data: objectOf(row.data),
      prevHash: row.prev_hash,
      entryHash: row.entry_hash,
    }));
  }

  close(): void {
    this.db.close();
  }
}

const holderValue = ({index, pending, ...holder}: Holder): ValueObject =>
  members({
    index: BigInt(index),
    ...holder,
    ...(pending ? {pending: members({id: pending.id, addends: [...pending.addends]})} : {}),
  });

function pendingOf(holder: ValueObject): Pick<Holder, "pending"> {
  const pending = holder.get("pending");
  if (!isObject(pending)) return {};
  return {pending: {id: pending.get("id") as string, addends: pending.get("addends") as bigint[]}};
}

function objectOf(text: string): ValueObject {
  const value = parseValue(text);
  if (!isObject(value)) throw new InvariantError("a stored row holds no object");
  return value;
}

function recordOf(row: ProgramRow): ProgramRecord {
  if (row.status !== "PENDING" && row.status !== "ACTIVE") throw new InvariantError(`stored status ${row.status}`);
  return {
    program: programPackage.decode(row.package),
    status: row.status,
    approvals: (parseValue(row.approvals) as bigint[]).map(Number),
    ready: row.ready === 1n,
    nextTriple: Number(row.next_triple),
    endTriple: Number(row.end_triple),
    holders: (parseValue(row.holders) as ValueObject[]).map(
      (holder): Holder => ({
        index: Number(holder.get("index")),
        url: holder.get("url") as string,
        // Absent where an earlier build wrote: better an old address than another's.
        configured: holder.get("configured") === true,
        x: holder.get("x") as bigint,
        stale: holder.get("stale") as boolean,
        ...pendingOf(holder),
      }),
    ),
  };
}

const allowanceOf = ({program_id, identity, remaining, capacity, tokens, at_seconds}: AllowanceRow): Allowance => ({
  programId: program_id,
  identity,
  remaining: BigInt(remaining),
  bucket:
    capacity === null || tokens === null || at_seconds === null ? null : {capacity, tokens, atSeconds: at_seconds},
});
