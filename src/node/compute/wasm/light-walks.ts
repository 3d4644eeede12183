/**
 * Walks over checkpoints, where each read is a chain of up to an interval's hashes. Two lanes advance together for as
 * long as both have to; the one that arrives first mixes, and starts on its next read or its next walk.
 */
import {InvariantError} from "../../../errors.js";
import type {DagCheckpoints} from "../../ledger/mining/checkpoints.js";
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {WALK_STEPS, type WalkStart} from "../../ledger/mining/walk.js";
import {type Kernel, type Lane, PLACE} from "./kernel.js";
import {indexOfLane, mixOfLane, putEntry, putStart, startSteps, wordsOf} from "./walks.js";

const ENTRY_WORDS = ENTRY_BYTES / 4;

/** A walk that a lane is on. */
interface Walking {
  readonly lane: Lane;
  /** Its place among the starts. */
  readonly number: number;
  /** Steps done. */
  steps: number;
  /** Index of the entry to compute next. */
  index: number;
  /** Entries still to compute before the read is done. */
  remaining: number;
}

/** The mix digests of walks. */
export function walkCheckpoints(kernel: Kernel, dag: DagCheckpoints, starts: readonly WalkStart[]): Uint8Array[] {
  const marks = wordsOf(dag.marks);
  const mixes: Uint8Array[] = new Array<Uint8Array>(starts.length);
  let next = 0;

  const begin = (lane: Lane): Walking | null => {
    if (next === starts.length) return null;
    const walking = {lane, number: next, steps: 0, index: 0, remaining: 0};
    putStart(kernel, lane, starts[next++]!);
    hash(kernel, lane);
    startSteps(kernel, lane);
    locate(walking);
    return walking;
  };
  /** Puts the kept entry at or before the one to read where the lane goes on from it. */
  const locate = (walking: Walking): void => {
    const index = indexOfLane(kernel, walking.lane, dag.entries);
    walking.remaining = index % dag.interval;
    walking.index = index - walking.remaining + 1;
    const from = Math.floor(index / dag.interval) * ENTRY_WORDS;
    const place = PLACE.entries[walking.lane] / 4;
    for (let i = 0; i < ENTRY_WORDS; i++) kernel.words[place + i] = marks[from + i]!;
  };
  /** Steps and begins until there is something to compute, or nothing left to walk. */
  const settle = (walking: Walking | null): Walking | null => {
    let at = walking;
    while (at?.remaining === 0) {
      putEntry(kernel, at.lane, kernel.words, PLACE.entries[at.lane] / 4);
      hash(kernel, at.lane);
      if (++at.steps < WALK_STEPS) locate(at);
      else {
        mixes[at.number] = mixOfLane(kernel, at.lane);
        at = begin(at.lane);
      }
    }
    return at;
  };

  let first = settle(begin(0));
  let second = settle(begin(1));
  while (first || second) {
    const count = advance(kernel, first, second);
    for (const each of [first, second])
      if (each) {
        each.index += count;
        each.remaining -= count;
      }
    first = settle(first);
    second = settle(second);
  }
  return mixes;
}

function hash(kernel: Kernel, lane: Lane): void {
  const block = PLACE.blocks[lane];
  kernel.block(block, block);
}

/** Computes entries for both lanes, or for the one that is left, and tells how many. */
function advance(kernel: Kernel, first: Walking | null, second: Walking | null): number {
  const {entries, runs} = PLACE;
  if (first && second) {
    const count = Math.min(first.remaining, second.remaining);
    kernel.chain2(entries[0], entries[1], first.index, second.index, runs[0], runs[1], count, 0);
    return count;
  }
  const one = first ?? second;
  if (!one) throw new InvariantError("no lane is walking");
  kernel.chain(entries[one.lane], one.index, runs[one.lane], one.remaining, 0);
  return one.remaining;
}
