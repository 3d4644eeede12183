/**
 * Which of the states that a power cut could leave are tried: what is pending all there and all gone; each change lost
 * alone, and there alone; the newest write torn at each sector, with the others there and gone; and a seeded sample of
 * the rest, in which each change has a fate of its own and content arrives in any order.
 */
import type {Random} from "../sim/random.js";
import {SECTOR_BYTES} from "./content.js";
import type {Pending} from "./disk.js";

/** What becomes of a pending change that is not kept whole. */
export type Fate =
  | "lost"
  /** The file grew, and the bytes did not arrive. */
  | "zeros"
  /** Sectors of 512 bytes that arrived, by their bits. */
  | {readonly sectors: bigint};

/** A choice of fates for what is pending; `order` is that of content that arrived, oldest first where it is null. */
export interface Cut {
  /** By the index of the change. */
  readonly fates: ReadonlyMap<number, Fate | "kept">;
  /** Of all the others. */
  readonly others: "kept" | "lost";
  readonly order: readonly number[] | null;
}

export const ALL_KEPT: Cut = {fates: new Map(), others: "kept", order: null};
/** What was synced, and nothing else. */
export const ALL_LOST: Cut = {fates: new Map(), others: "lost", order: null};

/** What becomes of a change; undefined where it is kept whole. */
export function fateIn({fates, others}: Cut, index: number): Fate | undefined {
  const fate = fates.get(index) ?? others;
  return fate === "kept" ? undefined : fate;
}

/** Every state of the kinds that are listed in full, each made when it is called for. */
export function plainCuts(pending: readonly Pending[]): (() => Cut)[] {
  if (pending.length === 0) return [() => ALL_KEPT];
  const cuts = [() => ALL_KEPT, () => ALL_LOST];
  const one = (index: number, fate: Fate | "kept", others: Cut["others"]): void => {
    cuts.push(() => ({fates: new Map([[index, fate]]), others, order: null}));
  };
  for (const {index} of pending) {
    one(index, "lost", "kept");
    one(index, "kept", "lost");
  }
  const newest = pending.at(-1)!;
  if (newest.op?.kind !== "write") return cuts;
  const sectors = BigInt(sectorsOf(newest));
  const whole = (1n << sectors) - 1n;
  const torn: Fate[] = ["zeros"];
  for (let at = 1n; at < sectors; at++) {
    const head = (1n << at) - 1n;
    torn.push({sectors: head}, {sectors: whole ^ head});
  }
  for (const fate of torn) {
    one(newest.index, fate, "kept");
    one(newest.index, fate, "lost");
  }
  return cuts;
}

/** One state of the rest. */
export function drawnCut(pending: readonly Pending[], random: Random): Cut {
  // Few lost, half of them, or few kept: each is where another kind of mistake shows.
  const lost = random.pick([0.06, 0.25, 0.5, 0.94]);
  const fates = new Map<number, Fate>();
  for (const each of pending) {
    if (random.chance(lost)) fates.set(each.index, "lost");
    else if (each.op?.kind === "write" && random.chance(0.25)) fates.set(each.index, tear(each, random));
  }
  const order = pending.filter(({op}) => op !== null).map(({index}) => index);
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.between(0, at);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return {fates, others: "kept", order: random.chance(0.5) ? order : null};
}

function tear(pending: Pending, random: Random): Fate {
  if (random.chance(0.25)) return "zeros";
  let sectors = 0n;
  for (let at = 0; at < sectorsOf(pending); at++) sectors = (sectors << 1n) | BigInt(random.between(0, 1));
  return {sectors};
}

function sectorsOf({op}: Pending): number {
  const {offset, data} = op!;
  return Math.floor((offset + data.length - 1) / SECTOR_BYTES) - Math.floor(offset / SECTOR_BYTES) + 1;
}
