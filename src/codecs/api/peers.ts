/** Answer of `GET /api/v1/peers`, a route of ours. */
import {count, list, object, optional, text, u64, type ValueOf, word} from "./shape.js";

export const peersReply = object({
  /** This node's own id, and where it is reached. */
  self: text,
  listen: list(text),
  peers: list(
    object({
      id: text,
      address: text,
      direction: word("inbound", "outbound"),
      agent: text,
      connectedAtMs: u64,
      /** Absent before the first heartbeat. */
      latencyMs: optional(count),
      /** From 0 to 100. */
      score: count,
      /** Its account, where it votes. */
      validator: optional(text),
    }),
  ),
});
export type PeersView = ValueOf<typeof peersReply>;
