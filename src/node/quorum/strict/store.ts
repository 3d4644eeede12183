/** What a custodian of the strict profile keeps. Whatever returns has survived a power cut. */

import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {ContentOf, Signed} from "../../../codecs/quorum/strict/statement.js";
import type {approval} from "../../../codecs/quorum/strict/statements.js";
import type {Authenticated} from "../verified/authenticated.js";

export type SignedApproval = Signed<ContentOf<typeof approval>>;
export type StockKind = "triple" | "mask";

/** Keys of the shared randomness and of the MACs, made by the job with number `epoch`. */
export interface Keys {
  readonly epoch: bigint;
  readonly sets: readonly Uint8Array[];
  readonly alpha: bigint;
}

/** Shares of a program's secrets by name, made by the job with number `run`, under the keys of `epoch`. */
export interface Sharing {
  readonly programId: string;
  readonly run: bigint;
  readonly epoch: bigint;
  readonly secrets: ReadonlyMap<string, Authenticated>;
}

/** Numbers of triples or masks that are held and not used. */
export interface Range {
  readonly first: bigint;
  readonly count: number;
}

/** Masks given to a client for one evaluation. */
export interface Reservation extends Range {
  readonly epoch: bigint;
  readonly client: string;
  readonly programId: string;
  /** Digest of the request that they were given for. */
  readonly request: Uint8Array;
  /** Milliseconds since 1970; afterwards the masks are gone. */
  readonly expiresAtMs: bigint;
  /** The masks themselves: they left the stock. */
  readonly elements: readonly bigint[];
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
  readonly atMs: bigint;
}

export interface StrictStore {
  /** All of it or nothing. */
  atomically<T>(work: () => T): T;

  /** Number of the last job of everyone that was begun. */
  run(): bigint;
  beginRun(run: bigint): void;

  programs(): readonly ProgramPackage[];
  program(programId: string): ProgramPackage | null;
  saveProgram(program: ProgramPackage): void;
  approvals(programId: string): readonly SignedApproval[];
  saveApproval(approval: SignedApproval): void;

  keys(): Keys | null;
  sharing(programId: string): Sharing | null;
  /** Beside what is used now, until `commit`. */
  prepare(job: Uint8Array, keys: Keys | null, sharings: readonly Sharing[]): void;
  /** What a job prepared is used from now on, and what it replaces is gone. False when nothing was prepared. */
  commit(job: Uint8Array): boolean;

  /** First number that was never given out. */
  nextOf(kind: StockKind): bigint;
  ranges(kind: StockKind): readonly Range[];
  /** `elements` are those of all numbers of the range, as many for each. */
  addStock(kind: StockKind, range: Range, elements: readonly bigint[]): void;
  /** Takes elements out: `null`, and nothing taken, where they are not all there. */
  spend(kind: StockKind, range: Range): readonly bigint[] | null;

  reserve(reservation: Reservation): void;
  reservation(first: bigint): Reservation | null;
  reservationsOf(client: string): number;
  dropReservation(first: bigint): void;
  dropReservationsBefore(nowMs: bigint): void;

  ticket(digest: Uint8Array): TicketRecord | null;
  saveTicket(digest: Uint8Array, record: TicketRecord, notAfterMs: bigint): void;
  dropTicketsBefore(nowMs: bigint): void;
  quota(programId: string, client: string): Quota | null;
  saveQuota(programId: string, client: string, quota: Quota): void;

  close(): void;
}
