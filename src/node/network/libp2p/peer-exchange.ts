/** Asking a connected peer whom it knows. It tells of peers that it has or had itself, and one answer teaches little. */
import {PEER_LIST_MAX, peerList} from "../../../codecs/network/peers.js";
import {type Endpoint, formatEndpoint, parseEndpoint} from "../address.js";
import type {AddressBook} from "../peers/book.js";
import type {Network, PeerId} from "../port.js";

/** Whom this node thinks less of is not passed on. Source: bft-ledger 10.3. */
const MIN_SCORE = 30;

export class PeerExchange {
  static readonly PROTOCOL = "peers";
  static readonly LIMITS = {maxBytes: 16, perSecond: 1};
  /** Of an answer. */
  static readonly MAX_BYTES = 8 * 1024;

  constructor(
    private readonly book: AddressBook,
    private readonly ports: {scoreOf(id: PeerId): number; isConnected(id: PeerId): boolean},
  ) {}

  answer(from: PeerId): Uint8Array {
    const addresses: string[] = [];
    for (const [id, {address, connectedAtMs}] of this.book.entries()) {
      const met = connectedAtMs > 0 || this.ports.isConnected(id);
      if (id === from || !met || this.ports.scoreOf(id) < MIN_SCORE) continue;
      addresses.push(formatEndpoint({...parseEndpoint(address), id}));
      if (addresses.length === PEER_LIST_MAX) break;
    }
    return peerList.encode({addresses});
  }

  /** @throws what `request` throws; DecodeError; UsageError PEER_ADDRESS_INVALID */
  async ask(to: PeerId, request: Network["request"]): Promise<Endpoint[]> {
    const body = await request(to, PeerExchange.PROTOCOL, new Uint8Array(), {maxBytes: PeerExchange.MAX_BYTES});
    return peerList.decode(body).addresses.map(parseEndpoint);
  }
}
