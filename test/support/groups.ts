/**
 * Which rows may run beside each other: rows that share an account, directly or through others, are one group, and a
 * group runs in order on one thread. Nothing has to wait for anything until all groups are done.
 */
import type {LaneCount} from "../../src/node/ledger/lanes/lane.js";
import type {Rows} from "../../src/node/ledger/lanes/rows.js";

/** By account: the number of one account of its group, the same for all of them. In time that grows with the payments. */
export function groupsOf({senders, receivers, ends}: Pick<Rows, "senders" | "receivers" | "ends">, count: LaneCount) {
  const parents = new Uint32Array(count.accounts);
  for (let account = 0; account < count.accounts; account++) parents[account] = account;
  let p = 0;
  for (let i = 0; i < count.rows; i++)
    for (; p < ends[i]!; p++) {
      const a = rootOf(parents, senders[i]!);
      const b = rootOf(parents, receivers[p]!);
      // Towards the lower number: the first account of a group stands for it.
      if (a < b) parents[b] = a;
      else parents[a] = b;
    }
  for (let account = 0; account < count.accounts; account++) parents[account] = rootOf(parents, account);
  return parents;
}

function rootOf(parents: Uint32Array, account: number): number {
  let at = account;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]!]!;
    at = parents[at]!;
  }
  return at;
}

/** How rows are dealt out to threads. */
export interface Shares {
  /** By row. */
  readonly threads: Uint8Array;
  /** Rows of the thread that has most of them. */
  readonly largest: number;
}

/** Deals groups out to `threads`, each to the thread that has least, in the order in which they begin. */
export function shareOut(rows: Rows, count: LaneCount, threads: number): Shares {
  const groups = groupsOf(rows, count);
  const sizes = new Uint32Array(count.accounts);
  for (let i = 0; i < count.rows; i++) sizes[groups[rows.senders[i]!]!]!++;
  const loads = new Uint32Array(threads);
  const given = new Uint8Array(count.accounts);
  const NOBODY = 0;
  const shares = new Uint8Array(count.rows);
  for (let i = 0; i < count.rows; i++) {
    const group = groups[rows.senders[i]!]!;
    if (given[group] === NOBODY) {
      let least = 0;
      for (let thread = 1; thread < threads; thread++) if (loads[thread]! < loads[least]!) least = thread;
      given[group] = least + 1;
      loads[least]! += sizes[group]!;
    }
    shares[i] = given[group]! - 1;
  }
  return {threads: shares, largest: Math.max(...loads)};
}
