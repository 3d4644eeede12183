/** Verifies a snapshot that lies in a directory, and hands on what it holds, piece by piece, as each is verified. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {type Block, blockIdOf, type Certificate, type Header} from "../../codecs/chain/block.js";
import {
  type ChunkName,
  chunksOf,
  type SnapshotEpoch,
  SPAN_HEADERS,
  type StateEntry,
} from "../../codecs/chain/snapshot.js";
import type {BatchRef} from "../../codecs/dag/batch.js";
import {RuleError} from "../../errors.js";
import {forked} from "../consensus/light/light.js";
import {genesisBlock} from "../ledger/chain/genesis.js";
import type {HashAll} from "../ledger/state/hashing.js";
import {blockIn, entriesIn, headersIn, misnamed, takenIn} from "./chunks.js";
import type {SnapshotFiles} from "./files.js";
import {checkProof, type ProvenBlock, type SnapshotTrust} from "./prove.js";
import {checkTaken} from "./taken.js";

/** Takes what was verified, in this order. */
export interface SnapshotSink {
  epoch(epoch: SnapshotEpoch): void;
  /** In order of height, from 0 on. */
  headers(headers: readonly Header[]): void;
  block(block: Block, certificate: Certificate): Promise<void>;
  /** What no block of the epoch can take again. */
  taken(epoch: bigint, batches: readonly BatchRef[]): void;
  state(entries: readonly StateEntry[]): void;
}

/** For whoever wants to know alone. */
export const NO_SINK: SnapshotSink = {
  epoch: () => {},
  headers: () => {},
  block: async () => {},
  taken: () => {},
  state: () => {},
};

export interface VerifyPorts extends SnapshotTrust {
  readonly hashAll: HashAll;
  readonly signal: AbortSignal;
  /** A chunk was verified. */
  checked(chunks: number, of: number): void;
}

/**
 * Holds all of a snapshot to the genesis.
 * @throws RuleError, DecodeError with what does not hold; UnavailableError SNAPSHOT_MISSING, SNAPSHOT_UNREADABLE
 */
export async function verifySnapshot(
  files: SnapshotFiles,
  sink: SnapshotSink,
  ports: VerifyPorts,
): Promise<ProvenBlock> {
  const proven = await checkProof(files.manifest, files.proof(), ports, (epoch) => sink.epoch(epoch));
  await new Verification(files, sink, ports).run(proven);
  return proven;
}

/** The id that the first header has to have. @throws RuleError SNAPSHOT_MANIFEST_INVALID */
export function checkFirst([first]: readonly Header[], genesisId: string): void {
  if (!first || blockIdOf(first) !== genesisId) misnamed("its headers do not begin with the genesis");
}

class Verification {
  #done = 0;
  #span: {index: number; headers: readonly Header[]} = {index: -1, headers: []};

  constructor(
    private readonly files: SnapshotFiles,
    private readonly sink: SnapshotSink,
    private readonly ports: VerifyPorts,
  ) {}

  async run({certificate}: ProvenBlock): Promise<void> {
    const {manifest} = this.files;
    const chunks = chunksOf(manifest);
    for (const name of chunks) {
      await nextTurn();
      this.ports.signal.throwIfAborted();
      await this.#take(name, certificate);
      this.ports.checked(++this.#done, chunks.length);
    }
  }

  async #take(name: ChunkName, certificate: Certificate): Promise<void> {
    const {manifest} = this.files;
    const chunk = await this.files.chunk(name);
    switch (name.kind) {
      case "headers": {
        const headers = headersIn(chunk, name.index, manifest);
        if (name.index === 0) checkFirst(headers, genesisBlock(this.ports.genesis).id);
        this.#checkTrusted(headers);
        return this.sink.headers(headers);
      }
      case "block":
        return this.sink.block(blockIn(chunk, manifest), certificate);
      case "batches": {
        if (chunk.length !== name.sizeBytes) misnamed(`the chunk of batches has ${chunk.length} bytes`);
        const tip = await this.#header(manifest.height);
        const taken = await checkTaken(takenIn(chunk), tip, (height) => this.#header(height));
        return this.sink.taken(tip.epoch, taken);
      }
      case "state":
        return this.sink.state(entriesIn(chunk, name.index, manifest, this.ports.hashAll));
    }
  }

  /** Holds headers to what the operator trusts. @throws RuleError CHAIN_FORKED */
  #checkTrusted(headers: readonly Header[]): void {
    const from = headers[0]!.height;
    for (const {height, blockId} of this.ports.checkpoints?.checkpoints ?? []) {
      const header = height < from ? undefined : headers[Number(height - from)];
      if (header && blockIdOf(header) !== blockId) throw forked(height, blockId, blockIdOf(header));
    }
  }

  async #header(height: bigint): Promise<Header> {
    const index = Number(height / BigInt(SPAN_HEADERS));
    if (this.#span.index !== index) {
      const {manifest} = this.files;
      const {sizeBytes} = manifest.headers[index]!;
      const chunk = await this.files.chunk({kind: "headers", index, sizeBytes});
      this.#span = {index, headers: headersIn(chunk, index, manifest)};
    }
    const header = this.#span.headers[Number(height) % SPAN_HEADERS];
    if (!header) throw new RuleError("SNAPSHOT_CHUNK_INVALID", `header ${height} is not in its chunk`);
    return header;
  }
}
