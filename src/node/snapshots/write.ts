/** Writes a snapshot of a final block, chunk by chunk, while blocks go on: the tree that it is taken of does not change. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {compareBytes, concat, hexOf} from "../../codecs/bytes.js";
import {
  block as blockCodec,
  blockIdOf,
  type Certificate,
  type Header,
  header as headerCodec,
} from "../../codecs/chain/block.js";
import {frameOf} from "../../codecs/chain/chain-file.js";
import type {FinalityProof} from "../../codecs/chain/finality.js";
import {type Genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import {
  CHUNK_MAX_BYTES,
  type ChunkName,
  type SnapshotManifest,
  type SnapshotProof,
  SPAN_HEADERS,
  snapshotEpoch,
  snapshotManifest,
  snapshotProof,
  stateEntry,
  takenEntry,
} from "../../codecs/chain/snapshot.js";
import {InvariantError, UnavailableError} from "../../errors.js";
import {subtreesOf} from "../ledger/state/subtrees.js";
import {type LeafSource, rootOf, type TreeNode} from "../ledger/state/tree.js";
import type {LedgerStore} from "../storage/store.js";
import {SnapshotDraft, SnapshotFiles} from "./files.js";
import {takenUpTo} from "./taken.js";

/** A final block, and the state after it. */
export interface SnapshotGround {
  readonly height: bigint;
  readonly id: string;
  readonly tree: TreeNode;
}

export interface WritePorts {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, "header" | "block" | "certificate" | "epoch">;
  /** The proof that a block is final. @throws UnavailableError FINALITY_PENDING */
  prove(height: bigint): Promise<FinalityProof>;
  /** An older snapshot, whose chunks of headers are the same. */
  readonly older: string | null;
  /** Most bytes of a subtree: nodes that are to write the same have the same here. */
  readonly subtreeBytes: number;
  readonly signal: AbortSignal;
  /** A chunk was written. */
  wrote(chunks: number): void;
}

const HEADERS_AT_ONCE = 128;

/**
 * Writes the snapshot to `place`, where it appears once all of it is on the disk.
 * @throws UnavailableError SNAPSHOT_PRUNED, SNAPSHOT_PART_TOO_LONG, SNAPSHOT_WRITE_FAILED, FINALITY_PENDING; the signal's
 * reason
 */
export async function writeSnapshot(ground: SnapshotGround, place: string, ports: WritePorts): Promise<SnapshotFiles> {
  const draft = await SnapshotDraft.begin(place);
  try {
    await new Writer(ground, draft, ports).run();
    return await SnapshotFiles.open(place);
  } catch (error) {
    await draft.drop();
    throw error;
  }
}

/** Whether a chunk is what it was: it holds a checksum of its own (RFC 1950), and what rotted must not be carried on. */
const isWhole = (files: SnapshotFiles, name: ChunkName): Promise<boolean> =>
  files.chunk(name).then(
    ({length}) => length === name.sizeBytes,
    () => false,
  );

class Writer {
  #chunks = 0;

  constructor(
    private readonly ground: SnapshotGround,
    private readonly draft: SnapshotDraft,
    private readonly ports: WritePorts,
  ) {}

  async run(): Promise<void> {
    const {height, id, tree} = this.ground;
    const {genesis, prove} = this.ports;
    // Without them nobody could use the rest.
    const finality = await prove(height);
    const certificate = await this.#certificate(height);
    const manifest: SnapshotManifest = {
      chainId: genesis.chainId,
      genesisId: genesisIdOf(genesis),
      height,
      blockId: id,
      stateRoot: hexOf(rootOf(tree)),
      headers: await this.#headers(),
      blockBytes: await this.#block(),
      batchesBytes: await this.#batches(),
      state: await this.#state(),
    };
    await this.draft.proof(this.#proof({certificate, finality}));
    await this.draft.finish(snapshotManifest.encode(manifest));
  }

  async #headers(): Promise<SnapshotManifest["headers"]> {
    const {height} = this.ground;
    const {older} = this.ports;
    const shared = older === null ? null : await SnapshotFiles.open(older).catch(() => null);
    const spans: {lastId: string; sizeBytes: number}[] = [];
    for (let from = 0n; from <= height; from += BigInt(SPAN_HEADERS)) {
      const end = from + BigInt(SPAN_HEADERS) - 1n;
      const last = end < height ? end : height;
      const index = spans.length;
      const lastId = blockIdOf(this.#header(last));
      const same = shared?.manifest.headers[index];
      const name = `headers-${index}`;
      const isThere = same?.lastId === lastId && (await isWhole(shared!, {kind: "headers", index, ...same}));
      if (isThere && (await this.draft.share(name, shared!.directory))) spans.push(same);
      else spans.push({lastId, sizeBytes: await this.#chunk(name, await this.#span(from, last))});
    }
    return spans;
  }

  async #span(from: bigint, last: bigint): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    for (let height = from; height <= last; height++) {
      if (parts.length % HEADERS_AT_ONCE === HEADERS_AT_ONCE - 1) await this.#turn();
      parts.push(frameOf(headerCodec.encode(this.#header(height))));
    }
    return parts;
  }

  async #block(): Promise<number> {
    const stored = await this.ports.store.block(this.ground.height);
    if (!stored)
      throw new UnavailableError("SNAPSHOT_PRUNED", `block ${this.ground.height} was pruned before its snapshot`);
    return this.#chunk("block", [blockCodec.encode(stored.block)]);
  }

  async #batches(): Promise<number> {
    const entries = await takenUpTo(this.#header(this.ground.height), this.ports.store);
    return this.#chunk(
      "batches",
      entries.map((each) => frameOf(takenEntry.encode(each))),
    );
  }

  async #state(): Promise<SnapshotManifest["state"]> {
    const {tree} = this.ground;
    const subtrees: SnapshotManifest["state"][number][] = [];
    const encode = ({store, key, value}: LeafSource): Uint8Array =>
      frameOf(stateEntry.encode({store: store.name, key, value: store.codec.encode(value)}));
    for (const each of subtreesOf(tree, encode, this.ports.subtreeBytes)) {
      await this.#turn();
      if (!each) continue;
      const {depth, prefix, root, parts} = each;
      const sizeBytes = await this.#chunk(`state-${depth}-${hexOf(prefix)}`, parts);
      subtrees.push({depth, prefix, root, sizeBytes});
    }
    // Neither lies within the other, so that their first bits decide.
    return subtrees.sort((a, b) => compareBytes(a.prefix, b.prefix) || a.depth - b.depth);
  }

  async *#proof(final: SnapshotProof): AsyncGenerator<Uint8Array> {
    const {store} = this.ports;
    const {height} = this.ground;
    yield frameOf(snapshotProof.encode(final));
    for (let number = 1n; ; number++) {
      const row = store.epoch(number);
      if (!row || row.originHeight > height) return;
      const certificate = await this.#certificate(row.originHeight);
      yield frameOf(snapshotEpoch.encode({origin: this.#header(row.originHeight), certificate, row}));
      await this.#turn();
    }
  }

  async #certificate(height: bigint): Promise<Certificate> {
    const certificate = await this.ports.store.certificate(height);
    if (certificate) return certificate;
    throw new UnavailableError("SNAPSHOT_PRUNED", `the votes for block ${height} were pruned before its snapshot`);
  }

  #header(height: bigint): Header {
    const header = this.ports.store.header(height);
    if (!header) throw new InvariantError(`header ${height} is not there`);
    return header;
  }

  async #chunk(name: string, parts: readonly Uint8Array[]): Promise<number> {
    const chunk = concat(...parts);
    // A block may be longer than a message, and nobody would take the snapshot.
    if (chunk.length > CHUNK_MAX_BYTES)
      throw new UnavailableError(
        "SNAPSHOT_PART_TOO_LONG",
        `${name} of block ${this.ground.height} has ${chunk.length} bytes, a part of a snapshot at most ${CHUNK_MAX_BYTES}`,
        {hint: "take the snapshot of another block"},
      );
    await this.draft.chunk(name, chunk);
    this.ports.wrote(++this.#chunks);
    return chunk.length;
  }

  async #turn(): Promise<void> {
    await nextTurn();
    this.ports.signal.throwIfAborted();
  }
}
