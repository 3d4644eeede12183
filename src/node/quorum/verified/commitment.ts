/** Messages that are fixed before anybody else's is seen. */
import {concat, equalBytes, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {abort, exchange, type Incoming, type Party, type Protocol} from "./protocol.js";

export const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 32;
const DOMAIN = utf8("qvm/commit/1");

/** Binds to `message`, and hides it if it is as hard to guess as 32 uniform bytes. */
export const commit = (message: Uint8Array): Uint8Array => shake256(concat(DOMAIN, message), COMMITMENT_BYTES);

/** A message that its sender is bound to and nobody else can read. */
export interface Hidden {
  readonly commitment: Uint8Array;
  /** What shows it: a nonce, then the message. */
  readonly shown: Uint8Array;
}

export function hide(party: Party, message: Uint8Array): Hidden {
  const shown = concat(party.random(NONCE_BYTES), message);
  return {commitment: commit(shown), shown};
}

/**
 * Shows what was committed to. Whoever gets past it has the same messages as everybody else who does: what was committed to
 * is compared in the same round, and a message that was committed to and is not shown ends the protocol.
 * @throws RuleError EVALUATION_ABORTED naming who showed something else, or nothing
 */
export function* show(party: Party, {shown}: Hidden, commitments: Incoming): Protocol<Incoming> {
  const incoming = yield* exchange(party, shown);
  return incoming.map((each, from) => {
    const committed = commitments[from] ?? null;
    if (each === null) return committed === null ? null : abort("silence", [from]);
    if (!committed || !equalBytes(commit(each), committed)) return abort("commitment", [from]);
    return each.subarray(NONCE_BYTES);
  });
}

/**
 * A message that everyone commits to before anyone shows it: who speaks last could choose it otherwise.
 * @throws as `show`
 */
export function* exchangeCommitted(party: Party, message: Uint8Array): Protocol<Incoming> {
  const hidden = hide(party, message);
  return yield* show(party, hidden, yield* exchange(party, hidden.commitment));
}
