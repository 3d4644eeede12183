/** Whom parts of snapshots are asked of: who lied is asked no more, who is late or away may come back. */
import {
  OFFERS_MAX_BYTES,
  SNAPSHOT_PART_PROTOCOL,
  SNAPSHOTS_PROTOCOL,
  type SnapshotOffer,
  type SnapshotPartRequest,
  snapshotPartRequest,
  snapshotsAnswer,
  snapshotsRequest,
} from "../../../codecs/network/snapshots.js";
import {DecodeError, QsdmError} from "../../../errors.js";
import {MESSAGE_MAX_BYTES, type Network, type PeerId} from "../../network/port.js";
import type {Log} from "../../service.js";

export interface SnapshotPeersPorts {
  readonly network: Pick<Network, "peers" | "request" | "reject">;
  readonly log: Pick<Log, "warn" | "debug">;
  readonly signal: AbortSignal;
}

/** A snapshot, and who says to have it. */
export interface Offered extends SnapshotOffer {
  readonly peers: readonly PeerId[];
}

export class SnapshotPeers {
  readonly #liars = new Set<PeerId>();

  constructor(private readonly ports: SnapshotPeersPorts) {}

  connected(): readonly PeerId[] {
    return this.ports.network
      .peers()
      .map(({id}) => id)
      .filter((id) => !this.#liars.has(id));
  }

  isLiar(peer: PeerId): boolean {
    return this.#liars.has(peer);
  }

  /** What the connected peers offer, the highest first, what more of them have before what fewer have; null while none answered. */
  async offers(): Promise<readonly Offered[] | null> {
    const byRoot = new Map<string, {readonly offer: SnapshotOffer; readonly peers: PeerId[]}>();
    const asked = this.connected().map(async (peer) => {
      const offers = await this.#offersOf(peer);
      for (const offer of offers ?? []) {
        const same = byRoot.get(`${offer.height} ${offer.root}`) ?? {offer, peers: []};
        byRoot.set(`${offer.height} ${offer.root}`, same);
        if (!same.peers.includes(peer)) same.peers.push(peer);
      }
      return offers !== null;
    });
    const answered = await Promise.all(asked);
    if (!answered.includes(true)) return null;
    return [...byRoot.values()]
      .map(({offer, peers}) => ({...offer, peers}))
      .sort((a, b) => (a.height === b.height ? b.peers.length - a.peers.length : a.height < b.height ? 1 : -1));
  }

  /** @throws UnavailableError PEER_UNREACHABLE, PEER_REFUSED, PEER_TIMEOUT; DecodeError FRAME_TOO_LONG */
  part(peer: PeerId, asked: SnapshotPartRequest): Promise<Uint8Array> {
    const {network, signal} = this.ports;
    const how = {signal, maxBytes: MESSAGE_MAX_BYTES};
    return network.request(peer, SNAPSHOT_PART_PROTOCOL, snapshotPartRequest.encode(asked), how);
  }

  /** What it gave cannot be true: it is asked for nothing any more, and pays for it. */
  lied(peer: PeerId, err: QsdmError): void {
    if (this.#liars.has(peer)) return;
    this.#liars.add(peer);
    this.ports.log.warn({err, peer}, "a peer lied about a snapshot, and is asked no more");
    this.ports.network.reject(peer);
  }

  async #offersOf(peer: PeerId): Promise<readonly SnapshotOffer[] | null> {
    const {network, signal, log} = this.ports;
    try {
      const how = {signal, maxBytes: OFFERS_MAX_BYTES};
      const answer = await network.request(peer, SNAPSHOTS_PROTOCOL, snapshotsRequest.encode({}), how);
      return snapshotsAnswer.decode(answer).offers;
    } catch (err) {
      if (!(err instanceof QsdmError)) throw err;
      if (err instanceof DecodeError) this.lied(peer, err);
      else log.debug({err, peer}, "a peer did not say which snapshots it has");
      return null;
    }
  }
}
