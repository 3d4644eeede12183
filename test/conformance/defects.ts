/**
 * Recorded answers that this ledger gives differently on purpose, where no rule setting could reproduce them. Each row
 * turns what was recorded into what is right; a run prints how many cases each row claimed.
 */

import type {Input, Json} from "./case.js";
import {CLI_DEFECTS} from "./cli-defects.js";
import {MEMPOOL_DEFECTS} from "./mempool-defects.js";
import {NEW_MEMBERS} from "./miner-defects.js";
import {QBIND_DEFECTS} from "./qbind-defects.js";

export interface Defect {
  /** As the specification numbers it. */
  readonly id: string;
  readonly areas: readonly string[];
  /** Our answer for a recorded one; the same value where the defect does not show. */
  correct(recorded: Json, input: Input): Json;
}

/** Balances that sums of doubles have moved off the eight decimals that CELL has. */
const FLOAT_MONEY: Defect = {
  id: "float-money",
  areas: [
    "SlashApplier: verification gate, clamping, reward/burn, replay, auto-revoke, receipts",
    "EnrollmentApplier: apply/reject/sweep with events, deferred-bond work",
    "account transfers: nonce, balance, fee burn, float vs dust accounting",
  ],
  correct: (recorded) => withBalances(recorded),
};

function withBalances(json: Json): Json {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((each: Json) => withBalances(each));
  return Object.fromEntries(
    Object.entries(json).map(([name, value]: [string, Json]) => [
      name,
      name === "balance" && typeof value === "number" ? Number(value.toFixed(8)) : withBalances(value),
    ]),
  );
}

const QSDM_EVIDENCE = "consensus evidence ids and slashing; finality and reorg-limit gadget";

/** D17: two invented hashes, or a line of text, cost a validator its stake. Here nothing is taken without proof. */
const UNPROVEN_EVIDENCE: Defect = {
  id: "D17",
  areas: [QSDM_EVIDENCE],
  correct(recorded, input) {
    const {reason: _reason, slashed_amount: _amount, ...rest} = recorded as {readonly [name: string]: Json};
    if (rest.accepted !== true) return recorded;
    const set = Object.entries(input.object("validator_set").json);
    const validators = Object.fromEntries(set.map(([name, stake]) => [name, {stake, status: "active"}]));
    return {...rest, accepted: false, validators};
  },
};

/** D18: what was refused is remembered as a duplicate, so that a true report comes too late. Here it is forgotten. */
const REMEMBERED_REFUSAL: Defect = {
  id: "D18",
  areas: [QSDM_EVIDENCE],
  correct: (recorded) =>
    typeof recorded === "object" && recorded !== null && "second_submission_is_duplicate" in recorded
      ? {...recorded, second_submission_is_duplicate: false}
      : recorded,
};

export const DEFECTS: readonly Defect[] = [
  FLOAT_MONEY,
  UNPROVEN_EVIDENCE,
  REMEMBERED_REFUSAL,
  ...CLI_DEFECTS,
  NEW_MEMBERS,
  ...QBIND_DEFECTS,
  ...MEMPOOL_DEFECTS,
];
