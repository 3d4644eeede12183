/**
 * Which of the states that a power cut could leave are tried: what is pending all there and all gone; each change lost
 * alone, and there alone; the newest write torn at each sector, with the others there and gone; and a seeded sample of
 * the rest, in which each change has a fate of its own and content arrives in any order.
 */
import type {Random} from "../sim/random.js";
import {type Cut, type Fate, type Pending, SECTOR_BYTES} from "./disk.js";

export const ALL_KEPT: Cut = {fates: new Map(), order: null};

/** What was synced, and nothing else. */
export const allLost = (pending: readonly Pending[]): Cut => ({
  fates: new Map(pending.map(({index}) => [index, "lost"])),
  order: null,
});

/** Every state of the kinds that are listed in full. */
export function* plainCuts(pending: readonly Pending[]): Generator<Cut> {
  yield ALL_KEPT;
  if (pending.length === 0) return;
  const all = pending.map(({index}) => index);
  const lost = (but: number): Map<number, Fate> =>
    new Map(all.filter((index) => index !== but).map((index) => [index, "lost"]));
  yield allLost(pending);
  for (const {index} of pending) {
    yield {fates: new Map([[index, "lost"]]), order: null};
    yield {fates: lost(index), order: null};
  }
  const newest = pending.at(-1)!;
  if (newest.op?.kind !== "write") return;
  const sectors = BigInt(sectorsOf(newest));
  const whole = (1n << sectors) - 1n;
  const torn: Fate[] = ["zeros"];
  for (let at = 1n; at < sectors; at++) {
    const head = (1n << at) - 1n;
    torn.push({sectors: head}, {sectors: whole ^ head});
  }
  for (const fate of torn) {
    yield {fates: new Map([[newest.index, fate]]), order: null};
    yield {fates: lost(-1).set(newest.index, fate), order: null};
  }
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
  return {fates, order: random.chance(0.5) ? order : null};
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
