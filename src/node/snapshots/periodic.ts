/** Snapshots that a running node takes: at each multiple of an interval, chunk by chunk behind the commits. */
import {mkdir, readdir, rm, statfs} from "node:fs/promises";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {SUBTREE_BYTES} from "../../codecs/chain/snapshot.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import type {Log} from "../service.js";
import {SnapshotFiles, written} from "./files.js";
import {heightsOn, placeOf, trimShelf} from "./shelf.js";
import {type SnapshotGround, type WritePorts, writeSnapshot} from "./write.js";

/** When snapshots are taken, and how many are kept. */
export interface SnapshotSchedule {
  /** At heights that are multiples of this; null takes none. */
  readonly intervalBlocks: bigint | null;
  /** The newest; older ones are removed once a newer one is whole. */
  readonly kept: number;
}

export const NO_SNAPSHOTS: SnapshotSchedule = {intervalBlocks: null, kept: 5};

/**
 * Least and most blocks between two. On a main network one takes minutes to write, and one older than the most is of little
 * use to whoever starts from it.
 */
export const SNAPSHOT_INTERVALS = {mainnet: [10_000n, 500_000n], other: [10n, 500_000n]} as const;

/** Free bytes that are left to the node, beside what the snapshot needs. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** Between two looks whether a block is shown to be final. */
const PROOF_MS = 500;

/** @throws UsageError SNAPSHOT_INTERVAL */
export function checkSchedule({intervalBlocks}: SnapshotSchedule, network: string): void {
  if (intervalBlocks === null) return;
  const [least, most] = SNAPSHOT_INTERVALS[network === "mainnet" || network === "testnet" ? "mainnet" : "other"];
  if (intervalBlocks >= least && intervalBlocks <= most) return;
  throw new UsageError(
    "SNAPSHOT_INTERVAL",
    `a snapshot every ${intervalBlocks} blocks: on this network it is every ${least} to ${most}`,
    {hint: `pass --snapshot-interval ${intervalBlocks < least ? least : most}, or off`},
  );
}

/** What there is to tell of snapshots since the start. */
export interface SnapshotFigures {
  succeeded: number;
  failed: number;
  /** Of the newest one; 0 before it. */
  lastHeight: bigint;
  lastCreatedAtMs: number;
  lastDurationMs: number;
  lastSizeBytes: number;
  inProgress: boolean;
}

export interface SnapshotsPorts extends Omit<WritePorts, "older" | "subtreeBytes" | "signal" | "wrote"> {
  /** Directory of all of them. */
  readonly shelf: string;
  /** The newest final block, with the state after it. */
  ground(): SnapshotGround;
  /** Whether blocks are being made up for, and the next ones come at once. */
  isBehind(): boolean;
  readonly log: Pick<Log, "info" | "warn" | "debug">;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** The node cannot go on. */
  failed(error: unknown): void;
}

export class Snapshots {
  readonly figures: SnapshotFigures = {
    succeeded: 0,
    failed: 0,
    lastHeight: 0n,
    lastCreatedAtMs: 0,
    lastDurationMs: 0,
    lastSizeBytes: 0,
    inProgress: false,
  };
  #running: Promise<void> | null = null;
  readonly #abort = new AbortController();

  constructor(
    private readonly schedule: SnapshotSchedule,
    private readonly ports: SnapshotsPorts,
  ) {}

  /** Called after each block. */
  committed(): void {
    const {intervalBlocks} = this.schedule;
    const ground = this.ports.ground();
    const {height} = ground;
    if (intervalBlocks === null || height % intervalBlocks !== 0n || this.#abort.signal.aborted) return;
    if (this.ports.isBehind()) return;
    if (this.#running) {
      this.ports.log.warn({height}, "no snapshot is taken: the one before is still being written");
      return;
    }
    this.figures.inProgress = true;
    this.#running = this.#take(ground).finally(() => {
      this.#running = null;
      this.figures.inProgress = false;
    });
  }

  /** Gives up what is being written. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #take(ground: SnapshotGround): Promise<void> {
    const {log, failed} = this.ports;
    const {height} = ground;
    try {
      // A disk that cannot be written has no snapshots, and that is no reason for the node to stop.
      await written(this.ports.shelf, () => this.#write(ground));
    } catch (err) {
      if (this.#abort.signal.aborted) return;
      this.figures.failed++;
      if (!(err instanceof QsdmError)) return failed(err);
      log.warn({err, height}, "no snapshot could be written");
    }
  }

  async #write(ground: SnapshotGround): Promise<void> {
    const {shelf, log, nowMs, ...ports} = this.ports;
    const {signal} = this.#abort;
    const {height} = ground;
    const sinceMs = nowMs();
    await this.#sweep();
    const heights = await heightsOn(shelf);
    // A node that was put back to an older copy of its database comes by the same heights again.
    if (heights.includes(height)) return;
    const older = heights.filter((each) => each < height).at(-1);
    const beside = older === undefined ? null : placeOf(shelf, older);
    await this.#checkRoom(beside);
    await this.#untilProven(height);
    const files = await writeSnapshot(ground, placeOf(shelf, height), {
      ...ports,
      older: beside,
      subtreeBytes: SUBTREE_BYTES,
      signal,
      wrote: (chunks) => log.debug({height, chunks}, "a part of a snapshot was written"),
    });
    const gone = await trimShelf(shelf, this.schedule.kept);
    const {figures} = this;
    const sizeBytes = await files.sizeBytes();
    figures.succeeded++;
    figures.lastHeight = height;
    figures.lastCreatedAtMs = nowMs();
    figures.lastDurationMs = figures.lastCreatedAtMs - sinceMs;
    figures.lastSizeBytes = sizeBytes;
    log.info({height, root: files.root, sizeBytes, ms: figures.lastDurationMs, gone}, "a snapshot was written");
  }

  /** The votes that show a block final come with the two behind it. */
  async #untilProven(height: bigint): Promise<void> {
    for (;;)
      try {
        await this.ports.prove(height);
        return;
      } catch (error) {
        if (!(error instanceof QsdmError) || error.code !== "FINALITY_PENDING") throw error;
        await sleep(PROOF_MS, null, {signal: this.#abort.signal});
      }
  }

  /** Removes what a killed node left half written. */
  async #sweep(): Promise<void> {
    const {shelf} = this.ports;
    await mkdir(shelf, {recursive: true, mode: 0o700});
    for (const name of await readdir(shelf))
      if (name.endsWith(".part")) await rm(path.join(shelf, name), {recursive: true, force: true});
  }

  /** @throws UnavailableError DISK_TOO_FULL */
  async #checkRoom(older: string | null): Promise<void> {
    const {shelf} = this.ports;
    // The next one will be about as large. One that is damaged says nothing of it.
    const like = older === null ? null : await SnapshotFiles.open(older).catch(() => null);
    const needed = ((await like?.sizeBytes()) ?? 0) + RESERVE_BYTES;
    const {bavail, bsize} = await statfs(shelf);
    if (bavail * bsize >= needed) return;
    throw new UnavailableError("DISK_TOO_FULL", `a snapshot needs ${needed} free bytes, there are ${bavail * bsize}`, {
      hint: "free space on the disk of the data directory, or keep fewer snapshots",
    });
  }
}
