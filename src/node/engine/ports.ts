/** What the engine needs besides the rules. */

import type {Block, VoteContent} from "../../codecs/chain/block.js";
import type {CompactBlock} from "../../codecs/consensus/compact-block.js";
import type {EquivocationProof} from "../../codecs/consensus/equivocation.js";
import type {ProposalContent, TimeoutContent} from "../../codecs/consensus/messages.js";
import type {SignedRecord} from "../../codecs/consensus/promise.js";
import type {VerifySignature} from "../../codecs/suite.js";
import type {Chain} from "../chain.js";
import type {PacemakerOptions} from "../consensus/hotstuff/pacemaker.js";
import type {Network} from "../network/port.js";
import type {Candidate} from "../proposal.js";
import type {Log, Timers} from "../service.js";
import type {LedgerStore} from "../storage/store.js";
import type {PaceOptions} from "./pace.js";

/** Signs for one validator, and never two different things where one is allowed. */
export interface ValidatorVoice {
  /** ML-DSA-44. Whether it votes is for each epoch to say. */
  readonly publicKey: Uint8Array;
  readonly record: SignedRecord | null;
  vote(content: VoteContent): Uint8Array;
  proposal(content: ProposalContent): Uint8Array;
  timeout(content: TimeoutContent): Uint8Array;
}

/** Blocks out of certified batches. */
export interface BlockFeed {
  candidate(parentId: string): Candidate;
  /** Whether a block on `parentId` would hold nothing. */
  isEmpty(parentId: string): boolean;
  /** What a proposal carries of a block. */
  compact(block: Block): CompactBlock;
  /** The block again, or null while one of its batches is not here. @throws DecodeError when there is none */
  complete(compact: CompactBlock): Block | null;
  /** What brings a block that is not final back after a restart, or null where its batches are not on this disk. */
  kept(block: Block): CompactBlock | null;
  /** The block that `kept` was asked for, or null when one of its batches is gone. @throws DecodeError when there is none */
  restored(compact: CompactBlock): Block | null;
  /** Asks others for what `complete` did not find. */
  want(compact: CompactBlock): void;
  /** Other voters: batches begin anew. */
  begin(): void;
}

export interface Clock extends Timers {
  /** From -JITTER_BPS_MAX to JITTER_BPS_MAX. */
  jitterBps(): number;
}

export interface EngineOptions {
  readonly pace: PaceOptions;
  readonly pacemaker: PacemakerOptions;
}

export interface EnginePorts {
  readonly chain: Chain;
  readonly store: LedgerStore;
  /** What blocks are made of, and how they travel. */
  readonly batches: BlockFeed;
  /** Null for a node without a voting key. */
  readonly voice: ValidatorVoice | null;
  /** Null for a validator that is alone. */
  readonly network: Network | null;
  /** ML-DSA-44, with a memory of what was found valid. */
  readonly verifyVote: VerifySignature;
  readonly clock: Clock;
  /** Wall clock, milliseconds since 1970. */
  nowMs(): bigint;
  readonly log: Log;
  /** Two statements of a validator that contradict each other, as a block takes them. */
  equivocated(proof: EquivocationProof): void;
  /** The chain cannot go on. */
  failed(error: unknown): void;
}
