/**
 * A pool whose large batches of ML-DSA-87 go to devices. Small ones stay on the processor's threads, and so does everything
 * until the devices have been tried, whatever a device is too busy for, and what one failed at: that one is left alone from
 * then on.
 */
import type {QsdmError} from "../../../errors.js";
import type {Solution, SolveJob} from "../../ledger/mining/solve.js";
import type {MlDsa, MlDsaLevel, SignedMessage} from "../ml-dsa.js";
import type {ComputePool, SearchRun} from "../pool.js";
import type {DeviceVerifier} from "./device-verifier.js";
import {checkVerifier, trialBatch, verifyBreakEven} from "./verify-trial.js";

/** Signatures of one job of the processor's: as many as a desk hands over at most, and as fill a thread's lanes. */
const PIECE = {most: 128, fewest: 8} as const;

/** What becomes of the devices, for whoever writes it down. */
export interface DeviceNews {
  /** From now on batches of `from` and more go to it; Infinity where it never is quicker. */
  ready(device: string, from: number): void;
  /** It is not used any more. */
  lost(device: string, why: unknown): void;
}

interface Seat {
  readonly device: DeviceVerifier;
  /** Signatures from which on it is quicker. */
  from: number;
  /** Signatures that it has not answered. */
  underWay: number;
}

export class VerifyingPool implements ComputePool {
  #seats: readonly Seat[];

  constructor(
    private readonly host: ComputePool,
    devices: readonly DeviceVerifier[],
    private readonly news: DeviceNews,
  ) {
    this.#seats = devices.map((device) => ({device, from: Number.POSITIVE_INFINITY, underWay: 0}));
  }

  get threads(): number {
    return this.host.threads;
  }

  get deviceFrom(): number {
    return Math.min(...this.#seats.map(({from}) => from));
  }

  /** Tries every device, one after the other. What fails is told as news. */
  async tryDevices(suite: MlDsa, nowMs: () => number = () => performance.now()): Promise<void> {
    const trial = trialBatch(suite);
    for (const seat of this.#seats)
      try {
        await checkVerifier(seat.device, trial);
        const contest = {
          host: (batch: readonly SignedMessage[]) => this.#inPieces(87, batch),
          device: seat.device.verify,
          nowMs,
        };
        seat.from = await verifyBreakEven(trial.batch[0]!, contest);
        this.news.ready(seat.device.name, seat.from);
      } catch (error) {
        this.#lose(seat, error);
      }
  }

  async mlDsaVerify(
    level: MlDsaLevel,
    batch: readonly SignedMessage[],
    signal?: AbortSignal,
  ): Promise<readonly boolean[]> {
    const seat = level === 87 ? this.#seatFor(batch.length) : null;
    if (!seat) return this.#onHost(level, batch, signal);
    signal?.throwIfAborted();
    seat.underWay += batch.length;
    try {
      return await seat.device.verify(batch);
    } catch (error) {
      // Too much waits for it: the processor takes this one.
      if ((error as Partial<QsdmError>).code !== "COMPUTE_BUSY") this.#lose(seat, error);
      return await this.#onHost(level, batch, signal);
    } finally {
      seat.underWay -= batch.length;
    }
  }

  sha3(messages: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.host.sha3(messages, signal);
  }

  search(job: SolveJob, run: SearchRun, signal?: AbortSignal): Promise<Solution> {
    return this.host.search(job, run, signal);
  }

  async close(): Promise<void> {
    const seats = this.#seats;
    this.#seats = [];
    await Promise.all([...seats.map(({device}) => device.close()), this.host.close()]);
  }

  /** Of those that are quicker at it, the one with the least to do. */
  #seatFor(count: number): Seat | null {
    const quicker = this.#seats.filter(({from}) => count >= from);
    return quicker.reduce<Seat | null>((best, each) => (best && best.underWay <= each.underWay ? best : each), null);
  }

  #lose(seat: Seat, why: unknown): void {
    if (!this.#seats.includes(seat)) return;
    this.#seats = this.#seats.filter((each) => each !== seat);
    this.news.lost(seat.device.name, why);
    void seat.device.close().catch(() => undefined);
  }

  async #onHost(level: MlDsaLevel, batch: readonly SignedMessage[], signal?: AbortSignal): Promise<readonly boolean[]> {
    // What a desk made for one thread stays whole.
    if (batch.length <= PIECE.most) return this.host.mlDsaVerify(level, batch, signal);
    return this.#inPieces(level, batch, signal);
  }

  /** So that all threads have some. */
  async #inPieces(
    level: MlDsaLevel,
    batch: readonly SignedMessage[],
    signal?: AbortSignal,
  ): Promise<readonly boolean[]> {
    const size = Math.min(PIECE.most, Math.max(PIECE.fewest, Math.ceil(batch.length / this.threads)));
    const pieces = Array.from({length: Math.ceil(batch.length / size)}, (_, i) =>
      this.host.mlDsaVerify(level, batch.slice(i * size, (i + 1) * size), signal),
    );
    return (await Promise.all(pieces)).flat();
  }
}
