/** Cells of 200 bytes under random keys of 32: every engine gets the same ones, batch by batch in turn (design goal P15). */
import {randomBytes} from "node:crypto";
import path from "node:path";
import {plain} from "../../../src/codecs/bytes.js";
import type {Cell} from "../../../src/node/storage/sqlite/log/chunk.js";
import {type Engine, lmdb, log, naive, sequential} from "./engines.js";

const KEY_BYTES = 32;
const VALUE_BYTES = 200;
const BATCH = 10_000;
const READS = 400_000;
const READS_IN_TURN = 5_000;

/** Memory that one engine gets: the default of a node, and as much as holds everything, as the others' maps do. */
const CACHE_BYTES = 64 * 2 ** 20;
const LARGE_CACHE_BYTES = 512 * 2 ** 20;

/** All cells in two arrays: a million small ones would measure the collector. */
class Cells {
  readonly #keys: Uint8Array;
  readonly #values = plain(randomBytes(VALUE_BYTES * BATCH));

  constructor(readonly count: number) {
    this.#keys = plain(randomBytes(KEY_BYTES * count));
  }

  key(at: number): Uint8Array {
    return this.#keys.subarray(KEY_BYTES * at, KEY_BYTES * (at + 1));
  }

  batch(from: number): Cell[] {
    return Array.from({length: BATCH}, (_, i) => ({
      key: this.key(from + i),
      value: this.#values.subarray(VALUE_BYTES * i, VALUE_BYTES * (i + 1)),
    }));
  }

  keysAtRandom(count: number): Uint8Array[] {
    return Array.from({length: count}, () => this.key(Math.floor(Math.random() * this.count)));
  }
}

class Clock {
  readonly #spent = new Map<Engine, number>();
  readonly #longest = new Map<Engine, number>();

  time(engine: Engine, work: () => void): void {
    const began = performance.now();
    work();
    const took = performance.now() - began;
    this.#spent.set(engine, (this.#spent.get(engine) ?? 0) + took);
    this.#longest.set(engine, Math.max(this.#longest.get(engine) ?? 0, took));
  }

  perSecond(engine: Engine, count: number): number {
    return (count * 1_000) / this.#spent.get(engine)!;
  }

  longestMs(engine: Engine): number {
    return this.#longest.get(engine)!;
  }
}

/** The engines one after the other, each time another one first. */
const inTurn = (engines: readonly Engine[], turn: number): Engine[] =>
  engines.map((_, i) => engines[(turn + i) % engines.length]!);

/** @param directory for the files, which the caller removes */
export async function compareCells(directory: string, batches: number, print: (line: string) => void): Promise<void> {
  const at = (name: string): string => path.join(directory, name);
  const ours = [log(at("ours.db"), CACHE_BYTES), log(at("large.db"), LARGE_CACHE_BYTES)];
  const maps = [lmdb(at("lmdb"), false), lmdb(at("flushed.lmdb"), true)].filter((each) => each !== null);
  const keyed = [...ours, naive(at("naive.db")), ...maps];
  const rows = sequential(at("rows.db"));
  const cells = new Cells(batches * BATCH);
  const [writes, reads] = [new Clock(), new Clock()];
  for (let turn = 0; turn < batches; turn++) {
    const batch = cells.batch(turn * BATCH);
    for (const engine of inTurn([...keyed, rows], turn)) writes.time(engine, () => engine.write(batch));
  }
  for (let turn = 0; turn * READS_IN_TURN < READS; turn++) {
    const keys = cells.keysAtRandom(READS_IN_TURN);
    for (const engine of inTurn(keyed, turn))
      reads.time(engine, () => {
        for (const key of keys)
          if (engine.get(key)?.length !== VALUE_BYTES) throw new Error(`${engine.name} lost a cell`);
      });
  }
  const [mine, large] = ours as [Engine, Engine];
  const written = (engine: Engine): number => writes.perSecond(engine, cells.count);
  const read = (engine: Engine): number => reads.perSecond(engine, READS);
  const times = (a: number, b: number): string => `${(a / b).toFixed(2)} times`;
  print(`P15  ${cells.count} cells of ${VALUE_BYTES} bytes, ${BATCH} in a batch; cells read at random`);
  for (const engine of [...keyed, rows]) {
    const figures = `${Math.round(written(engine))} cells/s written, longest batch ${Math.round(writes.longestMs(engine))} ms`;
    const ratio = ours.includes(engine) ? "" : `: ours is ${times(written(mine), written(engine))} that`;
    print(`P15  ${engine.name}: ${figures}${ratio}`);
  }
  for (const engine of keyed) {
    const ratio = ours.includes(engine)
      ? ""
      : `: ours are ${times(read(mine), read(engine))} that, ${times(read(large), read(engine))} with everything cached`;
    print(`P15  ${engine.name}: ${Math.round(read(engine))} reads/s${ratio}`);
  }
  if (maps.length === 0) print("P15  lmdb: tools/peers is not installed");
  for (const engine of [...keyed, rows]) await engine.close();
}
