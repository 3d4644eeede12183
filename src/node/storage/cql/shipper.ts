/** Brings what the local file has to the cluster, in order, and takes out of the local file what the cluster holds. */
import {setTimeout as sleep} from "node:timers/promises";
import {receipt} from "../../../codecs/chain/receipt.js";
import type {SqliteStore} from "../sqlite/store.js";
import type {CqlHistory} from "./history.js";
import type {LinkFile} from "./link-file.js";
import {nextBlocks} from "./next-blocks.js";

export interface ShipperPorts {
  readonly near: SqliteStore;
  readonly far: CqlHistory;
  readonly link: LinkFile;
  /** What ended the shipping: the node must not go on without its cluster. */
  readonly failed: (error: unknown) => void;
}

export interface ShipperOptions {
  readonly lagBlocks: number;
  /** Null keeps all blocks in the local file. */
  readonly localBlocks: number | null;
}

/** Blocks that are pruned in one transaction. */
const BATCH_BLOCKS = 16;
const IDLE_MS = 1_000;

export class Shipper {
  readonly #closing = new AbortController();
  #wake: () => void = () => undefined;
  /** Whether there was a block since the last look. */
  #isCalled = false;
  #caughtUp: (() => void)[] = [];
  #broken: unknown;
  #isLifted = false;

  constructor(
    private readonly options: ShipperOptions,
    private readonly ports: ShipperPorts,
  ) {}

  start(): void {
    void this.#run().catch((error) => {
      if (this.#closing.signal.aborted) return;
      this.#broken = error;
      this.#release();
      this.ports.failed(error);
    });
  }

  /** There is a new block. */
  wake(): void {
    this.#isCalled = true;
    this.#wake();
  }

  /** Blocks that the cluster lacks. */
  get lag(): number {
    const head = this.ports.near.head();
    return head ? Number(head.header.height - this.ports.far.height) : 0;
  }

  /** Returns when the cluster is not too far behind. @throws what ended the shipping */
  async room(): Promise<void> {
    while (this.lag > this.options.lagBlocks && !this.#isLifted && this.#broken === undefined)
      await new Promise<void>((resolve) => this.#caughtUp.push(resolve));
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Lets through who waits for room: a node that stops finishes its block, and its next start sends it. */
  lift(): void {
    this.#isLifted = true;
    this.#release();
  }

  close(): void {
    this.#closing.abort();
    this.#wake();
    this.lift();
  }

  async #run(): Promise<void> {
    const {signal} = this.#closing;
    while (!signal.aborted) {
      this.#isCalled = false;
      const moved = (await this.#ship()) || this.#trim() || (await this.#drop());
      this.#release();
      if (!moved && !this.#isCalled) await this.#rest();
    }
  }

  async #ship(): Promise<boolean> {
    const {near, far} = this.ports;
    const blocks = await nextBlocks(near, far.height);
    // A receipt that does not decode ends the node here, before the local file lets it go.
    for (const {receipts} of blocks) for (const each of receipts) receipt.decode(each);
    await far.append(blocks);
    return blocks.length > 0;
  }

  /** Takes out of the local file what the cluster holds. */
  #trim(): boolean {
    const {near, far} = this.ports;
    const {localBlocks} = this.options;
    if (localBlocks === null) return false;
    const upTo = far.height - BigInt(localBlocks);
    const before = near.prunedHeight();
    return upTo > before && near.prune({upTo, blocksMax: BATCH_BLOCKS}) > before;
  }

  /** Takes out of the cluster what was pruned for good. */
  async #drop(): Promise<boolean> {
    const {far, link} = this.ports;
    const [pruned, dropped] = [link.mark("pruned"), link.mark("dropped")];
    const upTo = pruned < far.height ? pruned : far.height;
    if (upTo <= dropped) return false;
    const end = upTo < dropped + BigInt(BATCH_BLOCKS) ? upTo : dropped + BigInt(BATCH_BLOCKS);
    // Rows are deleted whoever asks: what another data directory counts on is not this one's to drop.
    await far.checkWriter();
    for (let height = dropped + 1n; height <= end; height++) await far.drop(height);
    link.setMark("dropped", end);
    return true;
  }

  async #rest(): Promise<void> {
    const {signal} = this.#closing;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, sleep(IDLE_MS, undefined, {signal, ref: false}).catch(() => undefined)]);
  }

  #release(): void {
    const waiting = this.#caughtUp;
    this.#caughtUp = [];
    for (const resolve of waiting) resolve();
  }
}
