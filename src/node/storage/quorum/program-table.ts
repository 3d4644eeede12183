/** Programs, and what custodians signed about them. */
import {hexOf, plain} from "../../../codecs/bytes.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import {approval, withdrawal} from "../../../codecs/quorum/strict/statements.js";
import type {SignedApproval, SignedWithdrawal} from "../../quorum/strict/store.js";
import type {PreparedStatements} from "./prepared-statements.js";

const nothingKnown = () => ({
  approvals: new Map<string, readonly SignedApproval[]>(),
  withdrawals: new Map<string, readonly SignedWithdrawal[]>(),
});

export class ProgramTable {
  readonly #programs = new Map<string, ProgramPackage>();
  /** What was read and has not been written since. */
  #known = nothingKnown();

  constructor(private readonly sql: PreparedStatements) {
    for (const row of sql.rows<{package: Buffer}>("SELECT package FROM program")) {
      const program = programPackage.decode(plain(row.package));
      this.#programs.set(program.programId, program);
    }
  }

  programs(): readonly ProgramPackage[] {
    return [...this.#programs.values()];
  }

  program(programId: string): ProgramPackage | null {
    return this.#programs.get(programId) ?? null;
  }

  saveProgram(program: ProgramPackage): void {
    const {programId} = program;
    this.sql.run(
      "INSERT OR REPLACE INTO program (id, package) VALUES (?, ?)",
      programId,
      programPackage.encode(program),
    );
    this.#programs.set(programId, program);
  }

  approvals(programId: string): readonly SignedApproval[] {
    const known = this.#known.approvals.get(programId);
    if (known) return known;
    const rows = this.sql.rows<{signed: Buffer}>("SELECT signed FROM approval WHERE program_id = ?", programId);
    const read = rows.map(({signed}) => approval.decode(plain(signed)));
    this.#known.approvals.set(programId, read);
    return read;
  }

  saveApproval(signed: SignedApproval): void {
    const {programId, custodian} = signed.content;
    this.sql.run(
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
    const rows = this.sql.rows<{signed: Buffer}>("SELECT signed FROM withdrawal WHERE program_id = ?", programId);
    const read = rows.map(({signed}) => withdrawal.decode(plain(signed)));
    this.#known.withdrawals.set(programId, read);
    return read;
  }

  saveWithdrawal(signed: SignedWithdrawal): void {
    const {programId, custodian} = signed.content;
    this.sql.run(
      "INSERT OR REPLACE INTO withdrawal (program_id, custodian, signed) VALUES (?, ?, ?)",
      hexOf(programId),
      custodian,
      withdrawal.encode(signed),
    );
    this.#known = nothingKnown();
  }
}
