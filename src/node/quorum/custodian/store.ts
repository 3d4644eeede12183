/** What a custodian keeps. Every call is on disk when it returns; the state machine changes only after it. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Share} from "../sharing/shamir.js";
import type {Delivery, NodePool} from "./triple-pool.js";

/** A program with everything held for it. */
export interface Holding {
  readonly programId: string;
  readonly program: ProgramPackage | null;
  /** By name of the secret. */
  readonly shares: ReadonlyMap<string, Share>;
  /** By name of the secret, the last named refresh that was added to its share. */
  readonly refreshes: ReadonlyMap<string, string>;
  readonly pools: readonly NodePool[];
}

export interface CustodianStore {
  load(): Iterable<Holding>;
  /** Makes one write of all that `work` saves: on disk together, or none of it. */
  atomically(work: () => void): void;
  saveProgram(program: ProgramPackage): void;
  saveShares(programId: string, shares: ReadonlyMap<string, Share>): void;
  saveRefresh(programId: string, name: string, refreshId: string): void;
  addTriples(programId: string, deliveries: readonly Delivery[]): void;
  /** Deletes the triples of each node that are numbered below its floor, for good. */
  spendTriples(programId: string, floors: ReadonlyMap<string, number>): void;
  /** Forgets share, program and triples. */
  drop(programId: string): void;
}

/** Keeps nothing: for custodians that live in one process with what uses them. */
export const MEMORY_STORE: CustodianStore = {
  load: () => [],
  atomically: (work) => work(),
  saveProgram: () => undefined,
  saveShares: () => undefined,
  saveRefresh: () => undefined,
  addTriples: () => undefined,
  spendTriples: () => undefined,
  drop: () => undefined,
};
