/** What the commands about stake have in common. */
import type {StakeListView, StakeView} from "../../codecs/api/stakes.js";
import {RuleError, UsageError} from "../../errors.js";

/** The height of the next election. @throws RuleError VALIDATORS_FIXED */
export function checkElected(nextElectionHeight: bigint | null): bigint {
  if (nextElectionHeight !== null) return nextElectionHeight;
  throw new RuleError("VALIDATORS_FIXED", "the validators of this chain's genesis vote for ever", {
    hint: "validatorStakeDust says at genesis what a vote costs",
  });
}

/**
 * The stake of `sender` that `validator` names, or its only one.
 * @throws RuleError VALIDATOR_UNKNOWN, VALIDATOR_NOT_OWNER; UsageError VALIDATOR_AMBIGUOUS
 */
export function stakeOf({stakes}: StakeListView, validator: string | undefined, sender: string): StakeView {
  const own = stakes.filter(({owner}) => owner === sender);
  if (validator === undefined && own.length > 1)
    throw new UsageError("VALIDATOR_AMBIGUOUS", `${sender} has stake on ${own.length} voting keys`, {
      hint: `name one with --validator: ${own.map((each) => each.validator).join(", ")}`,
    });
  const stake = validator === undefined ? own[0] : stakes.find((each) => each.validator === validator);
  if (!stake)
    throw new RuleError("VALIDATOR_UNKNOWN", `nobody staked on ${validator ?? `a voting key from ${sender}`}`, {
      hint: "list who did with: qsdm validator status",
    });
  if (stake.owner !== sender)
    throw new RuleError("VALIDATOR_NOT_OWNER", `${stake.validator} belongs to ${stake.owner}, not to ${sender}`, {
      hint: "sign with the keystore that staked: --in FILE",
    });
  return stake;
}
