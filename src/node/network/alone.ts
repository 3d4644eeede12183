/** The network of a node that nobody told of another: it has no peers, and loads nothing to have none. */
import {UnavailableError} from "../../errors.js";
import type {Network, PeerId} from "./port.js";

export const aloneNetwork = (self: PeerId): Network => ({
  self,
  addresses: () => [],
  start: async () => {},
  stop: async () => {},
  peers: () => [],
  onPeer: () => {},
  send: () => {},
  publish: () => {},
  subscribe: () => {},
  reject: () => {},
  serve: () => {},
  async request(to) {
    throw new UnavailableError("PEER_UNREACHABLE", `no connection to ${to.slice(0, 16)}: this node has no network`, {
      hint: "start it with --listen or --peer",
    });
  },
});
