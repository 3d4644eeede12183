/** The DAG as one node knows it: plain data, replaced and never changed in place. */
import type {Availability} from "../../../codecs/dag/availability.js";
import type {Batch, BatchRef} from "../../../codecs/dag/batch.js";

/** Ids of what a batch holds, each in the batch's order. */
export interface BodyIds {
  readonly txIds: ReadonlySet<string>;
  readonly proofIds: ReadonlySet<string>;
}

export interface Body extends BodyIds {
  readonly ref: BatchRef;
  readonly batch: Batch;
}

/** One creator's place in one round. */
export interface Slot {
  /** By id. One, or two where the creator equivocated and the second was certified. */
  readonly bodies: ReadonlyMap<string, Body>;
  /** Id that this validator acknowledged: one for ever. */
  readonly acked: string | null;
  readonly certificate: Availability | null;
  /** Acks for this validator's own batch, by validator, until they are a certificate. */
  readonly acks: ReadonlyMap<number, Uint8Array>;
  /** Id that consensus committed. */
  readonly committed: string | null;
  /** Whether equivocation in this place was reported. */
  readonly reported: boolean;
}

export const EMPTY_SLOT: Slot = {
  bodies: new Map(),
  acked: null,
  certificate: null,
  acks: new Map(),
  committed: null,
  reported: false,
};

/** A batch that is missing, or its certificate. */
export interface Wanted {
  readonly ref: BatchRef;
  readonly attempts: number;
  readonly dueMs: bigint;
}

/** An own batch that is not committed yet. */
export interface Unsettled {
  readonly ref: BatchRef;
  readonly dueMs: bigint;
  readonly delayMs: bigint;
}

export interface DagState {
  readonly rounds: ReadonlyMap<bigint, ReadonlyMap<number, Slot>>;
  /** Highest round of a known certificate; one below the first round while there is none. */
  readonly certifiedRound: bigint;
  /** Highest round that consensus committed a batch of. */
  readonly committedRound: bigint;
  /** Last round in which this validator made a batch: never a second one. */
  readonly ownRound: bigint;
  /** Whether something waits for the next round to open. */
  readonly hungry: boolean;
  /** By batch id. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly unsettled: ReadonlyMap<string, Unsettled>;
  /** The time of the last tick, in milliseconds. */
  readonly nowMs: bigint;
}

/** An empty DAG of an epoch that begins with `firstRound`. */
export const emptyDag = (firstRound: bigint): DagState => ({
  rounds: new Map(),
  certifiedRound: firstRound - 1n,
  committedRound: firstRound - 1n,
  ownRound: firstRound - 1n,
  hungry: false,
  wanted: new Map(),
  unsettled: new Map(),
  nowMs: 0n,
});

export const slotAt = (state: DagState, {round, creator}: Pick<BatchRef, "round" | "creator">): Slot =>
  state.rounds.get(round)?.get(creator) ?? EMPTY_SLOT;

/** The batch of a slot that is known to be certified: by its certificate, or because consensus committed it. */
export const certifiedId = ({certificate, committed}: Slot): string | null => certificate?.ref.batchId ?? committed;

/** Rounds below this one are forgotten. */
export const horizonOf = ({committedRound}: DagState, gcRounds: bigint): bigint => committedRound - gcRounds;
