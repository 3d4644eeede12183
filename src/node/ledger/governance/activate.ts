/** What was voted for happens: at the end of a block, all that is to hold from the next one on. */
import {AUTHORITY_SET, SUBMESH_RETIRE} from "../../../codecs/governance/payloads.js";
import {RuleError} from "../../../errors.js";
import {type LedgerEvent, reasonOf} from "../chain/events.js";
import type {State} from "../state/state.js";
import {authorities, heightKey, params, proposals, retiredSubmeshes} from "../state/stores.js";
import {checkPossible} from "./contract.js";
import {
  authoritiesIn,
  dropProposal,
  type GovernanceRules,
  isWeighed,
  type Proposal,
  proposalAt,
  proposalsIn,
  putProposal,
  stage,
  stepOf,
  votesNeeded,
} from "./proposals.js";

/**
 * Carries out every staged change that is to hold at `height`, in order of height and name, and drops those that have
 * come to it without their votes.
 */
export function activate(state: State, height: bigint, rules: GovernanceRules): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const end = heightKey(height + 1n);
  for (const key of state.keys(proposals)) {
    if (key >= end) break;
    // Read when its turn comes: an authority that left before may have given it its votes, or taken them.
    const proposal = proposalAt(state, key, rules);
    dropProposal(state, proposal);
    const reason = refusalOf(state, proposal, rules);
    if (reason === null) events.push(...enact(state, proposal, {height, rules}));
    else events.push({...stepOf(state, "abandoned", proposal, rules), reason});
  }
  return events;
}

/** Why a change that is due does not happen, or `null`. */
function refusalOf(state: State, proposal: Proposal, rules: GovernanceRules): string | null {
  if (proposal.stagedAtHeight === 0n) return "threshold_unmet";
  try {
    checkPossible(state, proposal, rules);
    return null;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return reasonOf(error.code);
  }
}

function enact(
  state: State,
  proposal: Proposal,
  {height, rules}: {height: bigint; rules: GovernanceRules},
): LedgerEvent[] {
  const {change} = proposal;
  if (change.kind === SUBMESH_RETIRE) {
    state.put(retiredSubmeshes, change.submesh, {sinceHeight: height, weight: proposal.weight});
    return [stepOf(state, "activated", proposal, rules)];
  }
  if (change.kind !== AUTHORITY_SET) {
    const priorValue = state.get(params, change.param)!.value;
    state.put(params, change.param, {value: change.value});
    return [{...stepOf(state, "activated", proposal, rules), priorValue}];
  }
  if (change.op === "add") {
    state.put(authorities, change.address, {sinceHeight: height});
    return [stepOf(state, "activated", proposal, rules)];
  }
  state.remove(authorities, change.address);
  return [stepOf(state, "activated", proposal, rules), ...withdrawVotes(state, change.address, {height, rules})];
}

/** Takes the votes of one who left out of what is open, which fewer votes may now be enough for. */
function withdrawVotes(
  state: State,
  address: string,
  {height, rules}: {height: bigint; rules: GovernanceRules},
): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const count = authoritiesIn(state).length;
  for (const proposal of [...proposalsIn(state, rules)]) {
    if (proposal.stagedAtHeight > 0n || isWeighed(proposal.change)) continue;
    const left = {...proposal, voters: proposal.voters.filter((voter) => voter !== address)};
    if (left.voters.length === 0) {
      state.remove(proposals, proposal.key);
      events.push({...stepOf(state, "abandoned", left, rules), reason: "no_votes"});
      continue;
    }
    putProposal(state, left);
    if (left.voters.length < votesNeeded(left.change, count, rules)) continue;
    // It has its votes in the block that ends here, which is the one before.
    events.push(...stage(state, left, height - 1n, rules));
  }
  return events;
}
