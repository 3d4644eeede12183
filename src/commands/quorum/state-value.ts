/** One key of a node's state, as it is after its newest final block. */
import {stateProof} from "../../codecs/chain/finality.js";
import {QsdmError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";

export type StateReader = Pick<Client, "stateProof">;

/** What the node says; it is believed. Null where the key holds nothing. */
export async function stateValueAt(
  client: StateReader,
  at: {readonly store: string; readonly key: string},
): Promise<{readonly value: Uint8Array | null; readonly height: bigint}> {
  try {
    const {proof, height} = await client.stateProof(at);
    return {value: stateProof.decode(proof).value, height};
  } catch (error) {
    // A chain that has no block yet holds nothing of the kind either.
    if (error instanceof QsdmError && error.code === "FINALITY_OF_GENESIS") return {value: null, height: 0n};
    throw error;
  }
}
