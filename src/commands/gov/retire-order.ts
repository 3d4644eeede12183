/** A vote for a submesh to go: it weighs what its account has done for the chain of late. */
import {encodeChange, formatProposal, type Proposed} from "../../codecs/governance/change.js";
import {GOVERNANCE_CONTRACT} from "../../codecs/governance/payloads.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import type {Order, OrderContext} from "../submit.js";
import {checkHeight, sentenceOf} from "./order.js";

type Context = Omit<OrderContext, "client"> & {readonly client: Pick<Client, "proposals" | "reputation">};

/**
 * The order that votes for a retirement, and proposes it where nobody has.
 * @param known whether it has to be there already
 * @throws DecodeError GOVERNANCE_INVALID; RuleError GOV_NO_REPUTATION, GOV_EFFECTIVE_HEIGHT_IN_PAST,
 * GOV_EFFECTIVE_HEIGHT_TOO_FAR, GOV_PROPOSAL_UNKNOWN, GOV_ALREADY_STAGED
 */
export async function orderRetire(
  proposed: Proposed,
  {memo = "", known = false}: {readonly memo?: string; readonly known?: boolean},
  {client, terms, sender}: Context,
): Promise<Order> {
  const payload = encodeChange(proposed, memo);
  const [{height, proposals}, {weight, totalWeight}] = await Promise.all([
    client.proposals(),
    client.reputation({address: sender}),
  ]);
  const id = formatProposal(proposed);
  if (weight === 0n)
    throw new RuleError("GOV_NO_REPUTATION", `${sender} has a weight of 0, and its vote would count for nothing`, {
      hint: "accepted proofs and certified blocks earn weight; an offence costs all of it",
      details: {weight, total: totalWeight},
    });
  checkHeight(proposed.effectiveHeight, height);
  const open = proposals.find((each) => each.id === id);
  if (known && open === undefined)
    throw new RuleError("GOV_PROPOSAL_UNKNOWN", `nobody has proposed ${id}`, {hint: "list them with: qsdm gov status"});
  if (open && open.stagedAtHeight !== null)
    throw new RuleError("GOV_ALREADY_STAGED", `${id} has its votes since height ${open.stagedAtHeight}`, {
      hint: "it happens at the height that it names; no vote is needed any more",
    });
  const votes = (open?.weight ?? 0n) + weight;
  const needed = totalWeight / 2n + 1n;
  const standing = votes >= needed ? "which is enough: it will happen" : `of ${needed} that it takes`;
  return {
    contract: GOVERNANCE_CONTRACT,
    payload,
    summary: {proposal: id, effective_height: proposed.effectiveHeight, weight, votes, votes_needed: needed},
    announcement: [
      `${open ? "vote for" : "propose"} ${id} on ${terms.chainId}: ${sentenceOf(proposed)}`,
      `this vote weighs ${weight}, together ${votes}, ${standing}`,
    ],
    question: "Vote? Nobody can take it back.",
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm gov status",
  };
}
