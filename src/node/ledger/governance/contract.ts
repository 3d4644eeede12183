/**
 * `qsdm/gov/v1`: an authority's vote for a change, which proposes it where nobody has. The change is staged once enough
 * have voted, and happens at the height that it names (docs/decisions/0073-governance.md).
 */
import {isAddress} from "../../../codecs/address.js";
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {
  type Change,
  decodeChange,
  encodeChange,
  formatProposal,
  type Proposed,
} from "../../../codecs/governance/change.js";
import {MAX_ACTIVATION_DELAY_BLOCKS, TENSOR_FORK_HEIGHT} from "../../../codecs/governance/parameters.js";
import {GOVERNANCE_CONTRACT, PARAM_SET, SUBMESH_RETIRE} from "../../../codecs/governance/payloads.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Call, Contract, Effect} from "../chain/contract.js";
import type {LedgerEvent} from "../chain/events.js";
import type {State} from "../state/state.js";
import {authorities, params, proposals, retiredSubmeshes} from "../state/stores.js";
import {
  AUTHORITIES_MAX,
  authoritiesIn,
  type GovernanceRules,
  hasWeighed,
  isWeighed,
  OPEN_PROPOSALS_MAX,
  type Proposal,
  proposalAt,
  proposalKey,
  putProposal,
  putWeight,
  readChange,
  stage,
  stepOf,
  votesNeeded,
  WEIGHED_PROPOSALS_MAX,
} from "./proposals.js";
import {totalWeight, weightOf} from "./reputation.js";

type Read = ReturnType<typeof readChange>;

function read({payload}: UnsignedEnvelope, {params: {rules}}: Pick<BlockContext, "params">): Read {
  try {
    return readChange(payload, rules);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("GOV_DECODE_FAILED", cause.message, {
      hint: "qsdm gov-helper writes payloads, and says what is wrong with one",
      cause,
    });
  }
}

/** @throws RuleError GOV_NOT_CONFIGURED, GOV_UNAUTHORIZED */
function checkAuthority(state: State, sender: string): void {
  if (state.has(authorities, sender)) return;
  if (authoritiesIn(state).length === 0)
    throw new RuleError("GOV_NOT_CONFIGURED", "the genesis of this chain names no authority", {
      hint: "nothing can be voted on here; a chain with authorities begins with qsdm node init --authority",
    });
  throw new RuleError("GOV_UNAUTHORIZED", `${sender} is no authority of this chain`, {
    hint: "qsdm gov status lists them",
  });
}

/** @throws RuleError GOV_EFFECTIVE_HEIGHT_IN_PAST, GOV_EFFECTIVE_HEIGHT_TOO_FAR */
function checkHeight({effectiveHeight}: Proposed, height: bigint, {activation}: GovernanceRules): void {
  const first = activation === "next-block" ? height + 1n : height;
  const last = height + MAX_ACTIVATION_DELAY_BLOCKS;
  const details = {effective_height: effectiveHeight, first, last};
  if (effectiveHeight < first)
    throw new RuleError("GOV_EFFECTIVE_HEIGHT_IN_PAST", `height ${effectiveHeight} is too early, this is ${height}`, {
      hint: `name a height from ${first} on`,
      details,
    });
  if (effectiveHeight > last)
    throw new RuleError(
      "GOV_EFFECTIVE_HEIGHT_TOO_FAR",
      `height ${effectiveHeight} is more than ${MAX_ACTIVATION_DELAY_BLOCKS} blocks above ${height}`,
      {hint: `name a height up to ${last}`, details},
    );
}

/**
 * Refuses what could not happen as things are. It is asked again when the time has come: other changes come between.
 * @throws RuleError GOV_ADDRESS_INVALID, GOV_AUTHORITY_ALREADY_PRESENT, GOV_AUTHORITIES_FULL,
 * GOV_AUTHORITY_NOT_PRESENT, GOV_AUTHORITY_WOULD_EMPTY, GOV_FORK_PASSED, GOV_SUBMESH_RETIRED
 */
export function checkPossible(state: State, {change, effectiveHeight}: Proposed, rules: GovernanceRules): void {
  if (change.kind === PARAM_SET) return checkFork(state, change, {effectiveHeight, rules});
  if (change.kind === SUBMESH_RETIRE) return checkRetirable(state, change.submesh);
  const {op, address} = change;
  const known = state.has(authorities, address);
  if (op === "remove") {
    if (!known)
      throw new RuleError("GOV_AUTHORITY_NOT_PRESENT", `${address} is no authority`, {
        hint: "qsdm gov status lists them",
      });
    if (authoritiesIn(state).length === 1)
      throw new RuleError("GOV_AUTHORITY_WOULD_EMPTY", "nobody could change anything without the last authority", {
        hint: "add another one first",
      });
    return;
  }
  if (known)
    throw new RuleError("GOV_AUTHORITY_ALREADY_PRESENT", `${address} is an authority already`, {
      hint: "qsdm gov status lists them",
    });
  if (rules.parameterVotes === "threshold" && !isAddress(address))
    throw new RuleError("GOV_ADDRESS_INVALID", `"${address}" is no address, and could never vote`, {
      hint: "an address is 64 lowercase hex digits, as qsdm wallet show prints it",
    });
  if (authoritiesIn(state).length >= AUTHORITIES_MAX)
    throw new RuleError("GOV_AUTHORITIES_FULL", `a chain has at most ${AUTHORITIES_MAX} authorities`, {
      hint: "remove one first: qsdm gov propose-authority --op remove",
    });
}

function checkRetirable(state: State, submesh: string): void {
  const retired = state.get(retiredSubmeshes, submesh);
  if (retired)
    throw new RuleError("GOV_SUBMESH_RETIRED", `submesh ${submesh} is retired since height ${retired.sinceHeight}`, {
      hint: "it stays so; qsdm gov status --retired lists them",
    });
}

/**
 * A fork is moved while it is ahead and to where it is ahead: proofs of the past were made, and are judged, by what
 * held then.
 */
function checkFork(
  state: State,
  {param, value}: Extract<Change, {kind: typeof PARAM_SET}>,
  {effectiveHeight, rules}: {effectiveHeight: bigint; rules: GovernanceRules},
): void {
  if (param !== TENSOR_FORK_HEIGHT || rules.parameterVotes === "one") return;
  const now = state.get(params, TENSOR_FORK_HEIGHT)!.value;
  if (now >= effectiveHeight && value >= effectiveHeight) return;
  const [what, at] = now < effectiveHeight ? ["the fork", now] : ["its new height", value];
  throw new RuleError("GOV_FORK_PASSED", `${what} at ${at} is behind height ${effectiveHeight}`, {
    hint: "a fork can be moved as long as it is ahead, to a height that is ahead",
  });
}

/** The weight of the sender's vote. @throws RuleError GOV_NO_REPUTATION */
function checkWeight(call: Call, key: string): bigint {
  const {state, block, content} = call;
  const weight = weightOf(state, content.sender, block);
  // Whoever proposes has a thousandth of it all: what can wait at once is bounded.
  const isKnown = state.has(proposals, key);
  if (weight > 0n && (isKnown || weight * 1_000n >= totalWeight(state, block))) return weight;
  throw new RuleError(
    "GOV_NO_REPUTATION",
    `${content.sender} has a weight of ${weight}, which is too little to ${isKnown ? "vote" : "propose"}`,
    {
      hint: isKnown ? "accepted proofs and certified blocks earn it" : "proposing takes a thousandth of all weight",
      details: {weight, total: totalWeight(state, block)},
    },
  );
}

/** The proposal that a vote is for. @throws RuleError GOV_DUPLICATE_VOTE, GOV_ALREADY_STAGED, GOV_PROPOSALS_FULL */
function votedFor({state, block, content}: Call, given: Read): Proposal {
  const {rules} = block.params;
  const key = proposalKey(given);
  const name = formatProposal(given);
  const {sender} = content;
  if (state.has(proposals, key)) {
    const known = proposalAt(state, key, rules);
    if (known.voters.includes(sender) || hasWeighed(state, key, sender))
      throw new RuleError("GOV_DUPLICATE_VOTE", `${sender} has voted for ${name} already`, {
        hint: "the votes of others are missing; qsdm gov status tells how many",
      });
    if (known.stagedAtHeight > 0n)
      throw new RuleError("GOV_ALREADY_STAGED", `${name} has its votes since height ${known.stagedAtHeight}`, {
        hint: "it happens at the height that it names; no vote is needed any more",
      });
    return known;
  }
  // Their payloads stay unread: there can be thousands, and a refused proposal pays no more than any other call.
  const own = [...state.keys(proposals)].filter((each) => state.get(proposals, each)!.proposer === sender).length;
  if (own >= (isWeighed(given.change) ? WEIGHED_PROPOSALS_MAX : OPEN_PROPOSALS_MAX))
    throw new RuleError("GOV_PROPOSALS_FULL", `${own} proposals of ${sender} wait for their height`, {
      hint: "vote for those of others, or wait until one of yours is through",
    });
  const fresh = {proposer: sender, proposedAtHeight: block.height, stagedAtHeight: 0n, voters: [], weight: 0n};
  // As its encoder writes it: a compat chain reads spellings of any length.
  return {...given, ...fresh, key, payload: encodeChange(given, given.memo)};
}

function apply(call: Call): Effect {
  const {state, block, content} = call;
  const {rules} = block.params;
  const given = read(content, block);
  if (isWeighed(given.change)) return weigh(call, given);
  checkAuthority(state, content.sender);
  checkHeight(given, block.height, rules);
  checkPossible(state, given, rules);
  const before = votedFor(call, given);
  const proposal = {...before, voters: [...before.voters, content.sender]};
  putProposal(state, proposal);
  const needed = votesNeeded(given.change, authoritiesIn(state).length, rules);
  const events: LedgerEvent[] = [stepOf(state, "voted", proposal, rules)];
  if (proposal.voters.length >= needed) events.push(...stage(state, proposal, block.height, rules));
  return {events, slash: null};
}

/** The same where reputation votes: it is staged when more than half of all weight was for it. */
function weigh(call: Call, given: Read): Effect {
  const {state, block, content} = call;
  const {rules} = block.params;
  const weight = checkWeight(call, proposalKey(given));
  checkHeight(given, block.height, rules);
  checkPossible(state, given, rules);
  const before = votedFor(call, given);
  const proposal = {...before, weight: before.weight + weight};
  putProposal(state, proposal);
  putWeight(state, proposal.key, content.sender, weight);
  const events: LedgerEvent[] = [stepOf(state, "voted", proposal, rules)];
  if (proposal.weight * 2n > totalWeight(state, block)) events.push(...stage(state, proposal, block.height, rules));
  return {events, slash: null};
}

/** A proposal is there up to its height, and beside it the votes that are weighed. */
function adds({payload}: UnsignedEnvelope, state: State): number {
  const proposed = decodeChange(payload);
  return (state.has(proposals, proposalKey(proposed)) ? 0 : 1) + (isWeighed(proposed.change) ? 1 : 0);
}

export const governanceContract: Contract = {
  id: GOVERNANCE_CONTRACT,
  check: (content, block) => void read(content, block),
  adds,
  apply,
  rejected: ({content}, reason) => ({type: "governance-rejected", sender: content.sender, reason}),
};
