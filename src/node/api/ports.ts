/** What the HTTP API needs from the node around it. Implemented in parts.ts and view.ts; object literals in tests. */

import type {CapsuleState} from "../../codecs/api/capsules.js";
import type {Topic} from "../../codecs/api/events.js";
import type {StakeView} from "../../codecs/api/stakes.js";
import type {BatchFigures} from "../../codecs/api/status.js";
import type {StreamState} from "../../codecs/api/streams.js";
import type {VestingView} from "../../codecs/api/vesting.js";
import type {Block, Header} from "../../codecs/chain/block.js";
import type {UnsignedEnvelope} from "../../codecs/chain/envelope.js";
import type {FinalityProof, StateProof} from "../../codecs/chain/finality.js";
import type {Receipt} from "../../codecs/chain/receipt.js";
import type {StreamStatus} from "../../codecs/chain/stream.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import type {SyncState} from "../engine/sync/progress.js";
import type {ChallengeRequest} from "../ledger/attestation/challenge-terms.js";
import type {CompatDoor} from "../ledger/chain/compat-door.js";
import type {Transaction} from "../ledger/chain/transaction.js";
import type {EnrollmentRecord, Phase} from "../ledger/enrollment/record.js";
import type {Proposal} from "../ledger/governance/proposals.js";
import type {RejectionPage, RejectionQuery} from "../ledger/mining/rejection-log.js";
import type {ChainParams} from "../ledger/params/chain-params.js";
import type {Verdict} from "../ledger/slashing/judge.js";
import type {AttestedValidator, Epoch, MonetaryRecord, RetiredSubmesh} from "../ledger/state/stores.js";
import type {Waiting} from "../mempool/pool/estimate.js";
import type {TelemetryCheck} from "../mining/telemetry/telemetry.js";
import type {Network} from "../network/port.js";
import type {Answer, ReceiptQuery, SlashReceipt, SlashReceiptQuery} from "../storage/store.js";
import type {SupplyHistory} from "../supply-history.js";
import type {FeedPage} from "./events/feed.js";
import type {NgcDesk} from "./ngc/desk.js";

/** The chain's tip. */
export interface Head {
  readonly height: bigint;
  readonly blockId: string;
  readonly timeMs: bigint;
  /** Root after the tip's execution; the next header will carry it. */
  readonly stateRoot: string;
}

export interface AccountView {
  readonly balanceDust: bigint;
  /** Nonce that the next transaction must carry. */
  readonly nonce: bigint;
  /** Whether the chain knows the account's key, so that envelopes may leave it out. */
  readonly keyKnown: boolean;
}

/** Where every dust is. `genesis + mined - burned` equals `balances + bonds`, and `issued + unissued` the cap. */
export interface SupplyView {
  readonly capDust: bigint;
  readonly genesisDust: bigint;
  readonly minedDust: bigint;
  readonly burnedDust: bigint;
  readonly balancesDust: bigint;
  readonly bondsDust: bigint;
  readonly unissuedDust: bigint;
}

export interface EnrollmentPage {
  readonly records: readonly EnrollmentRecord[];
  /** Last node id of the page, or `null` on the last page. */
  readonly nextCursor: string | null;
  /** Matches in the whole registry. */
  readonly total: number;
}

export interface EnrollmentQuery {
  readonly phase: Phase | null;
  /** Node id to start after; it need not exist. */
  readonly cursor: string | null;
  readonly limit: number;
}

/** What is listed of the streams; null for any. */
export interface StreamQuery {
  readonly payer: string | null;
  readonly provider: string | null;
  readonly status: StreamStatus | null;
  readonly serviceId: string | null;
  /** Stream id to start after. */
  readonly cursor: string | null;
  readonly limit: number;
  /** Streams to look at for a page, whether they are wanted or not. */
  readonly lookAtMost: number;
}

export interface StreamPage {
  readonly streams: readonly StreamState[];
  /** Id of the last stream that was looked at, or `null` on the last page. */
  readonly nextCursor: string | null;
}

/** Of the streams that are not closed. */
export interface StreamStats {
  readonly openCount: number;
  readonly escrowDust: bigint;
}

/** How a recovery capsule is asked for. */
export type CapsuleKey =
  | {readonly owner: string; readonly locator: null}
  | {readonly owner: null; readonly locator: string};

export interface EnrollmentStats {
  readonly activeCount: number;
  readonly bondedDust: bigint;
  readonly pendingUnbondCount: number;
  readonly pendingUnbondDust: bigint;
}

/** A staged change of a governed parameter. */
export interface PendingChange {
  readonly param: string;
  readonly value: bigint;
  readonly effectiveHeight: bigint;
  /** Height at which it had its votes, and whose vote was the last of them. */
  readonly submittedAtHeight: bigint;
  readonly authority: string;
  readonly memo: string;
}

export interface GovernanceView {
  /** Every governed parameter by name. */
  readonly active: ReadonlyMap<string, bigint>;
  /** By height, then name. */
  readonly pending: readonly PendingChange[];
  /** Everything that waits for votes or for its height, authorities included; in order of activation. */
  readonly proposals: readonly Proposal[];
  /** Addresses in order; without any, nothing can be changed. */
  readonly authorities: readonly string[];
}

export interface ValidatorView {
  readonly account: string;
  /** ML-DSA-44. */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
  readonly attestation: AttestedValidator | null;
}

/** Reads of one committed height; every method of one view answers for the same block. */
export interface LedgerView {
  readonly head: Head;
  readonly params: ChainParams;
  account(address: string): AccountView | null;
  enrollment(nodeId: string): EnrollmentRecord | null;
  enrollments(query: EnrollmentQuery): EnrollmentPage;
  enrollmentStats(): EnrollmentStats;
  supply(): SupplyView;
  /** In order of beneficiary. */
  vestings(): readonly VestingView[];
  /** In order of stream id. */
  streams(query: StreamQuery): StreamPage;
  /** Counted anew at each call. */
  streamStats(): StreamStats;
  stream(streamId: string): StreamState | null;
  capsule(key: CapsuleKey): CapsuleState | null;
  /** What the monetary engine counts now, and what its last epoch came to; null before the first has ended. */
  monetary(): {readonly epochFeesDust: bigint; readonly last: MonetaryRecord | null};
  difficulty(): bigint;
  /** Attempts per second that the network is seen to make; null where nothing counts them. */
  hashrateHps(): bigint | null;
  governance(): GovernanceView;
  /** What a vote on submeshes weighs in the next block, of an account or of nobody, and what all of them do. */
  reputation(address: string | null): {readonly weight: bigint; readonly totalWeight: bigint};
  /** In order of name. */
  retiredSubmeshes(): readonly ({readonly submesh: string} & RetiredSubmesh)[];
  /** Who votes, and what the chain knows of the GPU beside it. */
  validators(): readonly ValidatorView[];
  /** In order of validator id. */
  stakes(): readonly StakeView[];
  /** Of the block that comes next. */
  epoch(): Epoch;
}

export interface BlockStorePort {
  header(height: bigint): Header | null;
  block(height: bigint): Promise<{readonly id: string; readonly block: Block} | null>;
  /** Bodies and receipts of blocks from 1 up to this height are gone; 0 while none is. */
  prunedHeight(): bigint;
  receipt(txId: string): Answer<Receipt | null>;
  receipts(query: ReceiptQuery): Answer<readonly Receipt[]>;
  slashReceipt(txId: string): Answer<SlashReceipt | null>;
  slashReceipts(query: SlashReceiptQuery): Answer<readonly SlashReceipt[]>;
}

/** What a slash would come to, and whether it is wanted still. */
export interface SlashVerdict extends Verdict {
  /** Whether a slash that proves the offence waits for a block. */
  readonly waiting: boolean;
}

/** Events in order, from a number on. */
export interface FeedPort {
  readonly headSeq: bigint;
  readonly prunedSeq: bigint;
  /** @throws RuleError EVENTS_PRUNED, EVENTS_AHEAD */
  start(after: bigint | null): bigint;
  /** @throws RuleError EVENTS_PRUNED */
  read(after: bigint, topics: readonly Topic[]): Promise<FeedPage>;
  /** Resolves at the next block, after `timeoutMs`, or when the signal aborts. */
  changed(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export type ProofVerdict =
  | {readonly accepted: true; readonly proofId: string}
  | {readonly accepted: false; readonly reason: string; readonly detail: string};

export interface ApiPorts {
  view(): LedgerView;
  readonly store: BlockStorePort;
  /**
   * Takes a v3 envelope. Resolves once it is on disk: what is acknowledged survives a crash.
   * @throws RuleError, DecodeError with the reason it was refused; UnavailableError while stopping
   */
  submit(envelope: Uint8Array): Promise<{readonly txId: string}>;
  /**
   * Takes a QSDM envelope in JSON, as `submit` takes ours.
   * @returns the id that its client chose
   * @throws RuleError ENVELOPE_V2_REFUSED where only v3 envelopes are taken; otherwise as `submit`
   */
  submitCompat(door: CompatDoor, body: Uint8Array): Promise<{readonly txId: string}>;
  /** Our id of the included transaction that its client named so, or `null`. */
  transactionOfId(clientId: string): string | null;
  /**
   * What a block would make of a slash now; nothing is changed and nothing is paid.
   * @param payload canonical slash payload
   */
  judgeSlash(payload: Uint8Array): SlashVerdict;
  /** @throws as `FinalityDesk` says */
  readonly finality: {
    prove(height: bigint): Promise<FinalityProof>;
    proveState(store: string, key: string): Promise<StateProof>;
    proveEpoch(number: bigint): Promise<StateProof>;
  };
  /** Transactions waiting. */
  poolSize(): number;
  /** How far this node is behind others. */
  sync(): SyncState;
  batches(): BatchFigures;
  /** What became of the supply since the node started. */
  readonly supplyHistory: Pick<SupplyHistory, "everyBlocks" | "points">;
  /** Records that a transaction would add to the state of now. */
  addedRecords(sent: Pick<Transaction, "content" | "authority">): number;
  /** Everything that waits as it competes for a block, best price first. */
  waitingBids(): readonly Waiting[];
  /** What a waiting transaction says, or `null` when none waits under this id. */
  waitingTransaction(txId: string): UnsignedEnvelope | null;
  /** Nonce that an account should sign next, counting what waits. */
  nextNonce(address: string): bigint;
  /** @throws UsageError, RuleError when the chain issues none for what is asked */
  challenge(asked: ChallengeRequest): Challenge;
  /** @throws UnavailableError MINING_UNAVAILABLE */
  work(height: bigint | null): ServedWork;
  submitProof(raw: Uint8Array): Promise<ProofVerdict>;
  /** What looked odd in the proofs that were taken; null where that is not checked. */
  readonly telemetry: Pick<TelemetryCheck, "anomalies" | "catalogueSize" | "penalty"> | null;
  /** Refused proofs whose claims about their GPU do not hang together. */
  recentRejections(query: RejectionQuery): RejectionPage;
  /** What the node tells to those who follow it. */
  readonly feed: FeedPort;
  /** Where the operator's sidecars report; `null` where no secret is set. */
  readonly ngc: NgcDesk | null;
  readonly network: Pick<Network, "self" | "addresses" | "peers">;
  readonly info: {
    readonly nodeId: string;
    /** Whether its key is a voter's. */
    readonly role: "validator" | "follower";
    readonly version: string;
    readonly commit: string;
    readonly startedAtMs: number;
  };
  now(): number;
}
