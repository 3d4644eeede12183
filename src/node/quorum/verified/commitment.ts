/** Messages that are fixed before anybody else's is seen. */
import {concat, equalBytes, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {abort, exchange, type Incoming, type Party, type Protocol} from "./protocol.js";

const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 32;
const DOMAIN = utf8("qvm/commit/1");

/** Binds to `message`, and hides it if it is as hard to guess as 32 uniform bytes. */
export const commit = (message: Uint8Array): Uint8Array => shake256(concat(DOMAIN, message), COMMITMENT_BYTES);

/**
 * A message that everyone commits to before anyone shows it: who speaks last could choose it otherwise.
 * @throws RuleError EVALUATION_ABORTED naming who showed something else
 */
export function* exchangeCommitted(party: Party, message: Uint8Array): Protocol<Incoming> {
  const nonce = party.random(NONCE_BYTES);
  const commitments = yield* exchange(party, commit(concat(nonce, message)));
  const shown = yield* exchange(party, concat(nonce, message));
  return shown.map((each, from) => {
    if (each === null) return null;
    const committed = commitments[from];
    if (!committed || !equalBytes(commit(each), committed)) return abort("commitment", [from]);
    return each.subarray(NONCE_BYTES);
  });
}
