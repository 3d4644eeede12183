/**
 * The driver of the DAG mempool: feeds the pure machine one input at a time and carries its effects out in their order.
 * What came in one turn of the loop is written in one transaction, before anything that it covers leaves.
 */
import type {BatchFigures} from "../../codecs/api/status.js";
import {type Ack, ackContent, ackContentOf} from "../../codecs/dag/availability.js";
import {type Batch, type BatchRef, batchHeader} from "../../codecs/dag/batch.js";
import {aboutOf, type Kept, kept} from "../../codecs/dag/kept.js";
import {isIntact} from "../mempool/dag/check.js";
import type {DagEffect, DagInput} from "../mempool/dag/effects.js";
import type {Offered} from "../mempool/dag/pack.js";
import {restoreDag} from "../mempool/dag/restore.js";
import type {DagRules} from "../mempool/dag/rules.js";
import {type DagState, horizonOf} from "../mempool/dag/state.js";
import {step} from "../mempool/dag/step.js";
import {answerFor, bodyOf, frontier, packedIds} from "../mempool/dag/view.js";
import type {Network} from "../network/port.js";
import type {Log, Service, Timers} from "../service.js";
import type {BatchStore} from "../storage/store.js";
import {Courier} from "./courier.js";

const TICK_MS = 500;

type OfType<T extends DagEffect["type"]> = Extract<DagEffect, {type: T}>;
/** What waits until everything before it is on disk. */
type Due = Exclude<DagEffect, OfType<"keep" | "seal" | "forget">>;

export interface BatchDeskPorts {
  /** Of the epoch of the next block. */
  rules(): DagRules;
  readonly store: BatchStore;
  /** Null for a validator that is alone. */
  readonly network: Network | null;
  /** Signs with the voting key. */
  sign(message: Uint8Array): Uint8Array;
  readonly clock: Timers;
  /** Least time between two batches of this validator, in milliseconds. */
  readonly paceMs: number;
  /** Before a round is joined with an empty batch, in milliseconds. */
  readonly joinMs: number;
  readonly log: Log;
  /** What waits and is in none of `packed`. */
  offered(packed: ReadonlySet<string>): Offered;
  /** Another validator's batch is here, which blocks may come to hold. */
  came(batch: Batch): void;
  /** A batch can be named by a block from now on. */
  available(ref: BatchRef): void;
  /** These can be in no batch. */
  oversized(ids: readonly string[]): void;
  /** The disk failed: the node must stop. */
  failed(error: unknown): void;
}

export class BatchDesk implements Service {
  #rules: DagRules;
  #state: DagState;
  readonly #courier: Courier | null;
  readonly #rows: Kept[] = [];
  readonly #counts = {made: 0, fetches: 0, equivocations: 0, faults: 0};
  /** Promised batches that the disk did not give back, until they are asked for. */
  #lost: readonly BatchRef[] = [];
  #due: Due[] = [];
  #flushing = false;
  #stopped = false;
  #packedAtMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #pack: {readonly dueMs: number; cancel(): void} | null = null;
  #cancelJoin: (() => void) | null = null;
  #cancelTick: () => void = () => {};

  constructor(private readonly ports: BatchDeskPorts) {
    const {network, log} = ports;
    this.#rules = ports.rules();
    this.#state = this.#restored();
    this.#courier =
      network &&
      new Courier({
        network,
        voters: () => this.#rules.committee.voters,
        log,
        receive: (message) => this.give(message),
        answerFor: (ref) => answerFor(this.#state, ref),
        isWanted: ({batchId}) => this.#state.wanted.has(batchId),
        answered: (ref, answer) => this.give({type: "answer", ref, answer}),
        failed: (error) => this.#fail(error),
      });
  }

  get state(): DagState {
    return this.#state;
  }

  /** This node's place among the voters of the epoch; null while it only follows. */
  get self(): number | null {
    return this.#rules.self;
  }

  get figures(): BatchFigures {
    const {certifiedRound, committedRound, wanted} = this.#state;
    return {
      certifiedRound: Number(certifiedRound),
      committedRound: Number(committedRound),
      waiting: frontier(this.#state).length,
      missing: wanted.size,
      ...this.#counts,
    };
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#recover();
    this.#tick();
    this.wake();
  }

  async stop(): Promise<void> {
    this.#pack?.cancel();
    this.#cancelJoin?.();
    this.#cancelTick();
    if (!this.#stopped) this.#flush();
    this.#stopped = true;
  }

  /** Other voters: nothing of the epoch before is of any use to them. */
  begin(): void {
    this.#rules = this.ports.rules();
    this.#rows.length = 0;
    this.#due = [];
    this.#state = this.#restored();
    this.#recover();
    this.wake();
  }

  #restored(): DagState {
    const {store} = this.ports;
    const {epoch} = this.#rules.committee;
    const taken = store.takenBatches().filter((each) => each.epoch === epoch);
    const {state, lost} = restoreDag(store.keptBatches().map(kept.decode), this.#rules, taken);
    this.#lost = lost;
    return state;
  }

  /** Asks for what the disk lost. */
  #recover(): void {
    for (const ref of this.#lost)
      this.#broken(ref, "a batch that this node promised to hold is altered on its disk, or gone");
    this.give({type: "want", refs: this.#lost});
    this.#lost = [];
  }

  /** Holds batches that a block took to what they were when they came. */
  probe(refs: readonly BatchRef[]): void {
    for (const ref of refs) {
      const body = bodyOf(this.#state, ref);
      if (body && !isIntact(body, this.#rules)) this.#broken(ref, "a batch that a block took was altered in memory");
    }
  }

  #broken({round, creator, batchId}: BatchRef, what: string): void {
    this.#counts.faults++;
    this.ports.log.error({round, creator, batchId}, what);
  }

  /** Something waits for a batch. */
  wake(): void {
    this.#armPack(this.#packedAtMs);
  }

  #armPack(sinceMs: number): void {
    if (this.#stopped || this.#rules.self === null) return;
    const {clock, paceMs} = this.ports;
    const nowMs = clock.nowMs();
    const dueMs = Math.max(nowMs, sinceMs + paceMs);
    if (this.#pack && this.#pack.dueMs <= dueMs) return;
    this.#pack?.cancel();
    this.#pack = {dueMs, cancel: clock.after(dueMs - nowMs, () => this.#guard(() => this.pack()))};
  }

  /** Makes a batch of what waits, if a round is open. Where nothing does, a round that others opened is joined later. */
  pack(): void {
    if (this.#stopped) return;
    const {clock, joinMs} = this.ports;
    this.#pack?.cancel();
    this.#pack = null;
    this.#lookedAtMs = clock.nowMs();
    const offered = this.#offered();
    if (offered.transactions.length + offered.proofs.length === 0) {
      // Its messages would only be in the way of those of the batch that opened the round.
      this.#cancelJoin ??= clock.after(joinMs, () => this.#guard(() => this.#join()));
      return;
    }
    this.#packedAtMs = this.#lookedAtMs;
    this.give({type: "pack", offered});
  }

  #join(): void {
    this.#cancelJoin = null;
    this.#packedAtMs = this.ports.clock.nowMs();
    this.give({type: "pack", offered: this.#offered()});
  }

  #offered(): Offered {
    return this.ports.offered(packedIds(this.#state));
  }

  /** @throws RuleError, DecodeError when `input` is no message of an honest peer; nothing has changed then */
  give(input: DagInput): void {
    if (this.#stopped) return;
    const {state, effects} = step(this.#state, input, this.#rules);
    this.#state = state;
    for (const effect of effects) this.#take(effect);
  }

  /** Puts every batch that is here on disk; what waits for that is carried out in its turn. */
  persist(): void {
    // A certificate can be had again: it waits for the next write.
    if (this.#rows.some(({type}) => type !== "certificate")) this.#write();
  }

  /** Carries out what is due, now. */
  flush(): void {
    this.#guard(() => this.#flush());
  }

  #take(effect: DagEffect): void {
    if (effect.type === "keep") {
      const {record} = effect;
      if (record.type === "batch" && record.batch.signed.header.creator !== this.#rules.self)
        this.ports.came(record.batch);
      // Who only follows has promised nothing, and finds everything in blocks.
      if (this.#rules.self !== null) this.#rows.push(record);
      return;
    }
    // Goes with the next write.
    if (effect.type === "forget") return;
    if (effect.type === "seal") {
      const {header, transactions, proofs} = effect;
      this.#counts.made++;
      const signature = this.ports.sign(batchHeader.encode(header));
      return this.give({type: "batch", batch: {signed: {header, signature}, transactions, proofs}});
    }
    if (effect.type === "acknowledge" && effect.ref.creator === this.#rules.self)
      return this.give({type: "ack", ack: this.#ackOf(effect.ref)});
    this.#due.push(effect);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      if (this.#flushing) this.flush();
    });
  }

  #flush(): void {
    this.#flushing = false;
    const due = this.#due;
    this.#due = [];
    this.persist();
    for (const effect of due) this.#perform(effect);
  }

  #write(): void {
    const rows = this.#rows.map((each) => {
      const {epoch, ref} = aboutOf(each);
      return {epoch, round: ref.round, value: kept.encode(each)};
    });
    const {committee, limits} = this.#rules;
    this.ports.store.keepBatches(rows, {epoch: committee.epoch, round: horizonOf(this.#state, limits.gcRounds)});
    // Not before: whoever asked hears of a failure, and what waits for these rows must not leave without them.
    this.#rows.length = 0;
  }

  #perform(effect: Due): void {
    const {log} = this.ports;
    switch (effect.type) {
      case "acknowledge":
        return this.#courier?.send(effect.ref.creator, {type: "ack", ack: this.#ackOf(effect.ref)});
      case "broadcast":
        return this.#courier?.broadcast(effect.message);
      case "send":
        return this.#courier?.send(effect.to, effect.message);
      case "fetch":
        this.#counts.fetches++;
        return this.#courier?.fetch(effect.ref, effect.from);
      case "pack":
        // Peers bring this about, and looking costs as much as there waits: what came since has woken the desk itself.
        return this.#armPack(Math.max(this.#packedAtMs, this.#lookedAtMs));
      case "available":
        return this.ports.available(effect.ref);
      case "oversized":
        return this.ports.oversized(effect.ids);
      case "evidence": {
        const [{header}] = effect.headers;
        this.#counts.equivocations++;
        return log.warn({validator: header.creator, round: header.round}, "a validator signed two batches for a round");
      }
    }
  }

  #ackOf(ref: BatchRef): Ack {
    const {chainId, committee, self} = this.#rules;
    const {epoch} = committee;
    const signature = this.ports.sign(ackContent.encode(ackContentOf(chainId, epoch, ref)));
    return {epoch, ref, validator: self!, signature};
  }

  #tick(): void {
    const {clock} = this.ports;
    this.#guard(() => {
      this.give({type: "tick", nowMs: BigInt(Math.floor(clock.nowMs()))});
      this.wake();
    });
    if (!this.#stopped) this.#cancelTick = clock.after(TICK_MS, () => this.#tick());
  }

  /** What fails here is the disk, or a bug: nothing more is promised after it. */
  #guard(work: () => void): void {
    try {
      if (!this.#stopped) work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#stopped = true;
    this.ports.failed(error);
  }
}
