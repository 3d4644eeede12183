/**
 * Who pays by the second: clients open streams to each other, use them, pause, settle and close, and some bill what was not
 * used or act for others. Drawn from the seed before the run; what a device signs follows from the chain that it sees.
 */
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {STREAM_CONTRACT, type StreamRecord, type StreamVerb} from "../../src/codecs/chain/stream.js";
import {type StreamAction, streamAction, streamReceiptContent} from "../../src/codecs/envelopes/actions.js";
import {sha256} from "../../src/codecs/hash.js";
import {sessionKeyOf} from "../../src/node/keys/session-key.js";
import type {Plan} from "./plan.js";
import type {Random} from "./random.js";
import type {Call} from "./workload.js";

/** What somebody does with a stream. The last five are nobody's right; whether they are refused is for the ledger to say. */
export const DEEDS = [
  ...(["open", "use", "pause", "resume", "settle", "close"] as const),
  ...(["overbill", "replay", "forge", "early", "steal"] as const),
] as const;
export type Deed = (typeof DEEDS)[number];

/** One stream as it is agreed, people by number. */
export interface Agreement {
  readonly name: string;
  readonly payer: number;
  readonly provider: number;
  readonly priceDust: bigint;
  readonly periodSeconds: bigint;
  readonly budgetDust: bigint;
  readonly maxActiveSeconds: bigint;
  readonly validSeconds: number;
}

export interface PlannedDeed {
  readonly atMs: number;
  /** Which agreement. */
  readonly stream: number;
  readonly deed: Deed;
}

export interface StreamingPlan {
  readonly agreements: readonly Agreement[];
  readonly deeds: readonly PlannedDeed[];
}

export const NOBODY_STREAMS: StreamingPlan = {agreements: [], deeds: []};
/** Share of the seeds in which anybody does. */
const SHARE = 0.4;
/** Use is what most of it is, and an end comes once in a while. */
const USUAL: readonly Deed[] = [
  ...(["use", "use", "use", "use", "use", "use", "settle", "settle", "settle"] as const),
  ...(["pause", "resume", "resume", "overbill", "overbill"] as const),
];

export function streamingOf(random: Random, clients: number, {healMs}: Pick<Plan, "healMs">): StreamingPlan {
  if (!random.chance(SHARE)) return NOBODY_STREAMS;
  const agreements = Array.from({length: random.between(1, 5)}, (_, i): Agreement => {
    const payer = random.between(0, clients - 1);
    return {
      name: `stream-${i}`,
      payer,
      provider: (payer + random.between(1, clients - 1)) % clients,
      priceDust: BigInt(random.between(1, 50)),
      periodSeconds: BigInt(random.between(1, 7)),
      budgetDust: BigInt(random.pick([20, 500, 10_000])),
      maxActiveSeconds: BigInt(random.pick([3, 3_600, 3_600])),
      validSeconds: random.pick([5, 3_600, 3_600]),
    };
  });
  const deeds = agreements.flatMap((_, stream): PlannedDeed[] => {
    const openedMs = random.between(300, healMs / 4);
    const more = Array.from({length: random.between(5, 20)}, (): PlannedDeed => {
      const deed = random.pick(random.chance(0.8) ? USUAL : DEEDS);
      return {atMs: random.between(openedMs, healMs), stream, deed};
    });
    return [{atMs: openedMs, stream, deed: "open"}, ...more];
  });
  return {agreements, deeds: deeds.sort((a, b) => a.atMs - b.atMs)};
}

export interface StreamingGround {
  /** Addresses of both, and of somebody who is neither. */
  readonly payer: string;
  readonly provider: string;
  readonly stranger: string;
  /** What the sender's node knows of the stream. */
  readonly known: StreamRecord | null;
  /** Time of its newest block. */
  readonly nowMs: bigint;
  readonly random: Random;
}

/** Who does it, and the call that it comes to. */
export interface Done {
  readonly sender: string;
  readonly call: Call;
}

/** The call that a deed comes to; null where an honest device has nothing to sign, and its provider nothing to take. */
export function callOf(deed: Deed, agreement: Agreement, ground: StreamingGround): Done | null {
  const {payer, provider, stranger, random} = ground;
  switch (deed) {
    case "open":
      return act(opening(agreement, ground));
    case "pause":
    case "resume":
    case "close":
      return act(actionOf(deed, payer, agreement, ground));
    case "settle":
      // There may be nothing due by the time of the block; whoever knows that does not ask.
      return isDue(ground) ? act(actionOf(deed, provider, agreement, ground)) : null;
    case "steal": {
      const verb = random.pick(["settle", "close", "pause"] as const);
      const thief = verb === "settle" ? payer : verb === "close" ? provider : stranger;
      return act(actionOf(verb, thief, agreement, ground));
    }
    default: {
      if (deed === "use" && freeSeconds(ground) < 1n) return null;
      const receipt = receiptOf(deed, agreement, ground);
      return act({...actionOf("receipt", provider, agreement, ground), receipt});
    }
  }
}

const act = (action: StreamAction): Done => ({
  sender: action.sender,
  call: {contract: STREAM_CONTRACT, payload: streamAction.encode(action)},
});

const seedOf = (name: string): Uint8Array => sha256(utf8(`session ${name}`));
const timeText = (ms: bigint): string => new Date(Number(ms)).toISOString();

const actionOf = (
  action: StreamVerb,
  sender: string,
  {name: streamId}: Agreement,
  {nowMs}: Pick<StreamingGround, "nowMs">,
): StreamAction => ({
  ...{id: `${action}-${nowMs}`, sender, streamId, action, timestamp: timeText(nowMs), nonce: 0n},
  ...{provider: "", serviceId: "", deviceIdHash: "", sessionPublicKey: "", priceDust: 0n, pricePeriodSeconds: 0n},
  ...{budgetDust: 0n, maxActiveSeconds: 0n, expiresAt: "", receipt: null},
});

const opening = (agreement: Agreement, ground: StreamingGround): StreamAction => ({
  ...actionOf("open", ground.payer, agreement, ground),
  provider: ground.provider,
  serviceId: "svc.sim",
  deviceIdHash: hexOf(sha256(utf8(agreement.name))),
  sessionPublicKey: hexOf(sessionKeyOf(seedOf(agreement.name)).publicKey),
  priceDust: agreement.priceDust,
  pricePeriodSeconds: agreement.periodSeconds,
  budgetDust: agreement.budgetDust,
  maxActiveSeconds: agreement.maxActiveSeconds,
  expiresAt: timeText(ground.nowMs + BigInt(agreement.validSeconds * 1_000)),
});

const isDue = ({known}: Pick<StreamingGround, "known">): boolean =>
  known !== null && known.accruedDust > known.settledDust;

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** Whole seconds that have passed since the opening. */
const passedSeconds = ({known, nowMs}: Pick<StreamingGround, "known" | "nowMs">): bigint =>
  known ? (nowMs * NS_PER_MS - known.openedAtNs) / NS_PER_SECOND : 0n;

/** Of these, those that can still be billed: by the clock, by the longest use, and by the budget. */
function freeSeconds(ground: Pick<StreamingGround, "known" | "nowMs">): bigint {
  const {known} = ground;
  if (known?.status !== "active") return 0n;
  const {pausedDurationSeconds, maxActiveSeconds, budgetDust, priceDust, pricePeriodSeconds} = known;
  const paidSeconds = (budgetDust * pricePeriodSeconds) / priceDust;
  const most = [passedSeconds(ground) - pausedDurationSeconds, maxActiveSeconds, paidSeconds];
  return most.reduce((a, b) => (a < b ? a : b)) - known.cumulativeActiveSeconds;
}

/** Of use up to the newest block that the provider's node has; `deed` says what is wrong with it. */
function receiptOf(deed: Deed, {name: streamId}: Agreement, ground: StreamingGround) {
  const {known, nowMs, random} = ground;
  const [sequence, used, openedNs] = known
    ? [known.lastReceiptSequence, known.cumulativeActiveSeconds, known.openedAtNs]
    : [0n, 0n, nowMs * NS_PER_MS];
  const free = freeSeconds(ground);
  const more = free > 1n ? BigInt(random.between(1, Number(free))) : 1n;
  const content = {
    streamId,
    sequence: deed === "replay" && sequence > 0n ? sequence : sequence + 1n,
    // The whole time that has passed is billable where nobody paused, and never a second more.
    cumulativeActiveSeconds: deed === "overbill" ? passedSeconds(ground) + BigInt(random.between(1, 3)) : used + more,
    observedAt: timeText(deed === "early" ? openedNs / NS_PER_MS - 1_000n : nowMs),
  };
  const key = sessionKeyOf(seedOf(deed === "forge" ? `not ${streamId}` : streamId));
  return {...content, signature: hexOf(key.sign(streamReceiptContent.encode(content)))};
}
