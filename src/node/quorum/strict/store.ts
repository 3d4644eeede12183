/** What a custodian of the strict profile keeps. Whatever returns has survived a power cut, where it is not said otherwise. */

import {equalBytes} from "../../../codecs/bytes.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Certificate} from "../../../codecs/quorum/strict/calls.js";
import type {ContentOf, Signed} from "../../../codecs/quorum/strict/statement.js";
import type {approval, ticket, withdrawal} from "../../../codecs/quorum/strict/statements.js";
import type {Vector} from "../field/vector.js";
import type {Authenticated} from "../verified/authenticated.js";
import type {RosterStore} from "./kept-roster.js";

export type SignedApproval = Signed<ContentOf<typeof approval>>;
export type SignedWithdrawal = Signed<ContentOf<typeof withdrawal>>;
/** Of two approvals by one custodian under one roster the one that holds for longer counts, whichever came first. */
export const replacesApproval = ({content: known}: SignedApproval, {content}: SignedApproval): boolean =>
  !equalBytes(known.roster, content.roster) || content.notAfterMs > known.notAfterMs;

export type SignedTicket = Signed<ContentOf<typeof ticket>>;
export type StockKind = "triple" | "mask";

/** Keys of the shared randomness and of the MACs, made by the job with number `epoch`. */
export interface Keys {
  readonly epoch: bigint;
  readonly sets: readonly Uint8Array[];
  readonly alpha: bigint;
}

/** A custodian's share of a secret, and of its MAC. */
export interface SecretShare {
  readonly share: bigint;
  readonly mac: bigint;
}

/** Shares of a program's secrets by name, made by the job with number `run`, under the keys of `epoch`. */
export interface Sharing {
  readonly programId: string;
  readonly run: bigint;
  readonly epoch: bigint;
  readonly secrets: ReadonlyMap<string, SecretShare>;
}

/** Numbers of triples or masks that are held and not used. */
export interface Range {
  readonly first: bigint;
  readonly count: number;
}

/** What became of a ticket. */
export interface TicketRecord {
  /** Of the last attempt that was begun. */
  readonly attempt: number;
  readonly done: boolean;
}

/** What a client may still ask of a program. Integers alone: a rate of r each minute fills r units each 60,000th. */
export interface Quota {
  readonly remaining: bigint;
  /** 60,000 for each evaluation. */
  readonly units: bigint;
  /** When it was written: at the last evaluation. */
  readonly atMs: bigint;
}

/** Inputs of an evaluation, kept to compare later ones with. */
export interface Query {
  readonly programId: string;
  readonly client: string;
  /** Digest of its ticket. */
  readonly ticket: Uint8Array;
  /** Number of the job that made the keys of its MACs. */
  readonly epoch: bigint;
  /** This custodian's shares of them. */
  readonly inputs: Authenticated;
  readonly signed: SignedTicket;
}
export type QueriesOf = Pick<Query, "programId" | "client">;

export interface StrictStore extends RosterStore {
  /** All of it or nothing. */
  atomically<T>(work: () => T): T;
  /** The same, with what others bring in the same turn: once it resolves it has survived a power cut, and not before. */
  together<T>(work: () => T): Promise<T>;
  /** The same, keeping nobody waiting. It is done before what comes later; a crash may lose it. */
  soon(work: () => void): void;

  /** Number of the last job of everyone that was begun. */
  run(): bigint;
  beginRun(run: bigint): void;

  programs(): readonly ProgramPackage[];
  program(programId: string): ProgramPackage | null;
  saveProgram(program: ProgramPackage): void;
  approvals(programId: string): readonly SignedApproval[];
  saveApproval(approval: SignedApproval): void;
  /** The latest of each custodian. */
  withdrawals(programId: string): readonly SignedWithdrawal[];
  saveWithdrawal(withdrawal: SignedWithdrawal): void;

  /** Number of the last handover whose secrets were to be taken over. */
  takenOver(): bigint;
  beginTakeover(run: bigint): void;
  /** Whether `retire` was called. */
  retired(): boolean;
  /** Erases keys, secrets, stock and queries for good. */
  retire(): void;

  keys(): Keys | null;
  /** Epoch of the newest keys that were prepared and are not used; 0 where there are none. */
  pending(): bigint;
  sharing(programId: string): Sharing | null;
  /** Beside what is used now, until `commit`. */
  prepare(job: Uint8Array, keys: Keys | null, sharings: readonly Sharing[]): void;
  /** What a job prepared is used from now on, and what it replaces is gone. False when nothing was prepared. */
  commit(job: Uint8Array): boolean;
  /** By which what is used now came into use; new keys make all before them void. */
  saveCertificate(certificate: Certificate): void;
  certificate(run: bigint): Certificate | null;

  /** First number of a coordinator's that was never given out. */
  nextOf(kind: StockKind, coordinator: number): bigint;
  ranges(kind: StockKind): readonly Range[];
  /** `matrix` has a column for each number of the range. */
  addStock(kind: StockKind, range: Range, matrix: Vector): void;
  /**
   * Takes numbers, and some beside them, off the disk and into memory, where a crash loses them: none is ever used twice.
   * Not within `atomically`, whose failure would bring them back. False, and nothing done, where they are not all there.
   */
  lease(kind: StockKind, range: Range): boolean;
  /** Columns of numbers that were leased, which are gone then. `null`, and nothing taken, where they are not all there. */
  take(kind: StockKind, range: Range): Vector | null;

  ticket(digest: Uint8Array): TicketRecord | null;
  saveTicket(digest: Uint8Array, record: TicketRecord, notAfterMs: bigint): void;
  dropTicketsBefore(nowMs: bigint): void;
  quota(programId: string, client: string): Quota | null;
  saveQuota(programId: string, client: string, quota: Quota): void;
  /** What several clients of a program spent together; `whose` tells such groups apart. */
  spent(programId: string, whose: string): bigint;
  saveSpent(programId: string, whose: string, cost: bigint): void;

  /** Tickets of a client's queries that are kept, the newest last. */
  queries(of: QueriesOf): readonly Uint8Array[];
  query(ticket: Uint8Array): Query | null;
  /** As the newest, unless it is there. Of its client's for the program the last `keep` stay. */
  saveQuery(query: Query, keep: number): void;
  score(of: QueriesOf): bigint;
  /** Raises the score by what a query adds to it, and had not added before. It stays when queries go. */
  addScore(query: QueriesOf & Pick<Query, "ticket">, added: number): bigint;

  close(): void;
}
