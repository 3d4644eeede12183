/** The ledger's own reads: supply equation, chain parameters, accounts. */
import {ADVICE, PHASE_REASONS, PHASES} from "../chain/monetary.js";
import {nvidiaLock} from "./ngc.js";
import {
  cell,
  cellText,
  count,
  flag,
  list,
  nullable,
  object,
  omitEmpty,
  optional,
  text,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

/**
 * Where every dust is: `genesis + mined - burned` equals `balances + bonds`, and `genesis + mined + unissued` the cap.
 */
export const supply = object({
  capDust: u64,
  genesisDust: u64,
  minedDust: u64,
  burnedDust: u64,
  balancesDust: u64,
  bondsDust: u64,
  unissuedDust: u64,
});
export type Supply = ValueOf<typeof supply>;

/** `GET /api/v1/ledger/supply`. */
export const supplyAnswer = object({height: u64, blockId: text, supply});
export type SupplyAnswer = ValueOf<typeof supplyAnswer>;

/** `GET /api/v1/ledger/supply/history`: what this node saw since it started, the newest block last. */
export const supplyHistory = object({
  height: u64,
  /** From one point to the next; the last may follow sooner. */
  everyBlocks: u64,
  points: list(object({height: u64, minedDust: u64, burnedDust: u64, balancesDust: u64, bondsDust: u64})),
});
export type SupplyHistoryAnswer = ValueOf<typeof supplyHistory>;

/** Answer of `POST /api/v1/wallet/submit-signed`: taken, not yet applied. A node of QSDM that makes no blocks says `accepted`. */
export const pending = object({
  transactionId: text,
  status: word("pending", "accepted"),
  broadcast: word("block-pending", "p2p", "local-only"),
});
export type Pending = ValueOf<typeof pending>;

/** `GET /api/v1/wallet/balance`. */
export const balance = object({
  address: text,
  balance: cell,
  source: text,
  /** Ours: the same amount in dust. */
  balanceDust: optional(u64),
});
export type Balance = ValueOf<typeof balance>;

/** `GET /api/v1/mining/account`. */
export const account = object({address: text, balance: cell, nonce: u64, present: flag});

/** `GET /api/v1/mining/emission`: the schedule, as if no block were empty. */
export const emission = object({
  chainTip: u64,
  miningCapDust: u64,
  blocksPerEpoch: u64,
  targetBlockTimeSeconds: count,
  currentEpoch: u64,
  blockRewardDust: u64,
  blockRewardCell: cellText,
  emittedDust: u64,
  emittedCell: cellText,
  remainingDust: u64,
  /** As the reference computes it: the last block of this epoch. */
  nextHalvingHeight: u64,
  nextHalvingEtaSeconds: u64,
  /** Ours: the first block of the next epoch. */
  firstHeightOfNextEpoch: optional(u64),
  /** Ours: what was really minted. */
  mintedDust: optional(u64),
});

/** What one epoch of the monetary engine came to. Rates and shares are in basis points. */
export const monetaryEpoch = object({
  epoch: u64,
  lastHeight: u64,
  /** Of the next epoch. */
  phase: word(...PHASES),
  phaseReason: word(...PHASE_REASONS),
  advice: word(...ADVICE),
  feesDust: u64,
  averageFeesDust: u64,
  volatilityBps: u64,
  stakedDust: u64,
  circulatingDust: u64,
  coverageBps: u64,
  stakeRatioBps: u64,
  rateBps: u64,
  floorApplied: flag,
  capApplied: flag,
  issuedDust: u64,
  validatorsDust: u64,
  treasuryDust: u64,
  insuranceDust: u64,
  communityDust: u64,
});

/** `GET /api/v1/ledger/monetary`: issuance by stake. */
export const monetaryAnswer = object({
  height: u64,
  blockId: text,
  /** `off` where mining alone issues, `shadow` where the engine only reckons. */
  mode: word("off", "shadow", "active"),
  epochBlocks: nullable(u64),
  epochsPerYear: nullable(u64),
  /** Paid since the epoch began. */
  epochFeesDust: u64,
  last: nullable(monetaryEpoch),
});
export type MonetaryAnswer = ValueOf<typeof monetaryAnswer>;

/** `GET /api/v1/versions`. */
export const versions = object({versions: list(text), current: text});

/** `GET /api/v1/wallet/nonce`. */
export const nonce = object({
  sender: text,
  /** Transactions of this account that the chain has included. */
  nonce: u64,
  /** Nonce that a v2 envelope must carry, one above `nonce`. A v3 envelope carries `nonce`. */
  next: u64,
  /** Ours: nonce that a v3 envelope should carry now, counting the transactions that wait. */
  nextFree: optional(u64),
  /** Ours: whether envelopes may leave the public key out. */
  keyKnown: omitEmpty(flag, false),
});
export type Nonce = ValueOf<typeof nonce>;

/** `GET /api/v1/chain/params`: everything that a genesis fixes. */
export const chainParams = object({
  chainId: text,
  rules: word("strict", "compat"),
  blockTimeSeconds: count,
  mining: object({
    dagEntries: count,
    initialDifficulty: u64,
    minDifficulty: u64,
    retargetIntervalBlocks: u64,
    retargetClamp: u64,
    targetProofsPerBlock: count,
    blocksPerEpoch: u64,
    graceBlocks: u64,
    forkV2Height: u64,
    forkTensorHeight: u64,
    freshnessWindowSeconds: count,
    futureSkewSeconds: count,
  }),
  enrollment: object({bondDust: u64, unbondWindowSeconds: count}),
  slashing: object({capDust: u64, rewardBps: count, autoRevokeMinStakeDust: u64}),
  fees: object({baseFeeDust: u64, floorDust: u64, changeDenominator: count, targetBps: count, burnBps: count}),
  limits: object({maxTransactions: count, maxProofs: count, maxBytes: count, maxGas: u64, maxRecords: u64}),
  validators: object({stakeDust: u64, epochBlocks: u64, unbondSeconds: count, max: count}),
  monetary: nullable(
    object({
      mode: word("shadow", "active"),
      epochBlocks: u64,
      epochsPerYear: u64,
      validatorsBps: count,
      insuranceBps: count,
      communityBps: count,
      treasury: text,
      insurance: text,
      community: text,
    }),
  ),
});
export type ChainParamsAnswer = ValueOf<typeof chainParams>;

/** `GET /api/v1/health`. */
export const health = object({
  status: word("healthy", "degraded"),
  timestamp: text,
  version: text,
  gitSha: text,
  buildDate: text,
  product: text,
  tagline: text,
  /** Left out by nodes that know no lock. */
  nvidiaLock: optional(nvidiaLock),
});
export type Health = ValueOf<typeof health>;

export const live = object({status: word("alive"), timestamp: text, product: text});

/** `GET /api/v1/health/ready`: 200 when ready, 503 when not. */
export const ready = object({
  status: word("ready", "not_ready"),
  timestamp: text,
  checks: object({storage: text, walletService: text}),
});
export type Ready = ValueOf<typeof ready>;
