/** Headers and bodies as they lie in their rows: with a dictionary once there is one, and by themselves before. */

import type {Cells} from "../seal/cells.js";
import type {PackingFigures} from "../store.js";
import {type Compression, loadCompression} from "./compression.js";
import {DICTIONARY_FORM, Dictionaries, TRAINING_BLOCKS} from "./dictionary/dictionaries.js";
import {SAMPLE_BYTES} from "./dictionary/train.js";
import type {Sqlite} from "./driver.js";

/** What is kept of a block, unpacked: header and body, as far as they are there and can be read. */
export type ReadSamples = (height: bigint) => Promise<readonly Uint8Array[]>;

export class BlockRows {
  #training: Promise<void> | null = null;

  private constructor(
    private readonly compression: Compression,
    private readonly dictionaries: Dictionaries,
  ) {}

  /** @throws UnavailableError ZSTD_UNAVAILABLE, and as `Dictionaries.open` says */
  static async open(db: Sqlite, cells: Cells): Promise<BlockRows> {
    return new BlockRows(await loadCompression(), await Dictionaries.open(db, cells));
  }

  figures(): PackingFigures {
    return this.dictionaries.figures();
  }

  /** Trains a dictionary on the blocks below `height` when it is time. */
  async prepare(height: bigint, samplesOf: ReadSamples): Promise<void> {
    // Blocks may be packed side by side: one of them trains.
    while (this.#training) await this.#training;
    if (!this.dictionaries.isDue(height)) return;
    this.#training = this.#train(height, samplesOf);
    try {
      await this.#training;
    } finally {
      this.#training = null;
    }
  }

  async #train(height: bigint, samplesOf: ReadSamples): Promise<void> {
    const samples: Uint8Array[] = [];
    for (let at = height - TRAINING_BLOCKS; at < height; at++)
      // Copies: of hundreds of full blocks, whose views would keep all of each in memory.
      for (const sample of await samplesOf(at)) samples.push(sample.slice(0, SAMPLE_BYTES));
    await this.dictionaries.train(height, samples);
  }

  /** A header is unpacked where nobody waits, so that it is packed with a dictionary or not at all. */
  packHeader(header: Uint8Array): Uint8Array {
    return this.dictionaries.pack(header) ?? header;
  }

  /** @throws DecodeError ROW_INVALID; UnavailableError DICTIONARY_MISSING */
  unpackHeader(row: Uint8Array): Uint8Array {
    // A header is an array in CBOR, whose first byte is above all forms.
    return row[0] === DICTIONARY_FORM ? this.dictionaries.unpack(row) : row;
  }

  async packBody(body: Uint8Array): Promise<Uint8Array> {
    return this.dictionaries.pack(body) ?? this.compression.pack(body);
  }

  /** @throws as `unpackHeader` */
  async unpackBody(row: Uint8Array): Promise<Uint8Array> {
    return row[0] === DICTIONARY_FORM ? this.dictionaries.unpack(row) : this.compression.unpack(row);
  }
}
