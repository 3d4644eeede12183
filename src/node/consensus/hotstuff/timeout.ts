/** Timeouts: a quorum of them ends a view that made no block (DiemBFT's timeout certificates). */
import {type Timeout, type TimeoutCertificate, timeoutContent} from "../../../codecs/consensus/messages.js";
import {RuleError} from "../../../errors.js";
import {checkSigners} from "../votes/certificate.js";
import {absorb} from "./chain.js";
import type {Draft} from "./draft.js";
import {LIMITS} from "./state.js";
import {enterView, giveUp} from "./view.js";

export function onTimeout(draft: Draft, timeout: Timeout): void {
  const {committee} = draft.state;
  if (timeout.epoch !== committee.epoch) return draft.refuse("ignore", "another epoch");
  if (!committee.voters[timeout.validator]) return draft.refuse("reject", "no such validator");
  if (timeout.view < draft.state.view) return draft.refuse("ignore", "another view");
  if (draft.state.timeouts.get(timeout.view)?.has(timeout.validator) && timeout.view <= draft.state.view)
    return draft.refuse("ignore", "counted already");
  const wrong = malformed(draft, timeout);
  if (wrong !== null) return draft.refuse("reject", wrong);
  absorb(draft, timeout.highCertificate);
  if (timeout.entered) absorbTimeouts(draft, timeout.entered);
  if (timeout.view < draft.state.view || timeout.view > draft.state.view + LIMITS.views) return;
  count(draft, timeout);
}

function malformed(draft: Draft, {view, highCertificate: high, entered, validator, signature}: Timeout): string | null {
  const {committee} = draft.state;
  if (high.view >= view) return "a certificate of a later view";
  const content = {epoch: committee.epoch, view, highView: high.view, highBlockId: high.blockId};
  if (!isSigned(draft, content, {validator, signature})) return "the timeout does not verify";
  if (entered && entered.view + 1n !== view) return "came to its view by timeouts of another";
  if (entered && !isValidTimeouts(draft, entered)) return "the timeout certificate does not hold";
  return draft.isValid(high) ? null : "the certificate does not hold";
}

function isSigned(
  {state, context}: Draft,
  content: Omit<Parameters<typeof timeoutContent.encode>[0], "chainId">,
  {validator, signature}: {validator: number; signature: Uint8Array},
): boolean {
  const voter = state.committee.voters[validator];
  const bytes = timeoutContent.encode({chainId: context.chainId, ...content});
  return voter !== undefined && context.verify(voter.publicKey, bytes, signature);
}

function count(draft: Draft, timeout: Timeout): void {
  const {timeouts, committee, view, safety, self} = draft.state;
  const counted = new Map(timeouts.get(timeout.view)).set(timeout.validator, timeout);
  draft.set({timeouts: new Map(timeouts).set(timeout.view, counted)});
  if (committee.isQuorum(counted.keys())) return absorbTimeouts(draft, certificateOf(timeout, counted));
  // One honest validator gave this view up: the others will not get it through either.
  if (timeout.view === view && self !== null && safety.timeoutView < view && committee.isHonestShare(counted.keys()))
    giveUp(draft);
}

function certificateOf({epoch, view}: Timeout, counted: ReadonlyMap<number, Timeout>): TimeoutCertificate {
  const sorted = [...counted.values()].sort((a, b) => a.validator - b.validator);
  const newest = sorted.reduce((best, each) => (each.highCertificate.view > best.highCertificate.view ? each : best));
  return {
    epoch,
    view,
    timeouts: sorted.map(({validator, highCertificate, signature}) => ({
      validator,
      highView: highCertificate.view,
      highBlockId: highCertificate.blockId,
      signature,
    })),
    highCertificate: newest.highCertificate,
  };
}

/** Takes a timeout certificate that was verified. */
export function absorbTimeouts(draft: Draft, certificate: TimeoutCertificate): void {
  absorb(draft, certificate.highCertificate);
  if (certificate.view >= draft.state.view) enterView(draft, certificate.view + 1n, certificate);
}

/** Whether distinct members with a quorum gave the view up, and named no newer certificate than the one it carries. */
export function isValidTimeouts(draft: Draft, certificate: TimeoutCertificate): boolean {
  const {committee, entered} = draft.state;
  if (certificate === entered) return true;
  const {epoch, view, timeouts, highCertificate} = certificate;
  if (epoch !== committee.epoch) return false;
  try {
    checkSigners(timeouts, committee, (why) => {
      throw new RuleError("CERTIFICATE_INVALID", why);
    });
  } catch {
    return false;
  }
  const newest = timeouts.reduce((best, each) => (each.highView > best.highView ? each : best));
  if (newest.highView >= view || newest.highView !== highCertificate.view) return false;
  if (newest.highBlockId !== highCertificate.blockId) return false;
  for (const {validator, highView, highBlockId, signature} of timeouts)
    if (!isSigned(draft, {epoch, view, highView, highBlockId}, {validator, signature})) return false;
  return draft.isValid(highCertificate);
}
