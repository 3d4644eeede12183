/** Whom blocks are asked of, and how much at a time. Nobody is thought ill of for being slow, behind or away. */
import {RANGE_BLOCKS_MAX} from "../../../codecs/network/sync.js";
import type {Network, PeerId} from "../../network/port.js";

/** Requests under way with one peer, so that one is on its way while the other is looked at. */
const REQUESTS_EACH = 2;
/** Blocks of the first request. */
const FIRST_SPAN = 16;
/** A peer is asked for about what it brings in this time. */
const AIM_MS = 1_000;
/** For an answer about headers, at first and at most. */
const PATIENCE_MS = 2_000;
const PATIENCE_MAX_MS = 16_000;
const REST_MS = 1_000;
const REST_MAX_MS = 60_000;

interface Source {
  /** Blocks to ask for at a time. */
  span: number;
  /** Requests under way. */
  busy: number;
  /** Failures since it last brought something. */
  failures: number;
  restsUntilMs: number;
  /** Whether it rests for what it served. */
  lied: boolean;
  /** Whether it has dropped what was asked for. */
  pruned: boolean;
  /** How long it is waited for with headers. */
  patienceMs: number;
  /** When it was asked for headers last: in which turn, counted from the start. */
  turn: number;
  /** What it calls its newest block; nothing proves it. */
  newest: bigint;
}

export interface SourcesPorts {
  readonly network: Pick<Network, "peers" | "reject">;
  nowMs(): number;
}

export class Sources {
  readonly #byId = new Map<PeerId, Source>();
  #turns = 0;

  constructor(private readonly ports: SourcesPorts) {}

  /** Peers that can be asked for blocks now, those that bring most at a time first. */
  ready(): readonly PeerId[] {
    const nowMs = this.ports.nowMs();
    return this.#connected()
      .filter((id) => {
        const {busy, restsUntilMs} = this.#of(id);
        return busy < REQUESTS_EACH && restsUntilMs <= nowMs;
      })
      .sort((a, b) => this.spanOf(b) - this.spanOf(a));
  }

  /** Whom to ask for headers next, none of `asked`: whoever was asked longest ago, and late ones after all others. */
  next(asked: ReadonlySet<PeerId>): PeerId | null {
    const left = this.#connected().filter((id) => !asked.has(id));
    const rank = (id: PeerId): number => (this.isLate(id) ? this.#turns + 1 : 0) + this.#of(id).turn;
    const [first] = left.sort((a, b) => rank(a) - rank(b));
    if (first === undefined) return null;
    this.#of(first).turn = ++this.#turns;
    return first;
  }

  /** Whether its headers take so long, or do not come at all, that others are better asked before. */
  isLate(id: PeerId): boolean {
    return this.#of(id).patienceMs > PATIENCE_MS;
  }

  spanOf(id: PeerId): number {
    return this.#of(id).span;
  }

  begins(id: PeerId): void {
    this.#of(id).busy++;
  }

  ends(id: PeerId): void {
    this.#of(id).busy--;
  }

  /**
   * How long to wait for its headers; null while it rests and another does not: where nobody answered, a line was cut
   * that may be whole again.
   */
  patienceOf(id: PeerId): number | null {
    const rests = (each: PeerId): boolean => this.#of(each).restsUntilMs > this.ports.nowMs();
    const {patienceMs, lied} = this.#of(id);
    return rests(id) && (lied || !this.#connected().every(rests)) ? null : patienceMs;
  }

  /** It answered about headers within `ms`, and calls `newest` the height of its newest block. */
  answered(id: PeerId, {newest, ms}: {newest: bigint; ms: number}): void {
    const source = this.#of(id);
    source.failures = 0;
    source.restsUntilMs = 0;
    source.lied = false;
    source.newest = newest;
    source.patienceMs = clamp(4 * ms, PATIENCE_MS, PATIENCE_MAX_MS);
  }

  /** It brought `got` of `asked` blocks in `ms`. */
  brought(id: PeerId, {got, asked, ms}: {got: number; asked: number; ms: number}): void {
    const source = this.#of(id);
    source.failures = 0;
    const most = got < asked ? got : Math.min(2 * asked, Math.floor((got * AIM_MS) / Math.max(ms, 1)));
    source.span = clamp(most, 1, RANGE_BLOCKS_MAX);
  }

  /** It did not answer in time, refused or had nothing: others are asked before it is asked again. */
  failed(id: PeerId): void {
    const source = this.#of(id);
    source.span = Math.max(1, source.span >> 1);
    source.patienceMs = Math.min(2 * source.patienceMs, PATIENCE_MAX_MS);
    source.restsUntilMs = this.ports.nowMs() + Math.min(REST_MS * 2 ** source.failures++, REST_MAX_MS);
  }

  /**
   * It has dropped what is missing here: others are asked, and it again in a while, when this node may have come further.
   * @returns whether it was not known
   */
  pruned(id: PeerId): boolean {
    const source = this.#of(id);
    source.restsUntilMs = this.ports.nowMs() + REST_MAX_MS;
    const isNew = !source.pruned;
    source.pruned = true;
    return isNew;
  }

  /** It served what cannot be true. */
  lied(id: PeerId): void {
    const source = this.#of(id);
    source.lied = true;
    source.restsUntilMs = this.ports.nowMs() + REST_MAX_MS;
    this.ports.network.reject(id);
  }

  /** The height that half of those who were asked claim at least: a liar alone does not move it far. */
  target(): bigint {
    const claimed = [...this.#byId.values()].map(({newest}) => newest).filter((each) => each > 0n);
    return claimed.sort((a, b) => (a < b ? -1 : 1))[(claimed.length - 1) >> 1] ?? 0n;
  }

  #connected(): PeerId[] {
    const ids = this.ports.network.peers().map(({id}) => id);
    for (const [id, {busy}] of this.#byId) if (busy === 0 && !ids.includes(id)) this.#byId.delete(id);
    return ids;
  }

  #of(id: PeerId): Source {
    let source = this.#byId.get(id);
    if (!source) {
      source = {
        span: FIRST_SPAN,
        busy: 0,
        failures: 0,
        restsUntilMs: 0,
        lied: false,
        pruned: false,
        patienceMs: PATIENCE_MS,
        turn: 0,
        newest: 0n,
      };
      this.#byId.set(id, source);
    }
    return source;
  }
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));
