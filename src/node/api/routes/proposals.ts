/** What the authorities of the chain are voting on. */
import {type ProposalView, proposalList, reputationView, submeshList} from "../../../codecs/api/proposals.js";
import {type Change, formatProposal} from "../../../codecs/governance/change.js";
import {AUTHORITY_SET, PARAM_SET, SUBMESH_RETIRE} from "../../../codecs/governance/payloads.js";
import {type Proposal, votesNeeded} from "../../ledger/governance/proposals.js";
import {addressKind, inPath} from "../param.js";
import {json, route} from "../route.js";

const NOTHING = {param: null, value: null, op: null, address: null, submesh: null, weight: null};

function whatOf(change: Change, weight: bigint) {
  switch (change.kind) {
    case PARAM_SET:
      return {...NOTHING, ...change};
    case AUTHORITY_SET:
      return {...NOTHING, ...change};
    case SUBMESH_RETIRE:
      return {...NOTHING, ...change, weight};
  }
}

const viewOf = (proposal: Proposal, needed: number): ProposalView => {
  const {change, effectiveHeight, proposer, proposedAtHeight, stagedAtHeight, voters, memo, weight} = proposal;
  const what = whatOf(change, weight);
  return {
    id: formatProposal(proposal),
    ...what,
    effectiveHeight,
    proposer,
    proposedAtHeight,
    stagedAtHeight: stagedAtHeight || null,
    voters,
    votesNeeded: needed,
    memo,
  };
};

export const proposalsRoute = route({
  method: "GET",
  path: "/api/v1/governance/proposals",
  summary: "changes that wait for votes or for their height, and who may vote",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {},
  body: null,
  reply: json(proposalList),
  handle(_input, {node}) {
    const {head, params, governance, reputation} = node.view();
    const {authorities, proposals} = governance();
    return {
      height: head.height,
      authorities,
      proposals: proposals.map((each) => viewOf(each, votesNeeded(each.change, authorities.length, params.rules))),
      totalWeight: reputation(null).totalWeight,
    };
  },
});

export const submeshesRoute = route({
  method: "GET",
  path: "/api/v1/governance/submeshes",
  summary: "submeshes that were voted to go",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {},
  body: null,
  reply: json(submeshList),
  handle(_input, {node}) {
    const {head, retiredSubmeshes} = node.view();
    return {height: head.height, retired: retiredSubmeshes()};
  },
});

export const reputationRoute = route({
  method: "GET",
  path: "/api/v1/governance/reputation/{address}",
  summary: "what an account's vote on submeshes weighs",
  auth: "public",
  errors: "coded",
  cost: 0.1,
  params: {address: inPath(addressKind, "the account")},
  body: null,
  reply: json(reputationView),
  handle({address}, {node}) {
    const {head, reputation} = node.view();
    return {height: head.height, address, ...reputation(address)};
  },
});
