/** Proposals as chain state: who voted for what, and what is bound to happen. */

import {type Change, decodeChange, type Proposed, readChangeCompat} from "../../../codecs/governance/change.js";
import {authorityThreshold} from "../../../codecs/governance/parameters.js";
import {PARAM_SET, SUBMESH_RETIRE} from "../../../codecs/governance/payloads.js";
import type {LedgerEvent} from "../chain/events.js";
import type {Rules} from "../params/rules.js";
import type {State} from "../state/state.js";
import {authorities, heightKey, type ProposalRecord, proposals, submeshVotes} from "../state/stores.js";

/** Most authorities of a chain. */
export const AUTHORITIES_MAX = 64;
/** Most proposals of one authority that wait at once, so that what all of them can fill is bounded. */
export const OPEN_PROPOSALS_MAX = 16;
/** The same of an account that reputation lets propose, of which there are many. */
export const WEIGHED_PROPOSALS_MAX = 2;

export type GovernanceRules = Pick<Rules, "parameterVotes" | "activation">;

/** A proposal with what its payload says. */
export interface Proposal extends Proposed, ProposalRecord {
  readonly key: string;
  readonly memo: string;
}

/** In order of activation, authorities before parameters. */
export const proposalKey = ({change, effectiveHeight}: Proposed): string =>
  [heightKey(effectiveHeight), ...Object.values(change)].join("/");

/** @throws DecodeError as the codecs */
export const readChange = (payload: Uint8Array, {parameterVotes}: GovernanceRules) =>
  parameterVotes === "threshold" ? decodeChange(payload) : readChangeCompat(payload);

export function proposalAt(state: State, key: string, rules: GovernanceRules): Proposal {
  const record = state.get(proposals, key)!;
  return {...readChange(record.payload, rules), ...record, key};
}

/** In order of activation. */
export function* proposalsIn(state: State, rules: GovernanceRules): Generator<Proposal> {
  for (const key of [...state.keys(proposals)]) yield proposalAt(state, key, rules);
}

export const putProposal = (
  state: State,
  {key, payload, proposer, proposedAtHeight, stagedAtHeight, voters, weight}: Proposal,
): void => state.put(proposals, key, {payload, proposer, proposedAtHeight, stagedAtHeight, voters, weight});

/** Whether reputation decides, and not the authorities. */
export const isWeighed = ({kind}: Change): boolean => kind === SUBMESH_RETIRE;

const voteKeyOf = (proposal: string, address: string): string => `${proposal}/${address}`;

export const hasWeighed = (state: State, proposal: string, address: string): boolean =>
  state.has(submeshVotes, voteKeyOf(proposal, address));

export const putWeight = (state: State, proposal: string, address: string, weight: bigint): void =>
  state.put(submeshVotes, voteKeyOf(proposal, address), {weight});

/** Forgets a proposal and whatever is kept of its votes. */
export function dropProposal(state: State, {key, change}: Pick<Proposal, "key" | "change">): void {
  state.remove(proposals, key);
  if (!isWeighed(change)) return;
  const own = voteKeyOf(key, "");
  for (const each of state.keys(submeshVotes)) {
    if (each.startsWith(own)) state.remove(submeshVotes, each);
    // In order: whatever is behind them is of others.
    else if (each > own) break;
  }
}

/** In order of address. */
export const authoritiesIn = (state: State): readonly string[] => [...state.keys(authorities)];

/**
 * Votes that a change takes among `count` authorities, 0 where they have no say. The reference lets any of them set a
 * parameter alone (D28).
 */
export function votesNeeded(change: Change, count: number, {parameterVotes}: GovernanceRules): number {
  if (isWeighed(change)) return 0;
  return change.kind === PARAM_SET && parameterVotes === "one" ? 1 : authorityThreshold(count);
}

/** Whether they are about one thing, of which only one change can be staged. Authorities come and go by themselves. */
const isRival = (a: Change, b: Change): boolean => a.kind === PARAM_SET && b.kind === PARAM_SET && a.param === b.param;

/** Binds the chain to a proposal that has its votes; of two for one parameter, to the one that had them later. */
export function stage(state: State, proposal: Proposal, height: bigint, rules: GovernanceRules): LedgerEvent[] {
  const staged: Proposal = {...proposal, stagedAtHeight: height};
  const rival = [...proposalsIn(state, rules)].find(
    ({key, stagedAtHeight, change}) => stagedAtHeight > 0n && key !== staged.key && isRival(change, staged.change),
  );
  if (rival) state.remove(proposals, rival.key);
  putProposal(state, staged);
  if (!rival) return [stepOf(state, "staged", staged, rules)];
  return [{...stepOf(state, "superseded", staged, rules), priorValue: valueIn(rival.change)}];
}

const valueIn = (change: Change): bigint | null => (change.kind === PARAM_SET ? change.value : null);

export type GovernanceStep = Extract<LedgerEvent, {type: "governance-step"}>;

/** What is told of `proposal`. */
export function stepOf(
  state: State,
  step: GovernanceStep["step"],
  {change, effectiveHeight, voters, memo}: Proposal,
  rules: GovernanceRules,
): GovernanceStep {
  const count = authoritiesIn(state).length;
  const threshold = votesNeeded(change, count, rules);
  return {
    type: "governance-step",
    step,
    change,
    effectiveHeight,
    memo,
    voters,
    authorities: count,
    threshold,
    priorValue: null,
    reason: null,
  };
}
