/** `node/governance.json`: QSDM's governance under compatible rules, where nothing is signed and any name may vote. */
import {textOf, utf8} from "../../../src/codecs/bytes.js";
import {dustOfCell} from "../../../src/codecs/envelopes/amount.js";
import {checkGovernanceAdmission} from "../../../src/codecs/governance/admission.js";
import type {Change} from "../../../src/codecs/governance/change.js";
import {authorityThreshold, GOVERNED_PARAMETERS} from "../../../src/codecs/governance/parameters.js";
import {
  authoritySet,
  GOVERNANCE_CONTRACT,
  PARAM_SET,
  paramSet,
  peekGovernanceKind,
} from "../../../src/codecs/governance/payloads.js";
import {RuleError} from "../../../src/errors.js";
import {type LedgerEvent, reasonOf} from "../../../src/node/ledger/chain/events.js";
import {activate} from "../../../src/node/ledger/governance/activate.js";
import {governanceContract} from "../../../src/node/ledger/governance/contract.js";
import {
  authoritiesIn,
  type GovernanceStep,
  readChange,
  votesNeeded,
} from "../../../src/node/ledger/governance/proposals.js";
import {credit} from "../../../src/node/ledger/monetary/supply.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {authorities, params} from "../../../src/node/ledger/state/stores.js";
import {type Adapters, byKind, type Input, type Output, refusalOf} from "../case.js";
import {type AncestorTransaction, accountShapes, ancestorParams, callOf, charge} from "./ancestor-ledger.js";

const CHAIN = ancestorParams();
const RULES = CHAIN.rules;
/** Whoever these name has an account besides the authorities. */
const OUTSIDER = "mallory";

/** What a payload is taken for; the second reading is asked only where the first finds a kind. */
function payload(input: Input): Output {
  const bytes = utf8(input.text("payload_utf8"));
  let kind = "";
  const unread = refusalOf(() => {
    kind = peekGovernanceKind(bytes);
  });
  const codec = kind === PARAM_SET ? paramSet : authoritySet;
  if (unread !== null || refusalOf(() => codec.readCompat(bytes)) !== null) return {peek_kind: kind, valid: false};
  const encoded =
    kind === PARAM_SET
      ? paramSet.encode(paramSet.readCompat(bytes))
      : authoritySet.encode(authoritySet.readCompat(bytes));
  return {encoded_utf8: textOf(encoded), peek_kind: kind, valid: true};
}

/** Refusals of a vote for an authority that the reference tells apart; every other is one reason. */
const TOLD_APART = ["authority_already_present", "authority_not_present", "duplicate_vote"];

function refusedShape(state: State, tx: AncestorTransaction, at: {height: bigint; reason: string}): Output {
  const {change, effectiveHeight} = readChange(tx.payload, RULES);
  const about = {effective_height: Number(effectiveHeight), height: Number(at.height)};
  if (change.kind === PARAM_SET) {
    const {param, value} = change;
    const more = {authority: tx.sender, kind: "param-rejected", param, prior_value: "0", reject_reason: at.reason};
    return {...about, ...more, value: String(value)};
  }
  const count = authoritiesIn(state).length;
  return {
    ...about,
    ...authorityShape(change),
    authority_count: count,
    kind: "authority-rejected",
    reject_reason: TOLD_APART.includes(at.reason) ? at.reason : "authority_vote_rejected",
    threshold: votesNeeded(change, count, RULES),
    voter: tx.sender,
    voters: [],
  };
}

/** The reference knows no other kind. */
const authorityShape = (change: Change) => {
  const {op, address} = change as Extract<Change, {op: string}>;
  return {op, address};
};

/**
 * A step as the reference tells it: a vote for a parameter goes without saying, and so does a proposal that comes to its
 * height without its votes, which it keeps for good.
 */
function stepShape(step: GovernanceStep, height: bigint): readonly Output[] {
  const {change, effectiveHeight, voters, priorValue} = step;
  if (step.reason === "threshold_unmet") return [];
  const about = {effective_height: Number(effectiveHeight), height: Number(height), reject_reason: ""};
  if (change.kind === PARAM_SET) {
    if (step.step === "voted") return [];
    const {param, value} = change;
    const told = {...about, authority: voters.at(-1)!, param, prior_value: "0", value: String(value)};
    if (step.step !== "superseded") return [{...told, kind: `param-${step.step}`}];
    return [
      {...told, kind: "param-superseded", prior_value: String(priorValue)},
      {...told, kind: "param-staged"},
    ];
  }
  return [
    {
      ...about,
      ...authorityShape(change),
      authority_count: step.authorities,
      kind: `authority-${step.step}`,
      threshold: step.threshold,
      voter: step.step === "activated" || step.step === "abandoned" ? "" : voters.at(-1)!,
      voters: [...voters].sort(),
    },
  ];
}

const stepsIn = (events: readonly LedgerEvent[]): readonly GovernanceStep[] =>
  events.filter((event) => event.type === "governance-step");

/** Why the reference refuses what is no transaction of a block of ours at all; null where it does not. */
function inadmissible(state: State, tx: AncestorTransaction): string | null {
  if (refusalOf(() => checkGovernanceAdmission(tx)) !== null) return "fee_invalid";
  return charge(state, tx) ? null : "nonce_or_fee_failed";
}

function applied(state: State, tx: AncestorTransaction, height: bigint): readonly Output[] {
  const call = callOf(state.fork(), {params: CHAIN, height}, tx);
  try {
    const {events} = governanceContract.apply(call);
    const paid = call.state.fork();
    const refused = inadmissible(paid, tx);
    if (refused !== null) return [refusedShape(state, tx, {height, reason: refused})];
    paid.merge();
    call.state.merge();
    return stepsIn(events).flatMap((step) => stepShape(step, height));
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    // The reference counts votes after it has charged for them.
    if (error.code === "GOV_DUPLICATE_VOTE") charge(state, tx);
    return [refusedShape(state, tx, {height, reason: reasonOf(error.code)})];
  }
}

function sequence(input: Input): Output {
  const state = new State().fork();
  for (const {name, default: value} of GOVERNED_PARAMETERS) state.put(params, name, {value});
  const founders = input.texts("authorities");
  for (const address of founders) state.put(authorities, address, {sinceHeight: 0n});
  for (const address of [...founders, OUTSIDER]) credit(state, address, dustOfCell(input.number("balance_each")));
  const events: Output[] = [];
  for (const op of input.objects("ops")) {
    const height = BigInt(op.number("height"));
    if (op.text("op") === "promote") {
      // The reference promotes parameters first, which changes nothing but the order in which it is told.
      const steps = stepsIn(activate(state, height, RULES));
      const [first, then] = [true, false].map((isParam) =>
        steps.filter((each) => (each.change.kind === PARAM_SET) === isParam),
      );
      for (const step of [...first!, ...then!]) events.push(...stepShape(step, height));
      continue;
    }
    const tx = op.object("tx");
    events.push(
      ...applied(
        state,
        {
          id: tx.text("id"),
          sender: tx.text("sender"),
          nonce: BigInt(tx.number("nonce")),
          fee: tx.number("fee"),
          contractId: GOVERNANCE_CONTRACT,
          payload: utf8(tx.text("payload_utf8")),
        },
        height,
      ),
    );
  }
  const active = GOVERNED_PARAMETERS.map(({name}) => [name, String(state.get(params, name)!.value)]);
  return {
    accounts: accountShapes(state),
    active: Object.fromEntries(active),
    authorities: [...authoritiesIn(state)],
    events,
  };
}

export const governanceScriptAdapters: Adapters = {
  "qsdm/gov/v1: payload validation, M-of-N threshold, staging, promotion, authority rotation": byKind({
    payload,
    threshold: (input) => ({threshold: authorityThreshold(input.number("authorities"))}),
    gov_sequence: sequence,
  }),
};
