/** What every vote of an authority is: the change, held against what the chain knows before it costs a fee. */
import {isAddress} from "../../codecs/address.js";
import {encodeChange, formatProposal, type Proposed} from "../../codecs/governance/change.js";
import {MAX_ACTIVATION_DELAY_BLOCKS} from "../../codecs/governance/parameters.js";
import {AUTHORITY_SET, GOVERNANCE_CONTRACT, PARAM_SET, SUBMESH_RETIRE} from "../../codecs/governance/payloads.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import type {Order, OrderContext} from "../submit.js";

type Context = Omit<OrderContext, "client"> & {readonly client: Pick<Client, "proposals">};

/** `proposed` in words. */
export const sentenceOf = ({change, effectiveHeight}: Proposed): string => {
  if (change.kind === SUBMESH_RETIRE)
    return `retire submesh ${change.submesh} for good from height ${effectiveHeight} on`;
  if (change.kind === PARAM_SET) return `set ${change.param} to ${change.value} from height ${effectiveHeight} on`;
  const {op, address} = change;
  return op === "add"
    ? `let ${address} vote from height ${effectiveHeight} on`
    : `let ${address} vote no more from height ${effectiveHeight} on`;
};

/**
 * The order that votes for a change, and proposes it where nobody has.
 * @param known whether it has to be there already
 * @throws DecodeError GOVERNANCE_INVALID; RuleError GOV_NOT_CONFIGURED, GOV_UNAUTHORIZED, GOV_EFFECTIVE_HEIGHT_IN_PAST,
 * GOV_EFFECTIVE_HEIGHT_TOO_FAR, GOV_ADDRESS_INVALID, GOV_PROPOSAL_UNKNOWN, GOV_DUPLICATE_VOTE, GOV_ALREADY_STAGED
 */
export async function orderVote(
  proposed: Proposed,
  {memo = "", known = false}: {readonly memo?: string; readonly known?: boolean},
  {client, terms, sender}: Context,
): Promise<Order> {
  const payload = encodeChange(proposed, memo);
  const {change, effectiveHeight} = proposed;
  if (change.kind === AUTHORITY_SET && change.op === "add" && !isAddress(change.address))
    throw new RuleError("GOV_ADDRESS_INVALID", `"${change.address}" is no address, and could never vote`, {
      hint: "an address is 64 lowercase hex digits, as qsdm wallet show prints it",
    });
  const {height, authorities, proposals} = await client.proposals();
  checkVoter(authorities, sender);
  checkHeight(effectiveHeight, height);
  const id = formatProposal(proposed);
  const open = proposals.find((each) => each.id === id);
  if (known && open === undefined)
    throw new RuleError("GOV_PROPOSAL_UNKNOWN", `nobody has proposed ${id}`, {hint: "list them with: qsdm gov status"});
  if (open?.voters.includes(sender))
    throw new RuleError("GOV_DUPLICATE_VOTE", `${sender} has voted for ${id} already`, {
      hint: "the votes of others are missing; qsdm gov status tells how many",
    });
  if (open && open.stagedAtHeight !== null)
    throw new RuleError("GOV_ALREADY_STAGED", `${id} has its votes since height ${open.stagedAtHeight}`, {
      hint: "it happens at the height that it names; no vote is needed any more",
    });
  const votes = (open?.voters.length ?? 0) + 1;
  const needed = open?.votesNeeded ?? Math.floor(authorities.length / 2) + 1;
  const standing = votes >= needed ? "which is enough: it will happen" : `of ${needed} that it takes`;
  return {
    contract: GOVERNANCE_CONTRACT,
    payload,
    summary: {proposal: id, effective_height: effectiveHeight, votes, votes_needed: needed},
    announcement: [
      `${open ? "vote for" : "propose"} ${id} on ${terms.chainId}: ${sentenceOf(proposed)}`,
      `vote ${votes}, ${standing}`,
    ],
    question: votes >= needed ? "Vote? Nobody can take it back alone." : null,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm gov status",
  };
}

function checkVoter(authorities: readonly string[], sender: string): void {
  if (authorities.includes(sender)) return;
  if (authorities.length === 0)
    throw new RuleError("GOV_NOT_CONFIGURED", "the genesis of this chain names no authority", {
      hint: "nothing can be voted on here; a chain with authorities begins with qsdm node init --authority",
    });
  throw new RuleError("GOV_UNAUTHORIZED", `${sender} is no authority of this chain`, {
    hint: "sign with an authority's keystore: --in FILE; qsdm gov status --authorities lists them",
  });
}

export function checkHeight(effectiveHeight: bigint, height: bigint): void {
  // The block that takes the vote comes after the tip, and the change after that block.
  if (effectiveHeight < height + 2n)
    throw new RuleError(
      "GOV_EFFECTIVE_HEIGHT_IN_PAST",
      `height ${effectiveHeight} is too early, the tip is ${height}`,
      {
        hint: "leave the other authorities time to vote",
      },
    );
  if (effectiveHeight > height + MAX_ACTIVATION_DELAY_BLOCKS)
    throw new RuleError(
      "GOV_EFFECTIVE_HEIGHT_TOO_FAR",
      `height ${effectiveHeight} is more than ${MAX_ACTIVATION_DELAY_BLOCKS} blocks above ${height}`,
      {hint: `name a height up to ${height + MAX_ACTIVATION_DELAY_BLOCKS}`},
    );
}
