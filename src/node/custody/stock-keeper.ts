/** Numbers of triples and masks that all custodians hold: handed out once each, and made anew before they run out. */
import {QsdmError} from "../../errors.js";
import {Allocation, commonRanges} from "../quorum/strict/allocation.js";
import {exhausted} from "../quorum/strict/custodian.js";
import type {Members} from "../quorum/strict/members.js";
import {firstNumberOf} from "../quorum/strict/numbers.js";
import type {Range, StockKind} from "../quorum/strict/store.js";
import type {Stock} from "../quorum/verified/stock.js";
import type {Log} from "../service.js";
import type {CustodianCalls} from "./custodian-calls.js";

/** Below as many, as many again are made while evaluations go on; 0 makes them when there are none. */
export type LowWater = Readonly<Record<StockKind, number>>;
export const DEFAULT_LOW_WATER: LowWater = {triple: 4_096, mask: 1_024};

/** Made at once where a client asks and there is nothing. */
const LEAST: LowWater = {triple: 1_024, mask: 256};
/** After a refill that failed. */
const AGAIN_MS = 10_000;
/** An evaluation looks for stock as often, and more where one job makes too little: others may take what was made for it. */
const TRIES = 4;

export interface StockKeeperPorts {
  readonly members: Members;
  /** Of this coordinator in the roster: it gives out numbers of its own space. */
  readonly place: number;
  readonly custodians: CustodianCalls;
  readonly lowWater: LowWater;
  /** Most of a kind that one job makes. */
  readonly most: number;
  readonly log: Log;
  nowMs(): number;
  /** Has all custodians make stock, after whatever else they do together. */
  make(wanted: Stock): Promise<void>;
}

export class StockKeeper {
  readonly #allocations: Readonly<Record<StockKind, Allocation>>;
  readonly #making = new Map<StockKind, Promise<void>>();
  readonly #notBeforeMs = new Map<StockKind, number>();
  /** Refills that were begun. */
  refills = 0;

  constructor(private readonly ports: StockKeeperPorts) {
    const first = firstNumberOf(ports.place);
    this.#allocations = {triple: new Allocation(first), mask: new Allocation(first)};
  }

  get lowWater(): LowWater {
    return this.ports.lowWater;
  }

  left(kind: StockKind): number {
    return this.#allocations[kind].left;
  }

  /** What custodians hold is not known any more. */
  clear(): void {
    for (const allocation of Object.values(this.#allocations)) allocation.clear();
  }

  /**
   * Number of the first of `count` in a row.
   * @param among who has to hold them; everyone who answers, unless said
   * @throws RuleError STOCK_EXHAUSTED, and as `make`
   */
  async allocate(kind: StockKind, count: number, among?: readonly number[]): Promise<bigint> {
    const first = await this.#allocate(kind, count, among);
    const low = this.lowWater[kind];
    // Whoever takes more than is kept finds as much again when it comes back.
    if (low > 0 && this.left(kind) < Math.max(low, count)) void this.#refill(kind, count);
    return first;
  }

  async #allocate(kind: StockKind, count: number, among?: readonly number[]): Promise<bigint> {
    const allocation = this.#allocations[kind];
    const known = among ? null : allocation.take(count);
    if (known !== null) return known;
    const tries = TRIES + Math.floor(count / this.ports.most);
    for (let at = 0; at < tries; at++) {
      await this.look(among);
      const found = allocation.take(count);
      if (found !== null) return found;
      // Only all together make more. What is under way for others is enough for most.
      if (!this.#isEveryoneThere) break;
      await (this.#making.get(kind) ?? this.#make(kind, Math.max(count, LEAST[kind])));
    }
    return exhausted(kind);
  }

  /** Numbers that were handed out for what no custodian began. */
  giveBack(kind: StockKind, range: Range): void {
    this.#allocations[kind].giveBack(range);
    void this.look();
  }

  /** Asks custodians what they hold. */
  async look(among: readonly number[] = this.ports.custodians.live): Promise<void> {
    const statuses = (await this.ports.custodians.statuses()).filter(({place}) => among.includes(place));
    this.#allocations.triple.offer(commonRanges(statuses.map(({status}) => status.triples)));
    this.#allocations.mask.offer(commonRanges(statuses.map(({status}) => status.masks)));
  }

  /** Makes what is short once custodians have keys, so that one whom nobody asked yet can serve when another is gone. */
  async topUp(): Promise<void> {
    if (!this.#isEveryoneThere) return;
    const statuses = await this.ports.custodians.statuses();
    if (statuses.some(({status}) => status.epoch === 0n)) return;
    await this.look();
    for (const kind of ["triple", "mask"] as const)
      if (this.left(kind) < this.lowWater[kind]) await this.#refill(kind, 0);
  }

  get #isEveryoneThere(): boolean {
    return this.ports.custodians.live.length === this.ports.members.n;
  }

  /** One job of a kind at a time. */
  #make(kind: StockKind, count: number): Promise<void> {
    const many = Math.min(count, this.ports.most);
    const wanted = kind === "triple" ? {triples: many, masks: 0} : {triples: 0, masks: many};
    const making = this.ports.make(wanted).finally(() => this.#making.delete(kind));
    this.#making.set(kind, making);
    return making;
  }

  /** While evaluations go on; not soon after one that failed. */
  async #refill(kind: StockKind, taken: number): Promise<void> {
    const {nowMs, log} = this.ports;
    if (this.#making.has(kind) || !this.#isEveryoneThere || nowMs() < (this.#notBeforeMs.get(kind) ?? 0)) return;
    this.refills++;
    try {
      await this.#make(kind, Math.max(LEAST[kind], this.lowWater[kind], taken));
      await this.look();
      log.info({kind, left: this.left(kind)}, "stock was made");
    } catch (err) {
      this.#notBeforeMs.set(kind, nowMs() + AGAIN_MS);
      if (err instanceof QsdmError) log.warn({err, kind}, "no stock could be made");
      else log.error({err, kind}, "making stock failed");
    }
  }
}
