/** Anchors of audit logs as a node has them in its state. */
import {stateProof} from "../../../codecs/chain/finality.js";
import {type AnchoredLog, quorumAnchorRecord} from "../../../codecs/chain/quorum-anchor.js";
import type {Client} from "../../../node/api/client.js";

export const ANCHOR_STORE = "quorum-anchor";

/** What the node's newest final state holds at `key`, or null. The node is believed. */
export async function anchoredAt(client: Pick<Client, "stateProof">, key: string): Promise<AnchoredLog | null> {
  const {proof} = await client.stateProof({store: ANCHOR_STORE, key});
  const {value} = stateProof.decode(proof);
  return value ? quorumAnchorRecord.decode(value) : null;
}
