/** The ledger's own reads: supply equation, chain parameters, accounts. */
import {nvidiaLock} from "./ngc.js";
import {
  cell,
  cellText,
  count,
  flag,
  list,
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
  fees: object({baseFeeDust: u64, burnBps: count}),
  limits: object({maxTransactions: count, maxProofs: count, maxBytes: count, maxGas: u64}),
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
