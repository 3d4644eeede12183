/** What custodians together say of a program, by the word of those who answer. */
import type {ProgramStatus} from "../../../codecs/quorum/strict/calls.js";

export interface Heard {
  /** As many as anybody knows of. */
  readonly approvals: number;
  /** As few as anybody knows of; null where nobody has the program. */
  readonly organisationsMissing: number | null;
  readonly withdrawals: number;
  /** K of them serve it. */
  readonly active: boolean;
}

export const heardOf = (said: readonly ProgramStatus[], k: number): Heard => ({
  approvals: Math.max(0, ...said.map(({approvals}) => approvals)),
  organisationsMissing:
    said.length === 0 ? null : Math.min(...said.map(({organisationsMissing}) => organisationsMissing)),
  withdrawals: Math.max(0, ...said.map(({withdrawals}) => withdrawals)),
  active: said.filter(({active}) => active).length >= k,
});
