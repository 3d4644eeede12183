/** Answers of the mining routes (spec/mining-protocol.md 24, spec/qsdm-node.md 7.4). */
import {
  count,
  decimal,
  flag,
  hex,
  list,
  named,
  object,
  omitEmpty,
  optional,
  text,
  time,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

/** `GET /api/v1/mining/challenge`. */
export const challenge = object({nonce: hex(32), issuedAt: u64, signerId: text, signature: hex()});

const cell = object({id: hex(), contentHash: hex(32)});

/** `GET /api/v1/mining/work`. */
export const work = object({
  epoch: u64,
  height: u64,
  headerHash: hex(32),
  difficulty: decimal,
  dagEntries: named("dag_size", count),
  workSetRoot: named("workset_root", hex(32)),
  workSet: named("workset", list(object({cells: list(cell)}))),
  batchCountMaximum: count,
  blocksPerEpoch: u64,
  /** Ours: which mix the walk uses, 1 or 2. */
  mixVersion: optional(count),
  /** Ours: what the next epoch's table is made from, once that is known. */
  nextWorkSetRoot: named("next_workset_root", optional(hex(32))),
});

/** `POST /api/v1/mining/submit`: 200 when accepted, 400 when not. */
export const proofAnswer = object({
  accepted: flag,
  proofId: omitEmpty(text, ""),
  rejectReason: omitEmpty(text, ""),
  detail: omitEmpty(text, ""),
});
export type ProofAnswer = ValueOf<typeof proofAnswer>;

/** 202 of every write: taken, not yet applied. */
export const accepted = object({txId: text, status: word("accepted")});
export type Accepted = ValueOf<typeof accepted>;

/** One enrollment as reads show it. The MAC key is left out: nobody needs it here. */
export const enrollmentView = object({
  nodeId: text,
  owner: text,
  gpuUuid: text,
  stakeDust: u64,
  bondMode: word("upfront", "mining_rewards"),
  requiredStakeDust: u64,
  bondRemainingDust: u64,
  fullyBonded: flag,
  enrolledAtHeight: u64,
  revokedAtHeight: optional(u64),
  unbondMaturesAtHeight: optional(u64),
  phase: word("active", "pending_unbond", "revoked"),
  /** Whether there is stake that evidence could take. */
  slashable: flag,
});
export type EnrollmentView = ValueOf<typeof enrollmentView>;

/** `GET /api/v1/mining/enrollments`. */
export const enrollmentPage = object({
  records: list(enrollmentView),
  nextCursor: omitEmpty(text, ""),
  hasMore: flag,
  totalMatches: count,
  phase: omitEmpty(text, ""),
});
export type EnrollmentPageView = ValueOf<typeof enrollmentPage>;

/** Members of a slash receipt. Absent amounts are zero. */
export const slashReceiptMembers = {
  txId: text,
  outcome: word("applied", "rejected"),
  recordedAt: time,
  height: u64,
  slasher: omitEmpty(text, ""),
  nodeId: omitEmpty(text, ""),
  evidenceKind: omitEmpty(text, ""),
  slashedDust: omitEmpty(u64, 0n),
  rewardedDust: omitEmpty(u64, 0n),
  burnedDust: omitEmpty(u64, 0n),
  autoRevoked: omitEmpty(flag, false),
  autoRevokeRemainingDust: omitEmpty(u64, 0n),
  rejectReason: omitEmpty(text, ""),
  error: omitEmpty(text, ""),
} as const;

/** `GET /api/v1/mining/slash/{tx_id}`. */
export const slashReceiptView = object(slashReceiptMembers);
export type SlashReceiptView = ValueOf<typeof slashReceiptView>;

/** `POST /api/v1/mining/slash/judge`. */
export const slashVerdict = object({
  /** What the chain remembers of the offence once it is slashed; absent when the evidence is of none. */
  offenceKey: optional(text),
  slashedAtHeight: optional(u64),
  /** Whether a slash for the offence waits for a block. */
  waiting: flag,
  convicts: flag,
  /** What it would take, and who would get it. */
  slashedDust: omitEmpty(u64, 0n),
  rewardedDust: omitEmpty(u64, 0n),
  burnedDust: omitEmpty(u64, 0n),
  /** What would be left, and whether that is too little to stay active. */
  remainingDust: omitEmpty(u64, 0n),
  autoRevoked: omitEmpty(flag, false),
  /** Why it would be refused, and what is behind that. */
  code: omitEmpty(text, ""),
  cause: omitEmpty(text, ""),
  message: omitEmpty(text, ""),
});
export type SlashVerdictView = ValueOf<typeof slashVerdict>;

/** `GET /api/v1/mining/slash`: newest first. */
export const slashReceiptPage = object({
  records: list(slashReceiptView),
  hasMore: flag,
  /** Matches up to one beyond the page: not a total. */
  totalMatches: count,
  /** The filters that were applied. */
  filters: object({outcome: omitEmpty(text, ""), kind: omitEmpty(text, ""), since: omitEmpty(u64, 0n)}),
});
