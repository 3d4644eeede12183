/**
 * Whom to dial next. Named peers and validators are always wanted; free places go to others, spread over neighbourhoods,
 * with anchors of the last run first, and half of them are kept for validators.
 */
import {type Endpoint, formatEndpoint, parseEndpoint} from "./address.js";
import type {NetworkOptions} from "./options.js";
import {type Backoff, CANDIDATE_BACKOFF, WANTED_BACKOFF, waitAfter} from "./peers/backoff.js";
import type {AddressBook} from "./peers/book.js";
import {Diversity, type DiversityRules, type Placed} from "./peers/diversity.js";
import type {Locate} from "./peers/prefix.js";
import type {PeerId} from "./port.js";

export interface DialView {
  readonly self: PeerId;
  readonly nowMs: number;
  readonly book: AddressBook;
  readonly anchors: readonly PeerId[];
  isConnected(id: PeerId): boolean;
  isRefused(id: PeerId): boolean;
  readonly validators: ReadonlySet<PeerId>;
  scoreOf(id: PeerId): number;
  /** Every connected peer, and who chose it. */
  readonly placed: readonly Placed[];
}

interface Attempt {
  failures: number;
  triedAtMs: number;
}

/** Candidates that are dialled at once. */
const AT_ONCE = 4;

export class Dialer {
  /** Dials of configured addresses, by address: whoever is there need not be known by id. */
  readonly #configured: ReadonlyMap<string, Endpoint>;
  readonly #attempts = new Map<string, Attempt>();

  constructor(
    private readonly options: NetworkOptions,
    private readonly policy: {readonly rules: DiversityRules; readonly locate: Locate},
  ) {
    this.#configured = new Map(options.peers.map((each) => [formatEndpoint(each), each]));
  }

  /** Addresses to dial now, each only once in flight. */
  next(view: DialView, reached: (address: string) => boolean): Endpoint[] {
    const wanted = [...this.#wanted(view, reached)];
    const candidates = this.#candidates(view, reached);
    return [...wanted, ...candidates].filter((each) => this.#due(each, view));
  }

  tried(target: Endpoint, nowMs: number, ok: boolean): void {
    const address = formatEndpoint(target);
    const before = this.#attempts.get(address)?.failures ?? 0;
    this.#attempts.set(address, {failures: ok ? 0 : before + 1, triedAtMs: nowMs});
    // Addresses come from strangers too.
    if (this.#attempts.size > 4_096) this.#attempts.delete(this.#attempts.keys().next().value!);
  }

  /** Whether a candidate has been tried often enough. */
  isHopeless(target: Endpoint): boolean {
    const failures = this.#attempts.get(formatEndpoint(target))?.failures ?? 0;
    return waitAfter(failures, CANDIDATE_BACKOFF) === null;
  }

  *#wanted(view: DialView, reached: (address: string) => boolean): Iterable<Endpoint> {
    for (const [address, target] of this.#configured)
      if (target.id === null ? !reached(address) : this.#isMissing(target.id, view)) yield target;
    for (const id of view.validators) {
      const entry = view.book.get(id);
      if (entry && this.#isMissing(id, view)) yield {...parseEndpoint(entry.address), id};
    }
  }

  #candidates(view: DialView, reached: (address: string) => boolean): Endpoint[] {
    const chosen = view.placed.filter(({outbound}) => outbound).length;
    const reserve = Math.min(view.validators.size, Math.floor(this.options.maxOutbound / 2));
    const free = this.options.maxOutbound - reserve - chosen;
    if (free <= 0) return [];
    const out: Endpoint[] = [];
    if (chosen === 0) for (const each of this.options.bootstrap) if (!reached(formatEndpoint(each))) out.push(each);
    const diversity = new Diversity(this.policy.rules, this.policy.locate, view.placed);
    for (const target of this.#ranked(view)) {
      if (out.length >= Math.min(free, AT_ONCE)) break;
      const placed = {host: target.host, outbound: true};
      if (!this.#due(target, view) || diversity.refusal(placed) !== null) continue;
      diversity.add(placed);
      out.push(target);
    }
    return out;
  }

  /** Anchors, then by score, then those that were reached most lately. */
  #ranked(view: DialView): Endpoint[] {
    const rank = (id: PeerId): number => (view.anchors.includes(id) ? 1_000 : 0) + view.scoreOf(id);
    return [...view.book.entries()]
      .filter(([id]) => !view.validators.has(id) && this.#isMissing(id, view))
      .sort(([a, {connectedAtMs: x}], [b, {connectedAtMs: y}]) => rank(b) - rank(a) || y - x)
      .map(([id, {address}]) => ({...parseEndpoint(address), id}));
  }

  #isMissing(id: PeerId, {self, isConnected, isRefused}: DialView): boolean {
    return id !== self && !isConnected(id) && !isRefused(id);
  }

  #due(target: Endpoint, {nowMs, validators}: DialView): boolean {
    const address = formatEndpoint(target);
    const attempt = this.#attempts.get(address);
    if (!attempt) return true;
    const isWanted = this.#configured.has(address) || (target.id !== null && validators.has(target.id));
    const isBootstrap = this.options.bootstrap.some((each) => formatEndpoint(each) === address);
    const backoff: Backoff = isWanted || isBootstrap ? WANTED_BACKOFF : CANDIDATE_BACKOFF;
    const waitMs = waitAfter(attempt.failures, backoff);
    return waitMs !== null && nowMs >= attempt.triedAtMs + waitMs;
  }
}
