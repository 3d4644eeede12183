/** What was read, within bounds: two generations, of which the older one goes as a whole when the younger one is full. */

import type {CacheFigures} from "../meter.js";

/** What a place in a map takes beside its value. */
const PLACE_BYTES = 200;

export class Cache<T> {
  #young = new Map<number, {readonly value: T; readonly bytes: number}>();
  #old = this.#young;
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  /** @param bytesMax of both generations together */
  constructor(private readonly bytesMax: number) {}

  get(key: number): T | undefined {
    const found = this.#young.get(key) ?? this.#aged(key);
    if (found) this.#hits++;
    else this.#misses++;
    return found?.value;
  }

  get figures(): CacheFigures {
    return {hits: this.#hits, misses: this.#misses};
  }

  /** @param bytes what `value` takes */
  set(key: number, value: T, bytes: number): void {
    this.#put(key, {value, bytes: bytes + PLACE_BYTES});
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#bytes = 0;
  }

  #aged(key: number): {readonly value: T; readonly bytes: number} | undefined {
    const kept = this.#old.get(key);
    if (kept) this.#put(key, kept);
    return kept;
  }

  #put(key: number, entry: {readonly value: T; readonly bytes: number}): void {
    if (entry.bytes > this.bytesMax / 2) return;
    if (this.#bytes + entry.bytes > this.bytesMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#bytes = 0;
    }
    this.#young.set(key, entry);
    this.#bytes += entry.bytes;
  }
}
