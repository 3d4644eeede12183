/** `GET /api/v1/status` (spec/qsdm-node.md 7.1) with our own members under `qsdm`. */
import {supply} from "./ledger.js";
import {cellText, count, decimal, flag, list, named, object, optional, text, u64, type ValueOf, word} from "./shape.js";

const coin = object({name: text, symbol: text, decimals: count, smallestUnit: text});

/** What mining has emitted by the schedule; what was really minted stands in `qsdm.supply`. */
const tokenomics = object({
  capDust: u64,
  capCell: cellText,
  emittedDust: u64,
  emittedCell: cellText,
  remainingDust: u64,
  blockRewardDust: u64,
  blockRewardCell: cellText,
  currentEpoch: u64,
  /** As the reference computes it: the last block of this epoch. `qsdm.nextHalvingHeight` is the first of the next. */
  nextHalvingHeight: u64,
  nextHalvingEtaSeconds: u64,
  targetBlockTimeSeconds: count,
  blocksPerEpoch: u64,
});

const mining = object({
  protocolVersionsAccepted: list(count),
  forkV2Height: named("fork_v2_height", optional(u64)),
  forkV2Active: named("fork_v2_active", flag),
  forkTensorHeight: named("fork_v2_tc_height", optional(u64)),
  forkTensorActive: named("fork_v2_tc_active", flag),
  attestationTypesRequired: optional(list(text)),
  minEnrollStakeDust: optional(u64),
  enrollmentContract: text,
  signedEnrollmentRequired: flag,
  signedEnrollmentActivationHeight: u64,
  deferredBondFromRewards: flag,
  deferredBondActivationHeight: u64,
  deferredBondWorkDifficulty: count,
});

/** Whether the node has what others have; what lies above its headers is their word. */
const sync = object({
  state: word("following", "catching-up"),
  targetHeight: u64,
  blocksPerSecond: count,
  etaSeconds: optional(count),
});
/** The DAG mempool as this node sees it. */
const batches = object({
  /** Highest round of a certified batch. */
  certifiedRound: count,
  /** Highest round that a final block took a batch of. */
  committedRound: count,
  /** Certified, and in no final block. */
  waiting: count,
  /** Asked of others. */
  missing: count,
  /** By this validator since it started, */
  made: count,
  /** and requests for what was missing. */
  fetches: count,
  /** Validators that were seen to sign two for one round. */
  equivocations: count,
  /** Batches that were found altered, or gone though promised: the disk, the memory or the program is at fault. */
  faults: count,
});
export type BatchFigures = ValueOf<typeof batches>;

/** What a client needs to speak to this node, and what the reference does not say. */
const own = object({
  /** Signed into every envelope. */
  chainId: text,
  /** `strict`, or `compat` where QSDM's unsigned and unattributed forms are taken as well. */
  rules: word("strict", "compat"),
  /** Envelope versions that the write routes take. */
  envelopeVersions: list(count),
  height: u64,
  blockId: text,
  blockTimeMs: u64,
  stateRoot: text,
  sync,
  /** Bodies and receipts of blocks from 1 up to this height are gone here; 0 on an archive node. */
  prunedHeight: u64,
  poolSize: count,
  batches,
  baseFeeDust: u64,
  /** Gas of each record that a transaction adds to the state; 0 where that is not priced. */
  recordGas: u64,
  bondDust: u64,
  slashCapDust: u64,
  slashRewardBps: count,
  autoRevokeMinStakeDust: u64,
  unbondBlocks: u64,
  difficulty: decimal,
  /** Attempts per second behind the proofs of the last two retarget intervals, at least; absent where none are counted. */
  networkHashrateHps: optional(decimal),
  nextHalvingHeight: optional(u64),
  supply,
});
export type OwnStatus = ValueOf<typeof own>;

export const status = object({
  nodeId: text,
  version: text,
  gitSha: text,
  buildDate: text,
  uptime: text,
  chainTip: u64,
  peers: count,
  nodeRole: text,
  network: text,
  coin,
  branding: object({name: text, legacyName: optional(text), fullTitle: optional(text)}),
  tokenomics,
  taskActionsReady: flag,
  mining: optional(mining),
  /** `null` when the node is not one of ours. */
  qsdm: optional(own),
});
export type Status = ValueOf<typeof status>;
