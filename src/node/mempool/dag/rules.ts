/** What the DAG mempool is told once for each epoch: who votes, how signatures are checked, and how much is too much. */
import {BATCH_WINDOW_ROUNDS} from "../../../codecs/dag/batch.js";
import type {VoteGround} from "../../consensus/votes/certificate.js";
import type {Transaction} from "../../ledger/chain/transaction.js";
import type {BlockLimits} from "../../ledger/params/chain-params.js";
import type {HashAll} from "../../ledger/state/hashing.js";

export interface DagLimits {
  readonly maxBatchTransactions: number;
  readonly maxBatchProofs: number;
  /** Bytes of all items of a batch together; also the most that one transaction may have. */
  readonly maxBatchBytes: number;
  /** How far above the highest certified round a batch is kept before it is certified itself. */
  readonly maxRoundsAhead: bigint;
  /** Rounds kept below the committed one; also how far rounds may run ahead of it. */
  readonly gcRounds: bigint;
  /** Peers asked at once for what is missing. */
  readonly fetchParallel: number;
  /** Batches asked for at a time; what nobody has after so many attempts is asked for no more. */
  readonly maxWanted: number;
  readonly maxFetchAttempts: number;
  /** Waits between attempts to fetch, in milliseconds; the last one repeats. */
  readonly fetchDelaysMs: readonly bigint[];
  /** First wait before an own batch is sent again, in milliseconds, and the longest; it doubles between them. */
  readonly resendMs: bigint;
  readonly resendMaxMs: bigint;
}

/** Batch limits are those of the ledger's mainnet profile; round window and fetch schedule hold for every profile. */
export const DEFAULT_DAG_LIMITS: DagLimits = {
  maxBatchTransactions: 4_000,
  maxBatchProofs: 100,
  maxBatchBytes: 2 * 1_048_576,
  maxRoundsAhead: 2n,
  gcRounds: BATCH_WINDOW_ROUNDS,
  maxWanted: 4_096,
  maxFetchAttempts: 30,
  fetchParallel: 3,
  fetchDelaysMs: [1_000n, 2_000n, 5_000n],
  resendMs: 2_000n,
  resendMaxMs: 30_000n,
};

/** Limits of a chain: a batch fits into a block whole. */
export const dagLimitsOf = ({maxTransactions, maxProofs, maxBytes}: BlockLimits): DagLimits => ({
  ...DEFAULT_DAG_LIMITS,
  maxBatchTransactions: Math.min(DEFAULT_DAG_LIMITS.maxBatchTransactions, maxTransactions),
  maxBatchProofs: Math.min(DEFAULT_DAG_LIMITS.maxBatchProofs, maxProofs),
  maxBatchBytes: Math.min(DEFAULT_DAG_LIMITS.maxBatchBytes, maxBytes),
});

/** Chain, validators of the epoch, and how their signatures are checked; and what is the DAG's own. */
export interface DagRules extends VoteGround {
  /** The round whose batches have no parents. */
  readonly firstRound: bigint;
  /** Index of this validator, or null for a node that only follows. */
  readonly self: number | null;
  /** @throws DecodeError */
  readTransaction(bytes: Uint8Array): Pick<Transaction, "txId">;
  /** Hashes what a batch holds, many at once; one after the other where nothing better is there. */
  readonly hashAll?: HashAll;
  /** Id of a mining proof. @throws DecodeError */
  proofIdOf(raw: Uint8Array): string;
  readonly limits: DagLimits;
}
