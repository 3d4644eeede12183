/**
 * What a follower's own clients wrote, told again until a block settles it. Gossip reaches who is there at the time, and
 * a follower makes no block that could hold what nobody heard.
 */
import type {Network, PeerId} from "./network/port.js";
import type {PoolChannel} from "./pool-gossip.js";
import type {WaitingRow} from "./storage/store.js";

/** Blocks after which what still waits is told again: several times what a heard write takes. */
const EVERY_BLOCKS = 8;
/** Most that one peer is told at a time, the oldest first. */
const AT_ONCE = 256;

export interface RetellingPorts {
  readonly network: Pick<Network, "send" | "peers" | "onPeer">;
  /** Whether this node makes no blocks: a validator puts what it took into its own. */
  follows(): boolean;
  /** Bytes of something that waits; null when it does not any more. */
  bytesOf(id: string): Uint8Array | null;
}

export class Retelling {
  readonly #channels = new Map<string, PoolChannel>();
  #blocks = 0;

  constructor(private readonly ports: RetellingPorts) {
    ports.network.onPeer((id, connected) => {
      if (connected) this.#tell([id]);
    });
  }

  /** Something that this node acknowledged. */
  keep(channel: PoolChannel, id: string): void {
    this.#channels.set(id, channel);
  }

  /** What an earlier run acknowledged. */
  resume(rows: readonly WaitingRow[]): void {
    for (const {id, kind} of rows) if (kind !== "evidence") this.keep(`${kind}s`, id);
  }

  /** A block is final. */
  committed(): void {
    if (++this.#blocks % EVERY_BLOCKS === 0) this.#tell(this.ports.network.peers().map(({id}) => id));
  }

  #tell(peers: readonly PeerId[]): void {
    const follows = this.ports.follows();
    let told = 0;
    for (const [id, channel] of this.#channels) {
      const bytes = this.ports.bytesOf(id);
      if (!bytes) this.#channels.delete(id);
      else if (follows && told++ < AT_ONCE) for (const peer of peers) this.ports.network.send(peer, channel, bytes);
    }
  }
}
