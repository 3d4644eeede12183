/** `GET /api/v1/peers`: who is connected, and who this node is to them. */
import {peersReply} from "../../../codecs/api/peers.js";
import {peerIdOf} from "../../network/session/certificate.js";
import {json, route} from "../route.js";

export const peersRoute = route({
  method: "GET",
  path: "/api/v1/peers",
  summary: "who is connected, and who this node is to them",
  auth: "public",
  errors: "coded",
  cost: 1,
  params: {},
  body: null,
  reply: json(peersReply),
  handle(_input, {node}) {
    const {network} = node;
    const accounts = new Map(
      node
        .view()
        .validators()
        .map(({publicKey, account}) => [peerIdOf(publicKey), account]),
    );
    const peers = network.peers().map(({connectedAtMs, latencyMs, ...peer}) => ({
      ...peer,
      connectedAtMs: BigInt(connectedAtMs),
      latencyMs: latencyMs === null ? null : Math.round(latencyMs),
      validator: accounts.get(peer.id) ?? null,
    }));
    return {self: network.self, listen: [...network.addresses()], peers};
  },
});
