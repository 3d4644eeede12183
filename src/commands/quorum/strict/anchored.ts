/** Anchors of audit logs as a node has them in its state. */
import {type AnchoredLog, quorumAnchorRecord} from "../../../codecs/chain/quorum-anchor.js";
import {type StateReader, stateValueAt} from "../state-value.js";

const ANCHOR_STORE = "quorum-anchor";

/** What the node's newest final state holds at `key`, or null. The node is believed. */
export async function anchoredAt(client: StateReader, key: string): Promise<AnchoredLog | null> {
  const {value} = await stateValueAt(client, {store: ANCHOR_STORE, key});
  return value ? quorumAnchorRecord.decode(value) : null;
}
