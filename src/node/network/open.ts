/** The network of a node: none for one that nobody told of another, and libp2p, loaded only then, for the rest. */
import {aloneNetwork} from "./alone.js";
import {isNetworked, type NetworkOptions} from "./options.js";
import {STRICT_DIVERSITY} from "./peers/diversity.js";
import {neighbourhoodOf} from "./peers/prefix.js";
import type {Network} from "./port.js";
import type {NetworkPorts} from "./ports.js";
import {peerIdOf} from "./session/certificate.js";

export async function openNetwork(options: NetworkOptions, ports: NetworkPorts): Promise<Network> {
  if (!isNetworked(options)) return aloneNetwork(peerIdOf(ports.identity.publicKey));
  const {Libp2pNetwork} = await import("./libp2p/network.js");
  return new Libp2pNetwork(options, ports, {diversity: STRICT_DIVERSITY, locate: neighbourhoodOf});
}
