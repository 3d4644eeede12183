/** Answers of `GET /api/v1/governance/proposals` and its neighbours, routes of ours. */
import {count, list, object, optional, text, u64, type ValueOf, word} from "./shape.js";

export const proposalView = object({
  /** `1200/param-set/reward_bps/500`: what votes name. */
  id: text,
  kind: word("param-set", "authority-set", "submesh-retire"),
  /** Of a parameter. */
  param: optional(text),
  value: optional(u64),
  /** Of an authority: `add` or `remove`. */
  op: optional(text),
  address: optional(text),
  /** Of a submesh to retire: its name, and the weight of the votes for it. More than half of all carries it. */
  submesh: optional(text),
  weight: optional(u64),
  /** First height that runs under it. */
  effectiveHeight: u64,
  proposer: text,
  proposedAtHeight: u64,
  /** Height at which it had its votes; absent while it lacks some. */
  stagedAtHeight: optional(u64),
  voters: list(text),
  votesNeeded: count,
  memo: text,
});
export type ProposalView = ValueOf<typeof proposalView>;

export const proposalList = object({
  height: u64,
  /** In order; more than half of them carry a change. */
  authorities: list(text),
  proposals: list(proposalView),
  /** Of everybody's reputation together, which decides about submeshes; absent where the node knows none. */
  totalWeight: optional(u64),
});
/** `GET /api/v1/governance/submeshes`: those that are retired, in order of name. */
export const submeshList = object({
  height: u64,
  retired: list(object({submesh: text, sinceHeight: u64, weight: u64})),
});
export type SubmeshListView = ValueOf<typeof submeshList>;

/** `GET /api/v1/governance/reputation/{address}`: what a vote on submeshes weighs in the next block. */
export const reputationView = object({height: u64, address: text, weight: u64, totalWeight: u64});
export type ReputationView = ValueOf<typeof reputationView>;

export type ProposalListView = ValueOf<typeof proposalList>;
