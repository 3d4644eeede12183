/** Who has stake, whether or not they vote, and when the next election is. */
import {stakeList} from "../../../codecs/api/stakes.js";
import {blocksIn} from "../../ledger/params/chain-params.js";
import {json, route} from "../route.js";

export const stakesRoute = route({
  method: "GET",
  path: "/api/v1/validators/stakes",
  summary: "who has stake, where each stands, and when it is looked at next who votes",
  auth: "public",
  errors: "coded",
  cost: 2,
  params: {},
  body: null,
  reply: json(stakeList),
  handle(_input, {node}) {
    const {head, params, epoch, stakes} = node.view();
    const {stakeDust, epochBlocks, unbondSeconds, max} = params.validators;
    const {height} = head;
    return {
      height,
      epoch: epoch().number,
      originHeight: epoch().originHeight,
      nextElectionHeight: stakeDust === 0n ? null : (height / epochBlocks + 1n) * epochBlocks,
      stakePerPowerDust: stakeDust,
      unbondBlocks: blocksIn(params, unbondSeconds),
      validatorsMax: max,
      stakes: stakes(),
    };
  },
});
