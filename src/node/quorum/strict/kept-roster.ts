/** What a party keeps is of one roster: its keys, shares, approvals and budgets mean nothing under another. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {RuleError} from "../../../errors.js";

export interface RosterStore {
  /** Digest of the roster under which all of it was kept. */
  roster(): Uint8Array | null;
  saveRoster(digest: Uint8Array): void;
}

/**
 * Takes the roster that a party starts with, the first time, and no other after it. Whoever could start a custodian with another
 * roster would change its members and rules without the word of the custodians before; that goes by a rotation.
 * @throws RuleError ROSTER_CHANGED
 */
export function keepRoster(store: RosterStore, digest: Uint8Array): void {
  const kept = store.roster();
  if (!kept) return store.saveRoster(digest);
  if (equalBytes(kept, digest)) return;
  const [was, is] = [kept, digest].map((each) => hexOf(each).slice(0, 16));
  throw new RuleError("ROSTER_CHANGED", `the data directory is of roster ${was}, and this one is ${is}`, {
    hint: "start the next roster's services in data directories of their own: qsdm quorum rotate hands the secrets over",
    details: {kept: hexOf(kept), given: hexOf(digest)},
  });
}
