/**
 * The chunks of a snapshot, out of the hands of several peers at once. Each is verified before it is kept, so that it is
 * known who lied, and what is kept counts after a kill.
 */
import {rm} from "node:fs/promises";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import type {Header} from "../../../codecs/chain/block.js";
import {type ChunkName, chunksOf, SPAN_HEADERS} from "../../../codecs/chain/snapshot.js";
import {QsdmError, UnavailableError} from "../../../errors.js";
import type {HashAll} from "../../ledger/state/hashing.js";
import type {PeerId} from "../../network/port.js";
import {blockIn, entriesIn, headersIn, misnamed, takenIn} from "../chunks.js";
import {fileOf, type SnapshotFiles, unpackChunk, writeWhole} from "../files.js";
import {checkTaken} from "../taken.js";
import {checkFirst} from "../verify.js";
import type {SnapshotPeers} from "./peers.js";

/** Requests under way with one peer, so that one is on its way while the other is verified. */
const REQUESTS_EACH = 2;
/** What one peer has not brought in this time, another one that has nothing to do is asked for as well. */
const OVERDUE_MS = 4_000;
/** Failures in a row after which a peer is left. */
const FAILURES_MAX = 4;
const REST_MS = 500;
/** Between two looks of who has nothing to do. */
const IDLE_MS = 50;

export interface ChunkPorts {
  readonly peers: SnapshotPeers;
  /** Id of block 0. */
  readonly genesisId: string;
  readonly hashAll: HashAll;
  readonly signal: AbortSignal;
  nowMs(): number;
  /** A chunk is there, of so many. */
  got(chunks: number, of: number): void;
}

/** A chunk that somebody is asked for. */
interface Wanted {
  readonly name: ChunkName;
  readonly asked: Set<PeerId>;
  sinceMs: number;
  isKept: boolean;
}

export class ChunkDownload {
  #kept = 0;
  readonly #total: number;
  #span: {index: number; headers: readonly Header[]} = {index: -1, headers: []};

  constructor(
    private readonly files: SnapshotFiles,
    private readonly sources: readonly PeerId[],
    private readonly ports: ChunkPorts,
  ) {
    this.#total = chunksOf(files.manifest).length;
  }

  /**
   * Brings what is missing.
   * @throws RuleError SNAPSHOT_MANIFEST_INVALID; UnavailableError SNAPSHOT_LOST when nobody is left who brings it, and
   * SNAPSHOT_WRITE_FAILED; the signal's reason
   */
  async run(): Promise<void> {
    const names = chunksOf(this.files.manifest);
    // What blocks took is held to their headers.
    await this.#bring(names.filter(({kind}) => kind === "headers"));
    await this.#bring(names.filter(({kind}) => kind !== "headers"));
  }

  async #bring(names: readonly ChunkName[]): Promise<void> {
    const wanted: Wanted[] = [];
    for (const name of names)
      if (await this.#isHere(name)) this.#count();
      else wanted.push({name, asked: new Set(), sinceMs: 0, isKept: false});
    if (wanted.length === 0) return;
    const stop = new AbortController();
    const workers = this.sources.flatMap((peer) =>
      Array.from({length: REQUESTS_EACH}, () =>
        this.#work(peer, wanted, stop.signal).catch((error: unknown) => {
          stop.abort(error);
          throw error;
        }),
      ),
    );
    const ends = await Promise.allSettled(workers);
    const failed = ends.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
    const {height} = this.files.manifest;
    if (wanted.some(({isKept}) => !isKept))
      throw new UnavailableError("SNAPSHOT_LOST", `nobody is left who gives the snapshot of block ${height}`);
  }

  /** Asks one peer for one chunk after the other until all are there, or it is of no use. */
  async #work(peer: PeerId, wanted: readonly Wanted[], stop: AbortSignal): Promise<void> {
    const {peers, signal, nowMs} = this.ports;
    let failures = 0;
    while (!stop.aborted && !peers.isLiar(peer) && wanted.some(({isKept}) => !isKept)) {
      signal.throwIfAborted();
      const next = this.#nextFor(peer, wanted);
      if (!next) {
        await sleep(IDLE_MS);
        continue;
      }
      next.asked.add(peer);
      next.sinceMs = nowMs();
      try {
        await this.#ask(peer, next);
        failures = 0;
      } catch (error) {
        if (!(error instanceof QsdmError) || isOurs(error)) throw error;
        if (!(error instanceof UnavailableError)) return peers.lied(peer, error);
        if (++failures === FAILURES_MAX) return;
        await sleep(REST_MS * failures);
      } finally {
        next.asked.delete(peer);
      }
    }
  }

  /** What nobody is asked for, or else what another one was asked for long ago. */
  #nextFor(peer: PeerId, wanted: readonly Wanted[]): Wanted | undefined {
    const before = this.ports.nowMs() - OVERDUE_MS;
    return (
      wanted.find(({isKept, asked}) => !isKept && asked.size === 0) ??
      wanted.find(({isKept, asked, sinceMs}) => !isKept && !asked.has(peer) && sinceMs <= before)
    );
  }

  async #ask(peer: PeerId, wanted: Wanted): Promise<void> {
    const {manifest, root, directory} = this.files;
    const {name} = wanted;
    const {kind: part, index} = name;
    const packed = await this.ports.peers.part(peer, {height: manifest.height, root, part, index});
    await this.#check(name, await unpackChunk(packed));
    if (wanted.isKept) return;
    wanted.isKept = true;
    try {
      await writeWhole(path.join(directory, fileOf(manifest, name)), [packed]);
    } catch (error) {
      wanted.isKept = false;
      throw error;
    }
    this.#count();
  }

  #count(): void {
    this.ports.got(++this.#kept, this.#total);
  }

  /** Whether an earlier run kept it; what was altered since is removed. */
  async #isHere(name: ChunkName): Promise<boolean> {
    this.ports.signal.throwIfAborted();
    try {
      await this.#check(name, await this.files.chunk(name));
      return true;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      if (error.code === "SNAPSHOT_MANIFEST_INVALID") throw error;
      await rm(path.join(this.files.directory, fileOf(this.files.manifest, name)), {force: true});
      return false;
    }
  }

  async #check({kind, index, sizeBytes}: ChunkName, chunk: Uint8Array): Promise<void> {
    const {manifest} = this.files;
    switch (kind) {
      case "headers": {
        const headers = headersIn(chunk, index, manifest);
        if (index === 0) checkFirst(headers, this.ports.genesisId);
        return;
      }
      case "block":
        blockIn(chunk, manifest);
        return;
      case "batches": {
        await checkTaken(takenIn(chunk), await this.#header(manifest.height), (height) => this.#header(height));
        if (chunk.length !== sizeBytes) misnamed(`the chunk of batches has ${chunk.length} bytes`);
        return;
      }
      case "state":
        entriesIn(chunk, index, manifest, this.ports.hashAll);
    }
  }

  async #header(height: bigint): Promise<Header> {
    const index = Number(height / BigInt(SPAN_HEADERS));
    if (this.#span.index !== index) {
      const chunk = await this.files.chunk({kind: "headers", index, sizeBytes: 0});
      this.#span = {index, headers: headersIn(chunk, index, this.files.manifest)};
    }
    return this.#span.headers[Number(height) % SPAN_HEADERS]!;
  }
}

/** Whether an error says nothing of the peer: the manifest itself is false, or this disk cannot be written. */
const isOurs = (error: QsdmError): boolean =>
  error.code === "SNAPSHOT_MANIFEST_INVALID" || error.code === "SNAPSHOT_WRITE_FAILED";
