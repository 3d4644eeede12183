/**
 * Rows packed with dictionaries that were trained on the store's own (docs/decisions/0089-schema-steps.md).
 *
 * A dictionary is on disk before the first row that needs it, and a row names its own. None is ever dropped: headers, which
 * are never pruned, may name any of them, and there is one for each sixteenfold of the chain's length.
 */
import {concat, equalBytes, plain} from "../../../../codecs/bytes.js";
import {sha256} from "../../../../codecs/hash.js";
import {DecodeError, UnavailableError} from "../../../../errors.js";
import type {Cells} from "../../seal/cells.js";
import type {PackingFigures} from "../../store.js";
import type {Sqlite} from "../driver.js";
import {trainDictionary} from "./train.js";
import {type DictionaryZstd, loadDictionaryZstd, PACKED_ROW_MAX} from "./zstd.js";

/** Form of a row: this byte, two of the dictionary's number, a zstd frame. */
export const DICTIONARY_FORM = 2;
const HEAD_BYTES = 3;
const DIGEST_BYTES = 32;
/** Most dictionaries: their number has two bytes. */
const ID_MAX = 0xffff;
/** Height at which the first one is trained, and the times that the next one is further away. */
const FIRST_HEIGHT = 256n;
const FURTHER = 16n;
/** Newest blocks that one is trained on. */
export const TRAINING_BLOCKS = 256n;
/** Least that one must save on rows that it was not trained on, in percent. */
const SAVING_LEAST = 10;

interface DictionaryRow {
  readonly id: bigint;
  readonly height: bigint;
  readonly value: Uint8Array;
}

export class Dictionaries {
  readonly #known = new Map<number, Uint8Array>();
  #zstd: DictionaryZstd | null = null;
  #newest = 0;
  #nextHeight = FIRST_HEIGHT;
  #rawBytes = 0;
  #packedBytes = 0;

  private constructor(
    private readonly db: Sqlite,
    private readonly cells: Cells,
  ) {}

  /** @throws UnavailableError DICTIONARY_DAMAGED, ROW_ALTERED */
  static async open(db: Sqlite, cells: Cells): Promise<Dictionaries> {
    const dictionaries = new Dictionaries(db, cells);
    const rows = db.prepare("SELECT id, height, value FROM dictionary ORDER BY id").all() as DictionaryRow[];
    // A new store pays for nothing.
    if (rows.length > 0) dictionaries.#zstd = await loadDictionaryZstd();
    for (const row of rows) dictionaries.#take(row);
    return dictionaries;
  }

  figures(): PackingFigures {
    return {dictionary: this.#newest, rawBytes: this.#rawBytes, packedBytes: this.#packedBytes};
  }

  /** Whether a chain of this height should have one that it does not have yet. */
  isDue(height: bigint): boolean {
    return height >= this.#nextHeight && this.#newest < ID_MAX;
  }

  /** Trains one on `samples` and keeps it where it is worth it: on return it survives a power cut. */
  async train(height: bigint, samples: readonly Uint8Array[]): Promise<void> {
    this.#zstd ??= await loadDictionaryZstd();
    const trained = trainDictionary(samples, this.#zstd.pack);
    const saved = trained === null ? 0 : 100 - (100 * trained.packedBytes) / trained.plainBytes;
    if (trained === null || saved < SAVING_LEAST) {
      this.#nextHeight = height * 2n;
      return;
    }
    const id = BigInt(this.#newest + 1);
    const {dictionary} = trained;
    const value = this.cells.seal("dictionary.value", [id, height], concat(sha256(dictionary), dictionary));
    this.db.prepare("INSERT INTO dictionary (id, height, value) VALUES (?, ?, ?)").run(id, height, value);
    this.#take({id, height, value});
  }

  /** The row packed with the newest dictionary; null where there is none, or where it is no shorter then. */
  pack(row: Uint8Array): Uint8Array | null {
    const dictionary = this.#known.get(this.#newest);
    if (!dictionary || !this.#zstd || row.length > PACKED_ROW_MAX) return null;
    const frame = this.#zstd.pack(row, dictionary);
    if (HEAD_BYTES + frame.length >= row.length) return null;
    this.#rawBytes += row.length;
    this.#packedBytes += HEAD_BYTES + frame.length;
    return concat(Uint8Array.of(DICTIONARY_FORM, this.#newest >> 8, this.#newest & 0xff), frame);
  }

  /** @throws DecodeError ROW_INVALID; UnavailableError DICTIONARY_MISSING */
  unpack(row: Uint8Array): Uint8Array {
    if (row.length < HEAD_BYTES) throw new DecodeError("ROW_INVALID", `stored row has ${row.length} bytes`);
    const id = (row[1]! << 8) | row[2]!;
    const dictionary = this.#known.get(id);
    if (!dictionary || !this.#zstd)
      throw new UnavailableError("DICTIONARY_MISSING", `a stored row names dictionary ${id}, which is not there`, {
        hint: "the file was damaged: restore the data directory from a copy, or sync it anew",
      });
    return this.#zstd.unpack(row.subarray(HEAD_BYTES), dictionary);
  }

  #take({id, height, value}: DictionaryRow): void {
    const bytes = this.cells.open("dictionary.value", [id, height], value);
    const dictionary = plain(bytes.subarray(DIGEST_BYTES));
    if (!equalBytes(sha256(dictionary), bytes.subarray(0, DIGEST_BYTES)))
      throw new UnavailableError("DICTIONARY_DAMAGED", `dictionary ${id} is not what was written`, {
        hint: "rows that were packed with it cannot be read: restore the data directory from a copy, or sync it anew",
      });
    this.#known.set(Number(id), dictionary);
    this.#newest = Number(id);
    this.#nextHeight = (height < FIRST_HEIGHT ? FIRST_HEIGHT : height) * FURTHER;
  }
}
