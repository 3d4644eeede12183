/** Votes: the first of each validator in each view counts; a quorum for one block is its certificate. */
import type {Vote} from "../../../codecs/consensus/messages.js";
import {voteBytes} from "../votes/certificate.js";
import {absorb} from "./chain.js";
import type {Draft} from "./draft.js";
import {LIMITS} from "./state.js";

export function onVote(draft: Draft, vote: Vote): void {
  const {committee, view, votes, highCertificate} = draft.state;
  if (vote.epoch !== committee.epoch) return draft.refuse("ignore", "another epoch");
  const voter = committee.voters[vote.validator];
  if (!voter) return draft.refuse("reject", "no such validator");
  if (vote.view + 1n < view || vote.view > view + LIMITS.views) return draft.refuse("ignore", "another view");
  const ofView = votes.get(vote.view) ?? new Map<number, Vote>();
  const first = ofView.get(vote.validator);
  if (first && first.blockId === vote.blockId) return draft.refuse("ignore", "counted already");
  const {signature, validator, ...content} = vote;
  if (!draft.context.verify(voter.publicKey, voteBytes({chainId: draft.context.chainId, ...content}), signature))
    return draft.refuse("reject", "the vote does not verify");
  if (first) {
    const about = {epoch: vote.epoch, view: vote.view, validator};
    draft.effects.push({type: "evidence", equivocation: {kind: "vote", ...about, first, second: vote}});
    return;
  }
  const counted = new Map(ofView).set(validator, vote);
  draft.set({votes: new Map(votes).set(vote.view, counted)});
  if (highCertificate.view >= vote.view) return;
  const same = [...counted.values()].filter(({blockId, height}) => blockId === vote.blockId && height === vote.height);
  if (!committee.isQuorum(same.map((each) => each.validator))) return;
  const {epoch, height, view: certified, blockId} = vote;
  const signers = same
    .map((each) => ({validator: each.validator, signature: each.signature}))
    .sort((a, b) => a.validator - b.validator);
  absorb(draft, {epoch, height, view: certified, blockId, votes: signers});
}
