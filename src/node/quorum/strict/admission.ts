/**
 * Who may evaluate, decided by every custodian for itself: K of them have to agree. Budgets and rates are those of the
 * program's policy, for each client of the roster.
 */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {type ContentOf, isSignedBy, type Signed, type StatementCodec} from "../../../codecs/quorum/strict/statement.js";
import {deposit} from "../../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import type {Members} from "./members.js";

/** Longest life of what a client signs, and how far clocks may be apart. */
export const STATEMENT_LIFE_MS = 10 * 60_000;
export const CLOCK_SKEW_MS = 60_000;

export interface ClientStatement {
  readonly roster: Uint8Array;
  readonly programId: Uint8Array;
  readonly client: string;
  readonly notAfterMs: bigint;
}

/** @throws RuleError ROSTER_MISMATCH, CLIENT_UNKNOWN, STATEMENT_EXPIRED, STATEMENT_TOO_LONG, SIGNATURE_INVALID */
export function checkStatement<T extends ClientStatement>(
  codec: StatementCodec<T>,
  signed: Signed<T>,
  {members, verify, nowMs}: {readonly members: Members; readonly verify: VerifySignature; readonly nowMs: number},
): void {
  const {roster, client, notAfterMs} = signed.content;
  checkRosterDigest(members, roster);
  const party = members.client(client);
  if (!party) throw new RuleError("CLIENT_UNKNOWN", `${client} is no client of the roster`);
  if (notAfterMs < BigInt(nowMs))
    throw new RuleError("STATEMENT_EXPIRED", "the request is too old", {hint: "sign a new one"});
  if (notAfterMs > BigInt(nowMs + STATEMENT_LIFE_MS + CLOCK_SKEW_MS))
    throw new RuleError("STATEMENT_TOO_LONG", "the request would live too long", {hint: "compare the clocks"});
  if (!isSignedBy(codec, signed, party.card.signingKey, verify))
    throw new RuleError("SIGNATURE_INVALID", `the request is not signed by ${client}`);
}

/** @throws RuleError ROSTER_MISMATCH, SIGNATURE_INVALID */
export function checkDeposit(
  signed: Signed<ContentOf<typeof deposit>>,
  {members, verify}: {readonly members: Members; readonly verify: VerifySignature},
): void {
  const {roster, owner} = signed.content;
  checkRosterDigest(members, roster);
  const party = members.client(owner);
  if (!party || !isSignedBy(deposit, signed, party.card.signingKey, verify))
    throw new RuleError("SIGNATURE_INVALID", `the deposit is not signed by ${owner}`);
}

/** @throws RuleError ROSTER_MISMATCH */
export function checkRosterDigest(members: Members, roster: Uint8Array): void {
  if (!equalBytes(roster, members.digest))
    throw new RuleError("ROSTER_MISMATCH", `signed under roster ${hexOf(roster).slice(0, 16)}, this one is another`, {
      hint: "all parties need the same roster file",
    });
}
