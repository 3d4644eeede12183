/** A node's API as a source for a light client. */
import {finalityProof, stateProof} from "../../codecs/chain/finality.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import type {Client} from "../api/client.js";
import type {LightSource} from "./source.js";

export const httpSource = (
  client: Pick<Client, "url" | "status" | "finality" | "stateProof" | "epochStep">,
): LightSource => ({
  name: client.url,
  tip: () => answerOf(async () => (await client.status()).chainTip),
  finality: async (height) => finalityProof.decode((await answerOf(() => client.finality({height}))).proof),
  epoch: async (number) => stateProof.decode((await answerOf(() => client.epochStep({number}))).proof),
  state: async (store, key) => stateProof.decode((await answerOf(() => client.stateProof({store, key}))).proof),
});

/** A node that refuses to answer has proved nothing, whatever it calls its refusal. */
async function answerOf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof QsdmError) || cause.code === "FINALITY_PENDING") throw cause;
    throw new UnavailableError("SOURCE_REFUSED", cause.message, {cause});
  }
}
