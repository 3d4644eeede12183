/** Anchors of audit logs as a node has them in its state. */
import {stateProof} from "../../../codecs/chain/finality.js";
import {type AnchoredLog, quorumAnchorRecord} from "../../../codecs/chain/quorum-anchor.js";
import {QsdmError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";

const ANCHOR_STORE = "quorum-anchor";

/** What the node's newest final state holds at `key`, or null. The node is believed. */
export async function anchoredAt(client: Pick<Client, "stateProof">, key: string): Promise<AnchoredLog | null> {
  try {
    const {proof} = await client.stateProof({store: ANCHOR_STORE, key});
    const {value} = stateProof.decode(proof);
    return value ? quorumAnchorRecord.decode(value) : null;
  } catch (error) {
    // A chain that has no block yet has no anchor either.
    if (error instanceof QsdmError && error.code === "FINALITY_OF_GENESIS") return null;
    throw error;
  }
}
