/** Serves headers and blocks to nodes that lack them: what is final, what closed an epoch, and the newest branch. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {blockIdOf, type Header} from "../../../codecs/chain/block.js";
import type {EpochRow} from "../../../codecs/chain/epoch.js";
import {
  BLOCKS_PROTOCOL,
  type BlocksRequest,
  blocksAnswer,
  blocksRequest,
  type Certified,
  HEADERS_MAX,
  HEADERS_PROTOCOL,
  type HeadersAnswer,
  type HeadersRequest,
  headersAnswer,
  headersRequest,
  INLINE_BLOCKS_MAX,
  SYNC_REQUEST_MAX_BYTES,
} from "../../../codecs/network/sync.js";
import {MESSAGE_MAX_BYTES, type Network} from "../../network/port.js";
import type {LedgerStore} from "../../storage/store.js";
import {roughBytes} from "./served.js";

/** Blocks of an answer and their certificates, in bytes, so that it stays below what a message may be. */
const ANSWER_BYTES = MESSAGE_MAX_BYTES / 2;
/** Of blocks beside their headers: more would make whoever takes one turn wait for all of them. */
const INLINE_BYTES = 1024 * 1024;
/** Of one peer; each answer is megabytes to unpack and to write, on the thread that everything else runs on. */
const HEADERS_PER_SECOND = 4;
const BLOCKS_PER_SECOND = 8;
/** Headers, and blocks, that are read before others get a turn. */
const HEADERS_AT_ONCE = 64;
const BLOCKS_AT_ONCE = 8;

export interface SyncDeskPorts {
  readonly network: Pick<Network, "serve">;
  readonly store: Pick<LedgerStore, "block" | "header" | "head" | "prunedHeight"> & {
    epoch(number: bigint): Pick<EpochRow, "closing"> | null;
  };
  /** Certified blocks above the final one, in order of height. */
  newest(): readonly Certified[];
}

/** A header, and how its block is got. */
interface Place {
  readonly header: Header;
  /** Null where it was pruned meanwhile. */
  load(): Promise<Certified | null>;
}

export class SyncDesk {
  constructor(private readonly ports: SyncDeskPorts) {
    const serve = (protocol: string, perSecond: number, answer: (body: Uint8Array) => Promise<Uint8Array>): void =>
      ports.network.serve(protocol, answer, {maxBytes: SYNC_REQUEST_MAX_BYTES, perSecond});
    serve(HEADERS_PROTOCOL, HEADERS_PER_SECOND, async (body) =>
      headersAnswer.encode(await this.#headers(headersRequest.decode(body))),
    );
    serve(BLOCKS_PROTOCOL, BLOCKS_PER_SECOND, async (body) =>
      blocksAnswer.encode({blocks: await this.#blocks(blocksRequest.decode(body))}),
    );
  }

  async #headers(asked: HeadersRequest): Promise<HeadersAnswer> {
    const {places, newest} = await this.#places(asked);
    const blocks = places.length <= INLINE_BLOCKS_MAX ? await loaded(places, INLINE_BYTES) : [];
    const last = blocks.length === places.length ? blocks.at(-1) : await places.at(-1)!.load();
    const whole = this.ports.store.prunedHeight() + 1n;
    // Headers are worth nothing without votes for the last of them.
    if (!last) return {newest, whole, headers: [], certificate: null, blocks: []};
    return {newest, whole, headers: places.map(({header}) => header), certificate: last.certificate, blocks};
  }

  /** What this node has of an epoch from a height on. */
  async #places({epoch, from, count}: HeadersRequest): Promise<{places: readonly Place[]; newest: bigint}> {
    const {store} = this.ports;
    const most = Math.min(count, HEADERS_MAX);
    const places: Place[] = [];
    let height = from > 0n ? from : 1n;
    for (; places.length < most && height > store.prunedHeight(); height++) {
      if (places.length % HEADERS_AT_ONCE === HEADERS_AT_ONCE - 1) await nextTurn();
      const header = store.header(height);
      if (header?.epoch !== epoch) break;
      places.push({header, load: () => this.#stored(header.height)});
    }
    // In the turn that found no more: a block leaves the branch when it is stored.
    const branch = this.#branch();
    // A block that closed an epoch is in both, until the engine has begun the next.
    for (const each of [...this.#closing(epoch), ...branch]) {
      const {header} = each.block;
      if (places.length === most || header.epoch !== epoch || header.height !== height) continue;
      places.push({header, load: async () => each});
      height++;
    }
    return {places, newest: (branch.at(-1)?.block ?? store.head()!).header.height};
  }

  async #blocks({epoch, from, ids}: BlocksRequest): Promise<readonly Certified[]> {
    const {store} = this.ports;
    let others: ReadonlyMap<string, Certified> | null = null;
    const places: Place[] = [];
    for (const [i, id] of ids.entries()) {
      const header = store.header(from + BigInt(i));
      if (header && blockIdOf(header) === id) {
        places.push({header, load: () => this.#stored(header.height)});
        continue;
      }
      others ??= new Map([...this.#closing(epoch), ...this.#branch()].map((each) => [each.certificate.blockId, each]));
      const other = others.get(id);
      if (!other) break;
      places.push({header: other.block.header, load: async () => other});
    }
    return loaded(places, ANSWER_BYTES, 1);
  }

  async #stored(height: bigint): Promise<Certified | null> {
    const stored = await this.ports.store.block(height);
    return stored && {block: stored.block, certificate: stored.certificate};
  }

  /** The blocks behind the last one of an epoch, which are of no height of the chain. */
  #closing(epoch: bigint): readonly Certified[] {
    return this.ports.store.epoch(epoch + 1n)?.closing ?? [];
  }

  /** The newest branch, where it stands on what is stored: that of a node which lacks blocks itself may hang in the air. */
  #branch(): readonly Certified[] {
    const branch = this.ports.newest();
    const first = branch[0]?.block.header;
    const parent = first && this.ports.store.header(first.height - 1n);
    return parent && blockIdOf(parent) === first.parentId ? branch : [];
  }
}

/** Blocks in order, until one more would be too much; `least` of them come whatever their size. */
async function loaded(places: readonly Place[], maxBytes: number, least = 0): Promise<readonly Certified[]> {
  const blocks: Certified[] = [];
  let bytes = 0;
  for (const [i, {load}] of places.entries()) {
    if (i % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) await nextTurn();
    const each = await load();
    if (!each) break;
    bytes += roughBytes(each);
    if (bytes > maxBytes && blocks.length >= least) break;
    blocks.push(each);
  }
  return blocks;
}
