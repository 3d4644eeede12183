/** What the authorities of the chain are voting on. */
import {type ProposalView, proposalList} from "../../../codecs/api/proposals.js";
import {formatProposal} from "../../../codecs/governance/change.js";
import {PARAM_SET} from "../../../codecs/governance/payloads.js";
import {type Proposal, votesNeeded} from "../../ledger/governance/proposals.js";
import {json, route} from "../route.js";

const NOTHING = {param: null, value: null, op: null, address: null};

const viewOf = (proposal: Proposal, needed: number): ProposalView => {
  const {change, effectiveHeight, proposer, proposedAtHeight, stagedAtHeight, voters, memo} = proposal;
  const what = change.kind === PARAM_SET ? {...NOTHING, ...change} : {...NOTHING, ...change};
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
    const {head, params, governance} = node.view();
    const {authorities, proposals} = governance();
    return {
      height: head.height,
      authorities,
      proposals: proposals.map((each) => viewOf(each, votesNeeded(each.change, authorities.length, params.rules))),
    };
  },
});
