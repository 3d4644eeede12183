/**
 * Whether a client has enough locked on the ledger for a program that asks for it (docs/decisions/0108-quorum-stake.md). Reading
 * the ledger comes before; here is only what a reading is worth now.
 */
import {formatCell} from "../../../codecs/amount.js";
import {quorumKeyOf} from "../../../codecs/chain/quorum-stake.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import type {Members} from "./members.js";

/** What was proved of a client's key: what is locked, after which final block. */
export interface ProvenStake {
  readonly stakeDust: bigint;
  readonly height: bigint;
  /** Of that block, in milliseconds since 1970. */
  readonly timeMs: bigint;
}

/** What a custodian knows of a key, or why it knows nothing. */
export type StakeReading = ProvenStake | {readonly unproven: string};

/** What was read of the ledger last; reading it is the service's. */
export interface Stakes {
  /** How old the block of a proof may be. */
  readonly maxAgeMs: number;
  of(key: string): StakeReading;
}

/** Of a custodian that no ledger was named to. */
export const NO_LEDGER: Stakes = {
  maxAgeMs: 0,
  of: () => ({unproven: "this custodian asks no ledger"}),
};

/** The key whose stake counts for `client`; null where the program asks for none, or the roster has no such client. */
export function stakedKey({policy}: Pick<ProgramPackage, "policy">, client: string, members: Members): string | null {
  const party = policy.minStake === undefined ? null : members.client(client);
  return party && quorumKeyOf(party.card.signingKey);
}

/**
 * Refuses a client that has not as much locked as the program asks for.
 * @param client of the roster
 * @throws RuleError STAKE_TOO_LOW; UnavailableError STAKE_UNPROVEN: fails closed
 */
export function checkStake(
  program: Pick<ProgramPackage, "policy">,
  client: string,
  {members, stakes, nowMs}: {readonly members: Members; readonly stakes: Stakes; readonly nowMs: number},
): void {
  const {minStake = 0n} = program.policy;
  const key = stakedKey(program, client, members);
  if (key === null) return;
  const reading = stakes.of(key);
  if ("unproven" in reading) throw unproven(client, reading.unproven);
  const {stakeDust, height, timeMs} = reading;
  const ageMs = BigInt(nowMs) - timeMs;
  if (ageMs > BigInt(stakes.maxAgeMs))
    throw unproven(client, `the newest proof is of block ${height}, which is ${ageMs / 1_000n} s old`);
  if (stakeDust >= minStake) return;
  const missing = formatCell(minStake - stakeDust);
  throw new RuleError(
    "STAKE_TOO_LOW",
    `${client} has ${formatCell(stakeDust)} CELL locked after block ${height}, the program asks for ${formatCell(minStake)}`,
    {
      hint: `lock more: qsdm quorum stake add --key FILE --amount ${missing}; it counts once its block is final`,
      details: {stake_dust: stakeDust, needed_dust: minStake, height},
    },
  );
}

const unproven = (client: string, why: string): UnavailableError =>
  new UnavailableError("STAKE_UNPROVEN", `no proof of what is locked for ${client}: ${why}`, {
    hint: "custodians need nodes of the ledger that answer: qsdm quorum custodian --ledger-node URL",
  });
