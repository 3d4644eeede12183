/**
 * The one state: typed stores over string keys, as a base with copy-on-write forks. Blocks and single transactions
 * run on forks of the same class, so there is no second code path for candidates.
 *
 * Values are immutable: replace them, never write into them.
 */
import {utf8} from "../../../codecs/bytes.js";
import type {Codec} from "../../../codecs/codec.js";
import {sha3} from "../../../codecs/hash.js";
import {digestAt, type HashAll, hashEach, hashMessages} from "./hashing.js";
import type {LeafChange, LeafSource} from "./tree.js";

/** One store of the state: a name, which is part of every key's path, and the form of its values. */
export interface Store<V> {
  readonly name: string;
  readonly codec: Codec<V>;
}

/** A changed key: `value` is its new encoding, `null` when it was removed. */
export interface Change {
  readonly store: string;
  readonly key: string;
  readonly value: Uint8Array | null;
  /** What was encoded, where it is at hand: the leaf keeps it. */
  readonly source?: LeafSource;
}

const REMOVED = Symbol("removed");
type Slot = unknown | typeof REMOVED;

class Table {
  readonly slots = new Map<string, Slot>();
  /** Keys in order; built on first use and kept up to date from then on. Bases only. */
  sorted: string[] | null = null;
}

interface Undo {
  readonly slots: Map<string, Slot>;
  readonly key: string;
  /** `undefined` where the fork had no slot of its own. */
  readonly before: Slot | undefined;
}

/** State at some point of a chain. */
export class State {
  readonly #tables = new Map<string, Table>();
  readonly #stores = new Map<string, Store<unknown>>();
  #parent: State | null;
  /** What a fork was merged into. */
  #into: State | null = null;
  /** What to put back, newest last, while something is attempted. */
  readonly #undo: Undo[] = [];
  /** Attempts under way, one within another. */
  #attempts = 0;

  constructor(parent: State | null = null) {
    this.#parent = parent;
  }

  /** A state that starts equal to this one and keeps its changes to itself until `merge`. */
  fork(): State {
    return new State(this);
  }

  get<V>(store: Store<V>, key: string): V | undefined {
    for (let state: State | null = this; state; state = state.#parent) {
      const slot = state.#tables.get(store.name)?.slots.get(key);
      if (slot !== undefined) return slot === REMOVED ? undefined : (slot as V);
    }
    return undefined;
  }

  has(store: Store<unknown>, key: string): boolean {
    return this.get(store, key) !== undefined;
  }

  put<V>(store: Store<V>, key: string, value: V): void {
    this.#set(store as Store<unknown>, key, value);
  }

  remove(store: Store<unknown>, key: string): void {
    if (this.has(store, key)) this.#set(store, key, REMOVED);
  }

  /**
   * Runs `work` on this fork itself, and takes back what it changed when it throws or `keeps` refuses its result: what a
   * fork for each transaction would do, at a fifth of the time.
   */
  attempt<T>(work: () => T, keeps: (result: T) => boolean = () => true): T {
    const mark = this.#undo.length;
    this.#attempts++;
    let kept = false;
    try {
      const result = work();
      kept = keeps(result);
      return result;
    } finally {
      if (!kept) this.#takeBack(mark);
      if (--this.#attempts === 0) this.#undo.length = 0;
    }
  }

  /** Keys of a store in code-unit order, which is byte order for the ASCII keys in use, those after `after`. */
  *keys(store: Store<unknown>, after: string | null = null): Generator<string> {
    const touched = new Set<string>();
    let base: State = this;
    for (; base.#parent; base = base.#parent)
      for (const key of base.#tables.get(store.name)?.slots.keys() ?? []) touched.add(key);
    const added = [...touched].filter((key) => after === null || key > after).sort();
    const sorted = base.#sortedKeys(store.name);
    let at = after === null ? 0 : upperBound(sorted, after);
    let next = 0;
    while (at < sorted.length || next < added.length) {
      const fromBase = sorted[at];
      const fromFork = added[next];
      const key = fromFork === undefined || (fromBase !== undefined && fromBase <= fromFork) ? fromBase! : fromFork;
      if (key === fromBase) at++;
      if (key === fromFork) next++;
      if (this.has(store, key)) yield key;
    }
  }

  /** What this fork made of each key of a store that it touched. */
  *changed<V>(store: Store<V>): Generator<{key: string; before: V | undefined; after: V | undefined}> {
    for (const [key, slot] of this.#tables.get(store.name)?.slots ?? [])
      yield {key, before: this.#parent?.get(store, key), after: slot === REMOVED ? undefined : (slot as V)};
  }

  /** Encodings of everything this fork changed, in a fixed order. */
  changes(): Change[] {
    const out: Change[] = [];
    for (const [store, table] of this.#tables) {
      const of = this.#stores.get(store)!;
      for (const [key, slot] of table.slots)
        out.push(
          slot === REMOVED
            ? {store, key, value: null}
            : {store, key, value: of.codec.encode(slot), source: {store: of, key, value: slot}},
        );
    }
    return out.sort((a, b) => (a.store === b.store ? (a.key < b.key ? -1 : 1) : a.store < b.store ? -1 : 1));
  }

  /**
   * Writes this fork's changes into its parent. It reads as its parent from then on and takes no more changes; forks of
   * it go on as forks of the parent, while other forks of the parent must not be used any more.
   */
  merge(): void {
    if (!this.#parent) return;
    const parent = this.#parent.#into ?? this.#parent;
    for (const [name, table] of this.#tables)
      for (const [key, slot] of table.slots) {
        if (parent.#parent) parent.#set(this.#stores.get(name)!, key, slot);
        else parent.#settle(this.#stores.get(name)!, key, slot);
      }
    this.#tables.clear();
    this.#parent = parent;
    this.#into = parent;
  }

  #set(store: Store<unknown>, key: string, slot: Slot): void {
    const {slots} = this.#table(store);
    if (this.#attempts > 0) this.#undo.push({slots, key, before: slots.get(key)});
    slots.set(key, slot);
  }

  #takeBack(mark: number): void {
    while (this.#undo.length > mark) {
      const {slots, key, before} = this.#undo.pop()!;
      if (before === undefined) slots.delete(key);
      else slots.set(key, before);
    }
  }

  #settle(store: Store<unknown>, key: string, slot: Slot): void {
    const table = this.#table(store);
    const known = table.slots.has(key);
    if (slot === REMOVED) table.slots.delete(key);
    else table.slots.set(key, slot);
    if (!table.sorted || known === (slot !== REMOVED)) return;
    const at = upperBound(table.sorted, key);
    if (known) table.sorted.splice(at - 1, 1);
    else table.sorted.splice(at, 0, key);
  }

  #table(store: Store<unknown>): Table {
    let table = this.#tables.get(store.name);
    if (!table) {
      table = new Table();
      this.#tables.set(store.name, table);
      this.#stores.set(store.name, store);
    }
    return table;
  }

  #sortedKeys(name: string): readonly string[] {
    const table = this.#tables.get(name);
    if (!table) return [];
    table.sorted ??= [...table.slots.keys()].sort();
    return table.sorted;
  }
}

function upperBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

const PATH_TAG = utf8("qsdm/state/path/v1\0");
const VALUE_TAG = utf8("qsdm/state/value/v1\0");

/** Where a key sits in the tree. Store names hold no zero byte, so names and keys cannot run into each other. */
export const pathOf = (store: string, key: string): Uint8Array => sha3(PATH_TAG, utf8(`${store}\0${key}`));

/** What a value's leaf carries. */
export const valueHashOf = (value: Uint8Array): Uint8Array => sha3(VALUE_TAG, value);

/** Changes as the tree takes them: `pathOf` and `valueHashOf` of each. */
export function leafChanges(changes: readonly Change[], hashAll: HashAll = hashEach): LeafChange[] {
  const paths: Uint8Array[] = [];
  hashMessages(hashAll, {
    count: changes.length,
    write(message, i) {
      const {store, key} = changes[i]!;
      message.bytes(PATH_TAG);
      message.text(store);
      message.byte(0);
      message.text(key);
    },
    take: (digests, at) => paths.push(digestAt(digests, at)),
  });
  const kept = changes.flatMap(({value}) => (value === null ? [] : [value]));
  const valueHashes: Uint8Array[] = [];
  hashMessages(hashAll, {
    count: kept.length,
    write(message, i) {
      message.bytes(VALUE_TAG);
      message.bytes(kept[i]!);
    },
    take: (digests, at) => valueHashes.push(digestAt(digests, at)),
  });
  let next = 0;
  return changes.map(({value, source = null}, i) => {
    const valueHash = value === null ? null : valueHashes[next++]!;
    return {path: paths[i]!, valueHash, source};
  });
}
