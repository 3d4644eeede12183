/**
 * What one validator, or one follower, knows of the current epoch. Values are immutable: a step makes new ones.
 */
import type {Certificate} from "../../../codecs/chain/block.js";
import type {Proposal, Timeout, TimeoutCertificate, Vote} from "../../../codecs/consensus/messages.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import type {Committee} from "../votes/committee.js";

/** Bounds that keep a flood out of memory (spec 3.1); the lowest views and what cannot be committed go first. */
export const LIMITS = {
  /** How far above the current view votes and timeouts are kept. */
  views: 128n,
  /** Uncommitted blocks. */
  blocks: 4_096,
  /** Proposals whose parent is not there yet. */
  orphans: 64,
  /** Blocks of one view that may wait: a leader that signs two is shown to have done so, more are of no use. */
  blocksOfView: 2,
} as const;

/** A block as consensus sees it. */
export interface BlockRef {
  /** 64 hex digits; covers everything else. */
  readonly id: string;
  readonly parentId: string;
  readonly height: bigint;
  readonly view: bigint;
}

/** The last block of the epoch before. */
export type Origin = Pick<BlockRef, "id" | "height" | "view">;

/** A block above the committed one. */
export interface TreeBlock extends BlockRef {
  /** Of the parent. */
  readonly justify: Certificate;
  /** What executing it on its parent gave; nobody votes for a block before. */
  readonly verdict: "open" | "valid" | "refused";
}

/** What must survive a crash: written down before anything that it covers leaves. */
export interface Safety {
  readonly epoch: bigint;
  /** Newest view in which this validator voted, and for what; view 0 is before the first. */
  readonly votedView: bigint;
  readonly votedBlockId: string;
  /** Newest view in which it proposed, and what. */
  readonly proposedView: bigint;
  readonly proposedBlockId: string;
  /** Newest view that it gave up. */
  readonly timeoutView: bigint;
  /** No vote for anything whose justification is older than this view. */
  readonly lockedView: bigint;
  readonly lockedBlockId: string;
}

/** `Safety` with what is needed to go on from it. */
export interface Promised {
  readonly safety: Safety;
  readonly highCertificate: Certificate;
  readonly entered: TimeoutCertificate | null;
}

export interface ConsensusState {
  readonly committee: Committee;
  /** What the epoch goes on from: final by the voters of the epoch before, or genesis. */
  readonly origin: Origin;
  /** This node's place among the voters; null for one that only follows. */
  readonly self: number | null;
  readonly view: bigint;
  /** Views that were given up since a block became final. */
  readonly failures: number;
  /** How this view was entered, where not by `highCertificate`. */
  readonly entered: TimeoutCertificate | null;
  readonly highCertificate: Certificate;
  readonly safety: Safety;
  /** The newest committed block. */
  readonly root: BlockRef;
  readonly blocks: ReadonlyMap<string, TreeBlock>;
  /** First signed proposal of each view. */
  readonly proposed: ReadonlyMap<bigint, SignedBlock>;
  /** First vote of each validator by view. */
  readonly votes: ReadonlyMap<bigint, ReadonlyMap<number, Vote>>;
  readonly timeouts: ReadonlyMap<bigint, ReadonlyMap<number, Timeout>>;
  /** Proposals by the parent that they wait for. */
  readonly orphans: ReadonlyMap<string, readonly ProposedBlock[]>;
  /** View for which the driver was asked to build a block. */
  readonly building: bigint | null;
  /** Before, a node only takes up what it wrote down. */
  readonly started: boolean;
}

export interface SignedBlock {
  readonly height: bigint;
  readonly view: bigint;
  readonly blockId: string;
  readonly signature: Uint8Array;
}

/** A proposal beside what its block's header says. */
export interface ProposedBlock {
  readonly block: BlockRef & {readonly epoch: bigint};
  readonly proposal: Omit<Proposal, "block">;
}

/** Two signed statements of one validator of which only one can be honest. */
export interface Equivocation {
  readonly kind: "vote" | "proposal";
  readonly epoch: bigint;
  readonly view: bigint;
  readonly validator: number;
  readonly first: SignedBlock;
  readonly second: SignedBlock;
}

/** What every step may ask of the world: constants and a pure function. */
export interface StepContext {
  readonly chainId: string;
  /** ML-DSA-44; one memory of what was found valid serves votes and the certificates made of them. */
  readonly verify: VerifySignature;
}

export type Input =
  | {readonly type: "start"}
  | ({readonly type: "proposal"} & ProposedBlock)
  | {readonly type: "vote"; readonly vote: Vote}
  | {readonly type: "timeout"; readonly timeout: Timeout}
  /** A block of the chain that somebody served, with its own certificate and its parent's. */
  | {
      readonly type: "certified";
      readonly block: BlockRef;
      readonly justify: Certificate;
      readonly certificate: Certificate;
    }
  /** A certificate alone: from this node's own disk, or beside a block that was asked for. */
  | {readonly type: "certificate"; readonly certificate: Certificate}
  | {readonly type: "timeouts"; readonly certificate: TimeoutCertificate}
  /** An uncommitted block from this node's own disk. */
  | {readonly type: "restored"; readonly block: BlockRef; readonly justify: Certificate}
  /** The driver ran a block on its parent. */
  | {readonly type: "executed"; readonly blockId: string; readonly valid: boolean}
  /** The driver built the block that this node was asked to propose in `view`. */
  | {readonly type: "built"; readonly block: BlockRef}
  /** The time for `view` ran out. */
  | {readonly type: "expired"; readonly view: bigint};

/** A block that is final, with the certificate that its child carried. */
export interface CommittedBlock {
  readonly id: string;
  readonly height: bigint;
  readonly certificate: Certificate;
}

/** One kind of effect. */
export type EffectOf<T extends Effect["type"]> = Extract<Effect, {type: T}>;

export type Effect =
  /** Write down before any effect that follows. `blockId` must be on disk with its ancestors by then. */
  | ({readonly type: "save"; readonly blockId: string | null} & Promised)
  | {readonly type: "vote"; readonly vote: Omit<Vote, "validator" | "signature">; readonly to: readonly number[]}
  | {
      readonly type: "give-up";
      readonly timeout: Pick<Timeout, "epoch" | "view" | "highCertificate" | "entered">;
    }
  | {
      readonly type: "publish";
      readonly blockId: string;
      readonly view: bigint;
      readonly justify: Certificate;
      readonly timeouts: TimeoutCertificate | null;
    }
  | {readonly type: "build"; readonly view: bigint; readonly parentId: string}
  | {readonly type: "execute"; readonly blockId: string}
  /** In order of height; `head` is of the third of the blocks that made them final, and need not be the newest. */
  | {readonly type: "commit"; readonly blocks: readonly CommittedBlock[]; readonly head: Certificate}
  /** The time of `view` begins. */
  | {readonly type: "timer"; readonly view: bigint; readonly failures: number}
  | {readonly type: "fetch"; readonly blockId: string; readonly height: bigint}
  | {readonly type: "evidence"; readonly equivocation: Equivocation}
  /** Uncommitted blocks that can no longer be committed. */
  | {readonly type: "drop"; readonly blockIds: readonly string[]}
  /** Why an input was not taken; the sender of a `reject` broke a rule. */
  | {readonly type: "refused"; readonly verdict: "ignore" | "reject"; readonly reason: string};

/** Where a node begins: at a committed block, with what it wrote down before. */
export interface Beginning {
  readonly committee: Committee;
  readonly self: number | null;
  readonly origin: Origin;
  readonly root: BlockRef;
  /** Of the root; of the origin one without votes. */
  readonly certificate: Certificate;
  readonly safety: Safety | null;
}

/** Nothing voted, proposed or given up in `epoch`, whose chain goes on from `root`. */
export const freshSafety = (epoch: bigint, root: Pick<BlockRef, "id" | "view">): Safety => ({
  epoch,
  votedView: 0n,
  votedBlockId: root.id,
  proposedView: 0n,
  proposedBlockId: root.id,
  timeoutView: 0n,
  lockedView: root.view,
  lockedBlockId: root.id,
});

/** What stands for the votes for its origin in an epoch whose voters gave none: they have it as final, or are told. */
export const originCertificate = (epoch: bigint, {id: blockId, height, view}: Origin): Certificate => ({
  epoch,
  height,
  view,
  blockId,
  votes: [],
});

export function beginAt({committee, self, origin, root, certificate, safety}: Beginning): ConsensusState {
  const fresh = freshSafety(committee.epoch, root);
  return {
    committee,
    self,
    origin,
    view: certificate.view + 1n,
    failures: 0,
    entered: null,
    highCertificate: certificate,
    safety: safety?.epoch === committee.epoch ? safety : fresh,
    root,
    blocks: new Map(),
    proposed: new Map(),
    votes: new Map(),
    timeouts: new Map(),
    orphans: new Map(),
    building: null,
    started: false,
  };
}
