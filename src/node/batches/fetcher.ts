/** Asks peers for batches: a few at a time of each, since a peer ends the streams that it did not expect. */
import type {BatchRef} from "../../codecs/dag/batch.js";
import type {PeerId} from "../network/port.js";

/** Requests to one peer that are under way; it takes twice as many (libp2p/network.ts). */
const AT_ONCE = 8;

export interface FetcherPorts {
  /** Whether it is missing still. */
  isWanted(ref: BatchRef): boolean;
  /** Asks one peer; resolves when it answered, or did not. */
  ask(peer: PeerId, ref: BatchRef): Promise<void>;
  failed(error: unknown): void;
}

/** What one peer is asked for, by batch id. */
interface Lane {
  readonly waiting: Map<string, BatchRef>;
  readonly underWay: Set<string>;
}

export class Fetcher {
  readonly #lanes = new Map<PeerId, Lane>();

  constructor(private readonly ports: FetcherPorts) {}

  /** Asks `peer` for `ref` once it is its turn, unless it is asked already. */
  fetch(peer: PeerId, ref: BatchRef): void {
    const lane = this.#lanes.get(peer) ?? {waiting: new Map(), underWay: new Set()};
    this.#lanes.set(peer, lane);
    if (lane.underWay.has(ref.batchId)) return;
    lane.waiting.set(ref.batchId, ref);
    this.#next(peer, lane);
  }

  #next(peer: PeerId, lane: Lane): void {
    const {waiting, underWay} = lane;
    for (const [batchId, ref] of waiting) {
      if (underWay.size >= AT_ONCE) return;
      waiting.delete(batchId);
      // Another peer can have answered meanwhile.
      if (!this.ports.isWanted(ref)) continue;
      underWay.add(batchId);
      this.ports
        .ask(peer, ref)
        .catch((error) => this.ports.failed(error))
        .finally(() => {
          underWay.delete(batchId);
          this.#next(peer, lane);
        });
    }
    if (underWay.size === 0) this.#lanes.delete(peer);
  }
}
