/** What a coordinator keeps. Every call is on disk when it returns. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {AuditEntry} from "../audit/chain.js";
import type {Allowance} from "../policy/engine.js";

/** A refresh that a custodian was told and may or may not have added. */
export interface PendingRefresh {
  readonly id: string;
  /** What it adds to the share of each secret, in the program's order. */
  readonly addends: readonly bigint[];
}

/** A custodian as one program knows it. */
export interface Holder {
  /** Place among the custodians, from 0. */
  readonly index: number;
  readonly url: string;
  /** Whether it is one of the coordinator's own list, whose URL may change there, and not brought in by a rotation. */
  readonly configured: boolean;
  /** Where its points lie; never 0. */
  readonly x: bigint;
  /** Whether it missed a resharing: its share fits no other and is not used until it is recovered (defect D12). */
  readonly stale: boolean;
  /** What it can be told again, because it adds it once; absent where there is nothing, or where it would add it twice. */
  readonly pending?: PendingRefresh;
}

export interface ProgramRecord {
  readonly program: ProgramPackage;
  readonly status: "PENDING" | "ACTIVE";
  /** Indices of the custodians that approved, each once (defect D5). */
  readonly approvals: readonly number[];
  /** Whether triples were ever dealt, or none are needed. */
  readonly ready: boolean;
  /** Number of the next triple to use, and of the first one not dealt yet. */
  readonly nextTriple: number;
  readonly endTriple: number;
  readonly holders: readonly Holder[];
}

export interface CoordinatorStore {
  load(): {readonly programs: readonly ProgramRecord[]; readonly allowances: readonly Allowance[]};
  /** Makes one write of all that `work` saves: on disk together, or none of it. */
  atomically(work: () => void): void;
  saveProgram(record: ProgramRecord): void;
  saveAllowance(allowance: Allowance): void;
  /** Hash of the last entry, or of nothing. */
  auditHead(): string;
  appendAudit(entry: AuditEntry): void;
  /** At most `limit` entries after the first `from`. */
  auditEntries(from: number, limit: number): readonly AuditEntry[];
}
