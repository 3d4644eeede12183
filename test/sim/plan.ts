/** What goes wrong in a run, drawn from its seed before the run begins. */
import {type GoverningPlan, governingOf, NOBODY_GOVERNS} from "./governing.js";
import {type LockingPlan, lockingOf, NOBODY_LOCKS} from "./locking.js";
import {type MiningPlan, miningOf, NOBODY_MINES} from "./mining.js";
import type {Weather} from "./network.js";
import type {Concern, Random} from "./random.js";
import {NOBODY_STAKES, type StakingPlan, stakingOf} from "./staking.js";
import {NOBODY_STREAMS, type StreamingPlan, streamingOf} from "./streaming.js";
import {CLIENTS} from "./workload.js";

export type Episode =
  /** The process dies, and comes back after `forMs` with what was on its disk. */
  | {readonly type: "crash"; readonly nodes: readonly number[]}
  /** Nobody outside hears those inside, and the other way round. */
  | {readonly type: "partition"; readonly inside: readonly number[]}
  /** One link carries nothing one way. */
  | {readonly type: "one-way"; readonly from: number; readonly to: number}
  /** Links of these nodes become slow, one after the other. */
  | {readonly type: "clog"; readonly nodes: readonly number[]; readonly delayMs: number}
  /** The clock jumps, forwards or back. */
  | {readonly type: "clock"; readonly node: number; readonly skewMs: number}
  /** The next such write fails, or all do: before or after it reached the disk. The process must stop, and comes back. */
  | {
      readonly type: "disk";
      readonly node: number;
      readonly write: DiskWrite;
      readonly written: boolean;
      readonly lasting: boolean;
    }
  /** Transactions come that must all be refused. */
  | {readonly type: "flood"; readonly node: number};

export const DISK_WRITES = ["commit", "keepWaiting", "keepPromise", "keepBatches"] as const;
export type DiskWrite = (typeof DISK_WRITES)[number];

export interface Timed {
  readonly atMs: number;
  readonly forMs: number;
  readonly episode: Episode;
}

/** How a byzantine node treats what it should send. */
export const MISDEEDS = [
  "silent",
  "withhold",
  "replay",
  "late",
  "equivocate",
  "rewind",
  "forge",
  "useless",
  "outdated",
] as const;
export type Misdeed = (typeof MISDEEDS)[number];

export interface Plan {
  readonly nodes: number;
  readonly weather: Weather;
  readonly episodes: readonly Timed[];
  readonly byzantine: ReadonlyMap<number, ReadonlySet<Misdeed>>;
  /** After the faults: links that lose nothing, and may be slow. */
  readonly calm: Weather;
  /** From then on nothing new goes wrong; byzantine nodes stay what they are. */
  readonly healMs: number;
  readonly endMs: number;
  readonly transfers: number;
  /** The last of them; a network where nobody wants anything has to come back too. */
  readonly transfersEndMs: number;
  readonly staking: StakingPlan;
  readonly mining: MiningPlan;
  readonly governing: GoverningPlan;
  readonly streaming: StreamingPlan;
  readonly locking: LockingPlan;
}

const WEATHERS: readonly Weather[] = [
  {latencyMs: [1, 20], loss: 0, duplication: 0},
  {latencyMs: [1, 100], loss: 0.02, duplication: 0.02},
  {latencyMs: [1, 300], loss: 0.1, duplication: 0.05},
  {latencyMs: [1, 500], loss: 0.2, duplication: 0.1},
];

const CALMS: readonly Weather[] = [
  {latencyMs: [1, 20], loss: 0, duplication: 0},
  // Slower than the first timeout: only timeouts that grow get a block through.
  {latencyMs: [600, 900], loss: 0, duplication: 0},
  {latencyMs: [1_500, 2_500], loss: 0, duplication: 0},
];

/** The whole plan of a seed. */
export function planFor(
  streams: Readonly<Record<Concern, Random>>,
  {people = true, ...options}: {faultMs?: number; people?: boolean} = {},
): Plan {
  const plan = planOf(streams.faults, options);
  if (!people)
    return {
      ...plan,
      ...{staking: NOBODY_STAKES, mining: NOBODY_MINES, governing: NOBODY_GOVERNS},
      ...{streaming: NOBODY_STREAMS, locking: NOBODY_LOCKS},
    };
  return {
    ...plan,
    staking: stakingOf(streams.staking, plan),
    mining: miningOf(streams.mining, plan),
    governing: governingOf(streams.governing, plan),
    streaming: streamingOf(streams.streaming, CLIENTS, plan),
    locking: lockingOf(streams.locking, plan),
  };
}

/** Faults, and what is asked of the network; @param random of faults alone */
function planOf(
  random: Random,
  {nodes = 4, faultMs = 20_000, tailMs = 300_000} = {},
): Omit<Plan, "staking" | "mining" | "governing" | "streaming" | "locking"> {
  const f = Math.floor((nodes - 1) / 3);
  const all = Array.from({length: nodes}, (_, i) => i);
  const weather = random.pick(WEATHERS);
  const byzantine = new Map<number, ReadonlySet<Misdeed>>();
  if (random.chance(0.5))
    for (const node of some(random, all, f)) {
      const misdeeds = MISDEEDS.filter(() => random.chance(0.4));
      byzantine.set(node, new Set(misdeeds.length > 0 ? misdeeds : ["equivocate"]));
    }
  const count = random.between(0, 6);
  const episodes = Array.from({length: count}, (): Timed => {
    const atMs = random.between(500, faultMs - 1_000);
    const forMs = random.between(200, Math.min(8_000, faultMs - atMs));
    return {atMs, forMs, episode: episodeOf(random, all, f)};
  });
  return {
    nodes,
    weather,
    calm: random.chance(0.3) ? random.pick(CALMS) : CALMS[0]!,
    byzantine,
    episodes: episodes.sort((a, b) => a.atMs - b.atMs),
    healMs: faultMs,
    endMs: faultMs + tailMs,
    transfers: random.between(5, 40),
    transfersEndMs: random.chance(0.5) ? faultMs : random.between(1_000, faultMs),
  };
}

function episodeOf(random: Random, all: readonly number[], f: number): Episode {
  const node = random.pick(all);
  switch (random.between(0, 9)) {
    case 0:
      return {type: "crash", nodes: some(random, all, Math.max(1, f))};
    case 1:
      return {type: "crash", nodes: all};
    case 2:
      return {type: "partition", inside: some(random, all, random.between(1, all.length - 1))};
    case 3:
      return {type: "one-way", from: node, to: random.pick(all.filter((each) => each !== node))};
    case 4:
      return {
        type: "clog",
        nodes: some(random, all, random.between(1, all.length)),
        delayMs: random.between(100, 3_000),
      };
    case 5:
      return {type: "clock", node, skewMs: random.between(-60_000, 60_000)};
    case 6:
    case 7:
    case 8:
      return {
        ...{type: "disk", node, write: random.pick(DISK_WRITES)},
        ...{written: random.chance(0.5), lasting: random.chance(0.5)},
      };
    default:
      return {type: "flood", node};
  }
}

/** `count` of `items`, in the order of `items`. */
function some(random: Random, items: readonly number[], count: number): readonly number[] {
  const left = [...items];
  const taken = Array.from({length: Math.min(count, left.length)}, () => {
    const at = random.between(0, left.length - 1);
    return left.splice(at, 1)[0]!;
  });
  return taken.sort((a, b) => a - b);
}
