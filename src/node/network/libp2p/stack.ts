/** libp2p as this node uses it: TCP, our sessions, yamux, and the services that find and name others. */
import "./polyfill.js";
import {type GossipSub, gossipsub} from "@libp2p/gossipsub";
import {type Identify, identify} from "@libp2p/identify";
import type {ConnectionGater, Libp2p, Logger, PeerId as Name} from "@libp2p/interface";
import {type KadDHT, kadDHT, passthroughMapper} from "@libp2p/kad-dht";
import {mdns} from "@libp2p/mdns";
import {type Ping, ping} from "@libp2p/ping";
import {tcp} from "@libp2p/tcp";
import {yamux} from "@libp2p/yamux";
import {createLibp2p} from "libp2p";
import {sha3} from "../../../codecs/hash.js";
import {multiaddrOf} from "../address.js";
import type {NetworkOptions} from "../options.js";
import type {PeerId} from "../port.js";
import {type EncrypterPorts, sessions} from "./encrypter.js";
import {VALIDATOR_PLACES} from "./gate.js";
import {nameKeyOf} from "./names.js";

export interface Services extends Record<string, unknown> {
  readonly identify: Identify;
  readonly ping: Ping;
  readonly pubsub: GossipSub;
  readonly dht?: KadDHT;
}
export type Stack = Libp2p<Services>;

export interface StackPorts extends EncrypterPorts {
  readonly self: PeerId;
  readonly agent: string;
  readonly gater: ConnectionGater;
  /** From -100 to 100, for gossip. */
  scoreOf(name: string): number;
}

/** Largest message that goes by gossip; more goes from node to node. */
export const GOSSIP_MAX_BYTES = 64 * 1024;
/**
 * Largest frame of gossipsub, which puts topics, control messages and whatever a peer asked for again beside a message.
 * A longer one ends the stream, and gossipsub opens no second one on the connection.
 */
const GOSSIP_FRAME_MAX_BYTES = 4 * 1024 * 1024;
const GOSSIP_ID_BYTES = 20;

export async function createStack(options: NetworkOptions, ports: StackPorts): Promise<Stack> {
  const {listen, announce, maxInbound, maxOutbound} = options;
  const dht = options.dht
    ? {dht: kadDHT({protocol: "/qsdm/kad/1", peerInfoMapper: passthroughMapper, clientMode: listen.length === 0})}
    : {};
  return (await createLibp2p({
    start: false,
    privateKey: await nameKeyOf(ports.self),
    addresses: {listen: listen.map(multiaddrOf), announce: announce.map(multiaddrOf)},
    nodeInfo: {userAgent: ports.agent},
    logger: {forComponent: () => SILENT},
    transports: [tcp()],
    connectionEncrypters: [sessions(ports)],
    // A stream that nobody reads may fill one window, and its buffer holds more than that.
    streamMuxers: [yamux({streamOptions: {maxStreamWindowSize: 2 * 1024 * 1024}})],
    connectionGater: ports.gater,
    connectionManager: {
      // Twice what may stay: the second of two connections to a peer is closed once both are there.
      maxConnections: 2 * (maxInbound + VALIDATOR_PLACES + maxOutbound),
      maxIncomingPendingConnections: 32,
      inboundConnectionThreshold: 32,
      reconnectRetries: 0,
    },
    // Heartbeats are this node's own, and count in the one score.
    connectionMonitor: {enabled: false},
    ...(options.mdns ? {peerDiscovery: [mdns({serviceTag: "_qsdm._udp.local"})]} : {}),
    services: {
      identify: identify({protocolPrefix: "qsdm"}),
      ping: ping({protocolPrefix: "qsdm"}),
      pubsub: gossipsub({
        // What travels is signed by its maker under ML-DSA; a signature of the transport would prove nothing.
        globalSignaturePolicy: "StrictNoSign",
        msgIdFn: ({data}) => sha3(data).subarray(0, GOSSIP_ID_BYTES),
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        floodPublish: true,
        fallbackToFloodsub: false,
        maxInboundDataLength: GOSSIP_FRAME_MAX_BYTES,
        scoreParams: {
          appSpecificScore: (name) => ports.scoreOf(name),
          appSpecificWeight: 1,
          IPColocationFactorWeight: 0,
        },
      }),
      ...dht,
    },
  })) as unknown as Stack;
}

const SILENT: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  enabled: false,
  newScope: () => SILENT,
});

export type {Name};
