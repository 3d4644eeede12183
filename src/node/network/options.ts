/** What the operator says about the network. */
import type {Endpoint} from "./address.js";
import type {PeerId} from "./port.js";

export interface NetworkOptions {
  /** Where to listen; empty reaches out only. Port 0 takes a free one. */
  readonly listen: readonly Endpoint[];
  /** What others are told instead of where this node listens, behind a router for example. */
  readonly announce: readonly Endpoint[];
  /** Nodes that a connection is always kept to. */
  readonly peers: readonly Endpoint[];
  /** Nodes that the first others are learned from. */
  readonly bootstrap: readonly Endpoint[];
  readonly maxInbound: number;
  readonly maxOutbound: number;
  /** Takes validators and named peers alone. */
  readonly closed: boolean;
  /** Ids that are refused whatever they prove. */
  readonly revoked: readonly PeerId[];
  /** Finds others by a distributed hash table. */
  readonly dht: boolean;
  /** Finds others on the local network by multicast. */
  readonly mdns: boolean;
}

export const DEFAULT_NETWORK_OPTIONS: NetworkOptions = {
  listen: [],
  announce: [],
  peers: [],
  bootstrap: [],
  maxInbound: 64,
  maxOutbound: 16,
  closed: false,
  revoked: [],
  dht: true,
  mdns: false,
};

/** Whether there is anybody to speak to; a node without peers loads no network at all. */
export const isNetworked = ({listen, peers, bootstrap, mdns}: NetworkOptions): boolean =>
  mdns || listen.length + peers.length + bootstrap.length > 0;
