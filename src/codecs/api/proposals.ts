/** Answer of `GET /api/v1/governance/proposals`, a route of ours. */
import {count, list, object, optional, text, u64, type ValueOf, word} from "./shape.js";

export const proposalView = object({
  /** `1200/param-set/reward_bps/500`: what votes name. */
  id: text,
  kind: word("param-set", "authority-set"),
  /** Of a parameter. */
  param: optional(text),
  value: optional(u64),
  /** Of an authority: `add` or `remove`. */
  op: optional(text),
  address: optional(text),
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
});
export type ProposalListView = ValueOf<typeof proposalList>;
