/**
 * The blocks of a list of headers, out of the hands of several peers at once, in their order: within a window of blocks
 * and bytes, each held to its header before it is kept. What a peer does not bring, another one is asked for.
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import {BLOCKS_PROTOCOL, blocksAnswer, blocksRequest, type Certified} from "../../../codecs/network/sync.js";
import {QsdmError, RuleError} from "../../../errors.js";
import {MESSAGE_MAX_BYTES, type Network, type PeerId} from "../../network/port.js";
import type {Log} from "../../service.js";
import type {Clock} from "../ports.js";
import {checkServed, roughBytes, type SyncGround, type Wanted} from "./served.js";
import type {Sources} from "./sources.js";
import type {SyncTally} from "./tally.js";

/** Blocks ahead of the one that is taken next, at most. */
const WINDOW_BLOCKS = 512;
/** Votes of them: the memory of what was found valid holds more, and each is looked at again when its block is taken. */
const WINDOW_VOTES = 8_192;
/** Bytes of blocks that are kept: nothing more is asked for above, but what is taken next. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** Requests under way; an answer can be as long as a message. */
const REQUESTS_MAX = 8;
/** Beyond those, for what is taken next while they are held up by peers that keep silent. */
const REQUESTS_SPARE = 8;
/** What is taken next and was not brought in this time, another peer is asked for as well. */
const OVERDUE_MS = 2_000;
const TIMEOUT_MS = 16_000;
/** Blocks that are taken between two looks at who is free; an answer that comes is one as well. */
const LOOK_EVERY = 16;
/** Longest look at what came before sockets and timers get a turn. */
const STRETCH_MS = 5;

export interface DownloadPorts {
  readonly network: Pick<Network, "request">;
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly sources: Sources;
  readonly tally: SyncTally;
  readonly log: Log;
}

/** Places `from` to `to`, the last excluded, asked of one peer. */
interface Request {
  readonly peer: PeerId;
  readonly from: number;
  readonly to: number;
  readonly sinceMs: number;
  readonly abort: AbortController;
}

export class Download {
  readonly #blocks: (Certified | undefined)[];
  readonly #requests = new Set<Request>();
  /** The first place of which a peer had nothing. */
  readonly #lacks = new Map<PeerId, number>();
  /** Place of the block that is taken next. */
  #at = 0;
  /** Nobody has to be asked for anything below, unless somebody brings less than was asked for. */
  #free = 0;
  #keptBytes = 0;
  #over = false;
  #failure: {readonly error: unknown} | null = null;
  #wake: () => void = () => {};

  /** @param wanted at least one, each the parent of the next, of one epoch */
  constructor(
    private readonly wanted: readonly Wanted[],
    private readonly ground: SyncGround,
    private readonly ports: DownloadPorts,
  ) {
    this.#blocks = wanted.map(() => undefined);
  }

  /** Whether every block was there. */
  get complete(): boolean {
    return this.#at === this.wanted.length;
  }

  /** Keeps blocks of which the first belongs to place `from`. @throws RuleError as `checkServed` says */
  async keep(from: number, blocks: readonly Certified[]): Promise<void> {
    const {clock} = this.ports;
    let sinceMs = clock.nowMs();
    for (const [i, block] of blocks.entries()) {
      const wanted = this.wanted[from + i];
      if (!wanted) throw new RuleError("BLOCK_NOT_ASKED", `${blocks.length} blocks, ${i} were asked for`);
      checkServed(block, wanted, this.ground);
      if (clock.nowMs() - sinceMs >= STRETCH_MS) {
        await nextTurn();
        sinceMs = clock.nowMs();
      }
      if (this.#over) return;
      if (from + i < this.#at || this.#blocks[from + i]) continue;
      this.#blocks[from + i] = block;
      this.#keptBytes += roughBytes(block);
      if (from + i === this.#at) this.#wake();
    }
  }

  /** The blocks in their order, until there is one that nobody has. */
  async *inOrder(): AsyncGenerator<Certified> {
    try {
      for (; this.#at < this.wanted.length; this.#at++) {
        const block = await this.#next();
        if (!block) return;
        yield block;
        this.#blocks[this.#at] = undefined;
        this.#keptBytes -= roughBytes(block);
      }
    } finally {
      this.close();
    }
  }

  /** Ends what is under way; the blocks end with it. */
  close(): void {
    this.#over = true;
    for (const {abort} of this.#requests) abort.abort();
    this.#wake();
  }

  async #next(): Promise<Certified | null> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const block = this.#blocks[this.#at];
      if (!block || this.#at % LOOK_EVERY === 0) this.#fill();
      if (block) return block;
      if (this.#over || this.#requests.size === 0) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Asks whoever is free for what nobody is asked for, the lowest first. */
  #fill(): void {
    for (let asked = true; asked && !this.#over; ) {
      asked = false;
      for (const peer of this.ports.sources.ready()) {
        const range = this.#rangeFor(peer);
        if (!range) continue;
        asked = true;
        void this.#ask(peer, range);
      }
    }
  }

  #rangeFor(peer: PeerId): Pick<Request, "from" | "to"> | null {
    const {size} = this.#requests;
    if (size >= REQUESTS_MAX + REQUESTS_SPARE) return null;
    const window = Math.min(WINDOW_BLOCKS, Math.ceil(WINDOW_VOTES / this.ground.committee.size));
    const end = Math.min(this.wanted.length, this.#at + window, this.#lacks.get(peer) ?? Number.POSITIVE_INFINITY);
    const span = this.ports.sources.spanOf(peer);
    const rangeAt = (from: number, isOpen: (place: number, peer: PeerId) => boolean) => {
      let to = from;
      while (to < end && to < from + span && isOpen(to, peer)) to++;
      return to > from ? {from, to} : null;
    };
    let from = Math.max(this.#free, this.#at);
    while (from < end && !this.#isFree(from)) from++;
    this.#free = from;
    // Memory is for what is taken next: that alone is always asked for.
    if (from < end && (from === this.#at || (this.#keptBytes < WINDOW_BYTES && size < REQUESTS_MAX)))
      return rangeAt(from, this.#isFree);
    return this.#isOwing(peer) ? null : rangeAt(this.#at, this.#isOverdue);
  }

  readonly #isFree = (place: number): boolean => {
    if (this.#blocks[place]) return false;
    for (const {from, to} of this.#requests) if (from <= place && place < to) return false;
    return true;
  };

  /** It was asked for something long ago: what is urgent is for others to bring. */
  #isOwing(peer: PeerId): boolean {
    const sinceMs = this.ports.clock.nowMs() - OVERDUE_MS;
    return [...this.#requests].some((each) => each.peer === peer && each.sinceMs <= sinceMs);
  }

  /** Others were asked for it long ago. */
  readonly #isOverdue = (place: number, peer: PeerId): boolean => {
    if (this.#blocks[place]) return false;
    const sinceMs = this.ports.clock.nowMs() - OVERDUE_MS;
    for (const each of this.#requests)
      if (each.from <= place && place < each.to && (each.peer === peer || each.sinceMs > sinceMs)) return false;
    return true;
  };

  async #ask(peer: PeerId, {from, to}: Pick<Request, "from" | "to">): Promise<void> {
    const {sources, clock, tally} = this.ports;
    const abort = new AbortController();
    const request = {peer, from, to, sinceMs: clock.nowMs(), abort};
    const overdue = clock.after(OVERDUE_MS, () => this.#fill());
    const timeout = clock.after(TIMEOUT_MS, () => abort.abort());
    this.#requests.add(request);
    if (from === this.#free) this.#free = to;
    sources.begins(peer);
    tally.requests++;
    try {
      await this.#bring(request);
    } catch (error) {
      if (!(error instanceof QsdmError)) this.#failure = {error};
    } finally {
      overdue();
      timeout();
      this.#requests.delete(request);
      this.#free = Math.min(this.#free, from);
      sources.ends(peer);
      this.#endOvertaken();
      this.#fill();
      this.#wake();
    }
  }

  async #bring(request: Request): Promise<void> {
    const {peer, from, to, sinceMs, abort} = request;
    const {network, sources, clock, tally} = this.ports;
    const wanted = this.wanted.slice(from, to);
    const {epoch, height} = wanted[0]!.header;
    const body = blocksRequest.encode({epoch, from: height, ids: wanted.map(({id}) => id)});
    let bytes: Uint8Array;
    try {
      bytes = await network.request(peer, BLOCKS_PROTOCOL, body, {signal: abort.signal, maxBytes: MESSAGE_MAX_BYTES});
    } catch (error) {
      if (!this.#over) {
        sources.failed(peer);
        tally.failures++;
      }
      throw error;
    }
    if (this.#over) return;
    try {
      const {blocks} = blocksAnswer.decode(bytes);
      if (blocks.length > to - from)
        throw new RuleError("BLOCK_NOT_ASKED", `${blocks.length} blocks, ${to - from} were asked for`);
      await this.keep(from, blocks);
      if (blocks.length === 0) this.#lacks.set(peer, from);
      else sources.brought(peer, {got: blocks.length, asked: to - from, ms: clock.nowMs() - sinceMs});
    } catch (error) {
      if (error instanceof QsdmError) this.#lied(peer, error);
      throw error;
    }
  }

  #lied(peer: PeerId, err: QsdmError): void {
    this.ports.tally.lies++;
    this.ports.log.warn({err, peer}, "a peer served blocks that are not what its headers say");
    this.ports.sources.lied(peer);
  }

  /** Whoever was slower than others is not waited for. */
  #endOvertaken(): void {
    for (const {from, to, abort} of this.#requests) {
      let place = Math.max(from, this.#at);
      while (place < to && this.#blocks[place]) place++;
      if (place >= to) abort.abort();
    }
  }
}
