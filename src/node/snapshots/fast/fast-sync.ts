/**
 * Starts a node from a snapshot that peers have: which of them lie is found out part by part, and what was brought before a
 * kill is taken up again (docs/decisions/0076-fast-sync.md).
 */
import {existsSync} from "node:fs";
import {readdir, readFile, rm, statfs} from "node:fs/promises";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {plain} from "../../../codecs/bytes.js";
import {framesIn} from "../../../codecs/chain/chain-file.js";
import {chunksOf, decodeManifest, snapshotRootOf} from "../../../codecs/chain/snapshot.js";
import {PROOF_PIECE_BYTES} from "../../../codecs/network/snapshots.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../../errors.js";
import {makeDirectory} from "../../durable-directory.js";
import {genesisBlock} from "../../ledger/chain/genesis.js";
import type {PeerId} from "../../network/port.js";
import type {Log} from "../../service.js";
import type {SqliteStoreOptions} from "../../storage/sqlite/store.js";
import {MANIFEST, moveTo, PROOF, SnapshotFiles, writeChecked, writeWhole, written} from "../files.js";
import {checkProof} from "../prove.js";
import {restoreSnapshot} from "../restore.js";
import {placeOf} from "../shelf.js";
import type {VerifyPorts} from "../verify.js";
import {ChunkDownload} from "./chunks.js";
import {type Offered, SnapshotPeers, type SnapshotPeersPorts} from "./peers.js";

export interface FastSyncPorts extends Omit<VerifyPorts, "checked">, SnapshotPeersPorts {
  /** Where snapshots are brought together. */
  readonly folder: string;
  /** Where the one that was restored goes, to be served to others. */
  readonly shelf: string;
  readonly database: SqliteStoreOptions;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs(): number;
}

/** How long peers that answer and have no snapshot are waited for. */
const PATIENCE_MS = 30_000;
const ASK_EVERY_MS = 300;
const TELL_EVERY_MS = 5_000;
/** How often a snapshot is tried that nobody was left to give, with longer and longer pauses. */
const LOST_MAX = 20;
const REST_MS = 2_000;
/** Longest proof that is taken, in pieces. */
const PROOF_PIECES_MAX = 1_024;
/** Free bytes that are left, beside the snapshot and the database that it becomes. */
const RESERVE_BYTES = 256 * 1024 * 1024;

/** What says nothing against whoever gave the snapshot, and that the operator has to decide about. */
const FOR_THE_OPERATOR = new Set(["CHECKPOINT_TOO_OLD", "CHAIN_FORKED", "DISK_TOO_FULL", "SNAPSHOT_WRITE_FAILED"]);

export class FastSync {
  readonly #peers: SnapshotPeers;
  /** Roots that are no use: false ones, and those below the operator's checkpoint. */
  readonly #passed = new Set<string>();
  /** Roots that nobody was left to give, how often, and when they are tried again. */
  readonly #lost = new Map<string, {readonly times: number; readonly untilMs: number}>();
  /** How often something could not be had that a peer offered. */
  readonly #failures = new Map<PeerId, number>();

  constructor(private readonly ports: FastSyncPorts) {
    this.#peers = new SnapshotPeers(ports);
  }

  /**
   * Restores the newest snapshot that can be had into the database.
   * @returns its height; null where the peers have none
   * @throws RuleError CHECKPOINT_TOO_OLD, CHAIN_FORKED; UnavailableError DISK_TOO_FULL, SNAPSHOT_WRITE_FAILED and as
   * `RestoringStore.open`; the signal's reason
   */
  async run(): Promise<bigint | null> {
    const {signal, monotonicMs, log, folder} = this.ports;
    let answeredMs: number | null = null;
    let toldMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      signal.throwIfAborted();
      const offers = await this.#peers.offers();
      const open = offers?.filter(({root, height}) => height > 0n && !this.#passed.has(root)) ?? [];
      const next = this.#choose(open);
      if (open.length > 0) answeredMs = null;
      if (next) {
        const height = await this.#try(next);
        if (height !== null) return height;
        continue;
      }
      const nowMs = monotonicMs();
      if (offers && open.length === 0) answeredMs ??= nowMs;
      if (answeredMs !== null && nowMs - answeredMs >= PATIENCE_MS) {
        await rm(folder, {recursive: true, force: true});
        return null;
      }
      if (nowMs - toldMs >= TELL_EVERY_MS) {
        toldMs = nowMs;
        log.info({peers: this.#peers.connected().length}, "waiting for a peer with a snapshot");
      }
      await sleep(ASK_EVERY_MS, null, {signal});
    }
  }

  /**
   * What was begun before is gone on with while somebody has it. Else the highest, of those first whose peers kept their
   * word: somebody could offer ever new ones, and give none of them.
   */
  #choose(open: readonly Offered[]): Offered | null {
    const nowMs = this.ports.monotonicMs();
    const ready = open.filter(({root}) => (this.#lost.get(root)?.untilMs ?? 0) <= nowMs);
    const begun = ready.find(({root}) => this.#isProven(root));
    const failures = ({peers}: Offered): number => Math.min(...peers.map((each) => this.#failures.get(each) ?? 0));
    return begun ?? [...ready].sort((a, b) => failures(a) - failures(b))[0] ?? null;
  }

  /** Whether the block of a snapshot that was begun is known to be final. */
  #isProven(root: string): boolean {
    return existsSync(path.join(this.ports.folder, root, PROOF));
  }

  /** @returns its height, or null where it could not be had */
  async #try(offered: Offered): Promise<bigint | null> {
    const {log, folder} = this.ports;
    const {height, root} = offered;
    const directory = path.join(folder, root);
    try {
      return await written(directory, async () => {
        makeDirectory(directory);
        log.info({height, root, peers: offered.peers.length}, "fast sync begins");
        await this.#bring(offered, directory);
        await this.#restore(offered, directory);
        return height;
      });
    } catch (err) {
      if (!(err instanceof QsdmError) || FOR_THE_OPERATOR.has(err.code)) throw err;
      log.warn({err, height, root}, "a snapshot could not be had");
      if (err instanceof UnavailableError) {
        if (err.code !== "SNAPSHOT_LOST") throw err;
        // A line was cut, perhaps: what is here stays for the next try.
        const times = (this.#lost.get(root)?.times ?? 0) + 1;
        if (times === LOST_MAX) this.#passed.add(root);
        this.#lost.set(root, {times, untilMs: this.ports.monotonicMs() + times * REST_MS});
        for (const peer of offered.peers) this.#failures.set(peer, (this.#failures.get(peer) ?? 0) + 1);
        if (!this.#isProven(root)) await rm(directory, {recursive: true, force: true});
        return null;
      }
      this.#passed.add(root);
      // What no honest node would offer is a lie of everybody who does.
      if (err.code === "SNAPSHOT_MANIFEST_INVALID" || err.code === "SNAPSHOT_INVALID")
        for (const peer of offered.peers) this.#peers.lied(peer, err);
      await rm(directory, {recursive: true, force: true});
      return null;
    }
  }

  async #bring(offered: Offered, directory: string): Promise<void> {
    const {log, signal, hashAll, genesis, monotonicMs, folder} = this.ports;
    const {height, root} = offered;
    await this.#manifest(offered, directory);
    const files = await SnapshotFiles.open(directory);
    await this.#proof(offered, files);
    // What was begun before makes room for what is final, not for a word.
    for (const name of await readdir(folder))
      if (name !== root) await rm(path.join(folder, name), {recursive: true, force: true});
    await this.#checkRoom(files);
    let toldMs = monotonicMs();
    const download = new ChunkDownload(files, offered.peers, {
      peers: this.#peers,
      genesisId: genesisBlock(genesis).id,
      hashAll,
      signal,
      nowMs: monotonicMs,
      got(chunks, of) {
        if (monotonicMs() - toldMs < TELL_EVERY_MS && chunks < of) return;
        toldMs = monotonicMs();
        log.info({height, chunks, of}, "fast sync: parts of the snapshot are here");
      },
    });
    await download.run();
  }

  async #manifest(offered: Offered, directory: string): Promise<void> {
    const file = path.join(directory, MANIFEST);
    const kept = await readFile(file).catch(() => null);
    if (kept && snapshotRootOf(plain(kept)) === offered.root) return;
    const ask = {height: offered.height, root: offered.root, part: "manifest", index: 0} as const;
    await this.#ofOne(offered, async (peer) => {
      const manifest = await this.#peers.part(peer, ask);
      if (snapshotRootOf(manifest) !== offered.root)
        throw new RuleError("SNAPSHOT_CHUNK_INVALID", "the manifest is not the one that was offered");
      const {height} = decodeManifest(manifest);
      if (height !== offered.height)
        throw new DecodeError("SNAPSHOT_INVALID", `offered as of block ${offered.height}, it is of block ${height}`);
      await writeWhole(file, [manifest]);
    });
  }

  /** Each peer may have other votes: the first proof that holds is kept. */
  async #proof(offered: Offered, files: SnapshotFiles): Promise<void> {
    const check = (frames: AsyncIterable<Uint8Array>): Promise<unknown> =>
      checkProof(files.manifest, frames, this.ports, () => {});
    try {
      await check(files.proof());
      return;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      // None yet, or one that this disk altered: it was verified before it counted.
      await rm(path.join(files.directory, PROOF), {force: true});
    }
    await this.#ofOne(offered, (peer) =>
      writeChecked(files.proofPath, this.#pieces(peer, offered), (pieces) => check(framesIn(pieces))),
    );
  }

  async *#pieces(peer: PeerId, {height, root}: Offered): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < PROOF_PIECES_MAX; index++) {
      const piece = await this.#peers.part(peer, {height, root, part: "proof", index});
      yield piece;
      if (piece.length < PROOF_PIECE_BYTES) return;
    }
    throw new DecodeError("SNAPSHOT_PROOF_INVALID", "a proof longer than any");
  }

  /** Asks one peer after the other until `take` has what it wants. @throws UnavailableError SNAPSHOT_LOST */
  async #ofOne({height, peers}: Offered, take: (peer: PeerId) => Promise<void>): Promise<void> {
    for (const peer of peers) {
      if (this.#peers.isLiar(peer)) continue;
      try {
        await take(peer);
        return;
      } catch (error) {
        this.ports.signal.throwIfAborted();
        if (!(error instanceof QsdmError) || FOR_THE_OPERATOR.has(error.code) || isOfAll(error)) throw error;
        if (!(error instanceof UnavailableError)) this.#peers.lied(peer, error);
      }
    }
    throw new UnavailableError("SNAPSHOT_LOST", `nobody is left who gives the snapshot of block ${height}`);
  }

  async #restore({height, root}: Offered, directory: string): Promise<void> {
    const {database, shelf, log, folder, ...trust} = this.ports;
    log.info({height, root}, "fast sync: all parts are here, the database is filled");
    await restoreSnapshot(await SnapshotFiles.open(directory), database, {...trust, checked: () => {}});
    const place = placeOf(shelf, height);
    makeDirectory(shelf);
    await rm(place, {recursive: true, force: true});
    await moveTo(place, directory);
    await rm(folder, {recursive: true, force: true});
  }

  /** @throws UnavailableError DISK_TOO_FULL */
  async #checkRoom({manifest, directory}: SnapshotFiles): Promise<void> {
    const size = chunksOf(manifest).reduce((bytes, {sizeBytes}) => bytes + sizeBytes, 0);
    const needed = 2 * size + RESERVE_BYTES;
    const {bavail, bsize} = await statfs(directory);
    if (bavail * bsize >= needed) return;
    throw new UnavailableError("DISK_TOO_FULL", `fast sync needs ${needed} free bytes, there are ${bavail * bsize}`, {
      hint: "free space on the disk of the data directory",
    });
  }
}

/** Whether what is wrong is the manifest, whoever gave it, or what the operator trusts. */
const isOfAll = ({code}: QsdmError): boolean =>
  code === "SNAPSHOT_MANIFEST_INVALID" || code === "SNAPSHOT_INVALID" || code === "CHECKPOINT_AHEAD";
