/**
 * Recorded answers that this ledger gives differently on purpose, where no rule setting could reproduce them. Each row
 * turns what was recorded into what is right; a run prints how many cases each row claimed.
 */

import type {Input, Json} from "./case.js";
import {CLI_DEFECTS} from "./cli-defects.js";
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

export const DEFECTS: readonly Defect[] = [FLOAT_MONEY, ...CLI_DEFECTS, NEW_MEMBERS, ...QBIND_DEFECTS];
