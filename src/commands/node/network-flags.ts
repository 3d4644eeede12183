/** Flags of `qsdm node run` about other nodes, and what they amount to. */
import type {Command} from "commander";
import * as z from "zod";
import {textOf} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {type Endpoint, parseEndpoint} from "../../node/network/address.js";
import {DEFAULT_NETWORK_OPTIONS, type NetworkOptions} from "../../node/network/options.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {Settings} from "../settings.js";

export interface NetworkFlags {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly peer: readonly string[];
  readonly bootstrap: readonly string[];
  readonly maxInbound: number;
  readonly maxOutbound: number;
  readonly closedNetwork: boolean;
  readonly revokedPeers?: string;
  readonly dht: boolean;
  readonly mdns: boolean;
}

export const addNetworkFlags = (command: Command): Command =>
  command
    .optionsGroup("Network flags:")
    .option("--listen <host:port>", "take sessions of other nodes there; may be repeated", repeatFlag, [])
    .option("--announce <host:port>", "address that others are told instead; may be repeated", repeatFlag, [])
    .option("--peer <id@host:port>", "node that a connection is always kept to; may be repeated", repeatFlag, [])
    .option("--bootstrap <[id@]host:port>", "node to learn the first others from; may be repeated", repeatFlag, [])
    .option("--max-inbound <count>", "peers that may come", countFlag(0, 10_000), DEFAULT_NETWORK_OPTIONS.maxInbound)
    .option("--max-outbound <count>", "peers to go to", countFlag(0, 1_000), DEFAULT_NETWORK_OPTIONS.maxOutbound)
    .option("--closed-network", "take validators and named peers alone", false)
    .option("--revoked-peers <path>", "file of peer ids that get no session, one a line")
    .option("--no-dht", "do not look for others in the distributed hash table")
    .option("--mdns", "look for others on the local network, by multicast", false);

/** What the flags gave of the settings, for `loadSettings`. */
export const networkSettingFlags = ({listen, peer, bootstrap}: NetworkFlags) => ({
  listen: joined(listen),
  peers: joined(peer),
  bootstrap: joined(bootstrap),
});

const joined = (values: readonly string[]): string | undefined => (values.length === 0 ? undefined : values.join(","));

/** @throws UsageError PEER_ADDRESS_INVALID, REVOKED_PEERS_INVALID */
export async function networkOptionsOf(io: Io, flags: NetworkFlags, settings: Settings): Promise<NetworkOptions> {
  return {
    listen: endpointsIn(settings.listen.value),
    announce: flags.announce.map(parseEndpoint),
    peers: endpointsIn(settings.peers.value),
    bootstrap: endpointsIn(settings.bootstrap.value),
    maxInbound: flags.maxInbound,
    maxOutbound: flags.maxOutbound,
    closed: flags.closedNetwork,
    revoked: flags.revokedPeers === undefined ? [] : await readRevoked(io, flags.revokedPeers),
    dht: flags.dht,
    mdns: flags.mdns,
  };
}

const endpointsIn = (list: string | null): Endpoint[] =>
  (list ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(parseEndpoint);

const PEER_ID = z.string().regex(/^[0-9a-f]{64}$/);

async function readRevoked(io: Io, path: string): Promise<string[]> {
  const lines = textOf(await io.readFile(path, {flag: "--revoked-peers"})).split("\n");
  const ids = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const odd = ids.find((id) => !PEER_ID.safeParse(id).success);
  if (odd !== undefined)
    throw new UsageError("REVOKED_PEERS_INVALID", `${path}: "${odd}" is no peer id`, {
      hint: "a peer id is 64 lowercase hex digits, as qsdm peers prints it",
    });
  return ids;
}
