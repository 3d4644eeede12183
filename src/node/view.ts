/** Reads of the committed state, as the API and the gauges see it. Good until the next await. */
import type {CapsuleState} from "../codecs/api/capsules.js";
import type {StakeView} from "../codecs/api/stakes.js";
import type {StreamState} from "../codecs/api/streams.js";
import {base64Of} from "../codecs/bytes.js";
import {CAPSULE_CIPHER, CAPSULE_SCHEME, CAPSULE_VERSION, type CapsuleRecord} from "../codecs/chain/capsule.js";
import {escrowOf} from "../codecs/chain/stream.js";
import {validatorIdOf} from "../codecs/chain/validator-payloads.js";
import {PARAM_SET} from "../codecs/governance/payloads.js";
import type {GovernanceView, LedgerView, PendingChange, StreamPage, StreamQuery, StreamStats} from "./api/ports.js";
import type {Chain} from "./chain.js";
import {listRecords, registryStats} from "./ledger/enrollment/registry.js";
import {governedBy, liveParams} from "./ledger/governance/live.js";
import {authoritiesIn, type Proposal, proposalsIn} from "./ledger/governance/proposals.js";
import {totalWeight, weightOf} from "./ledger/governance/reputation.js";
import {difficultyAt, hashrateAt} from "./ledger/mining/difficulty.js";
import {SUPPLY_CAP_DUST} from "./ledger/monetary/emission.js";
import {epochFeesOf, monetaryOf} from "./ledger/monetary/engine/step.js";
import {supplyOf} from "./ledger/monetary/supply.js";
import {claimableAt} from "./ledger/monetary/vesting.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import {capsuleAt} from "./ledger/recovery/contract.js";
import type {State} from "./ledger/state/state.js";
import {
  accountKeys,
  accounts,
  capsules,
  enrollments,
  params as parameters,
  retiredSubmeshes,
  stakes,
  streams,
  validatorAttestations,
  validators,
  vestings,
} from "./ledger/state/stores.js";
import {epochOf, votersOf} from "./ledger/validators/election.js";
import {powerOf, stakePhaseOf} from "./ledger/validators/stake.js";

/** A tip stands for its state: both are replaced together, so most reads find the view of the read before. */
const views = new WeakMap<Chain["tip"], LedgerView>();

/** A view of the tip of `chain`. */
export function viewOf(chain: Chain): LedgerView {
  const known = views.get(chain.tip);
  if (known) return known;
  const view = createView(chain);
  views.set(chain.tip, view);
  return view;
}

function createView({state, params: given, tip, held}: Chain): LedgerView {
  const params = liveParams(given, state);
  // Kept: every status asks, and each proposal has to be decoded.
  let governance: GovernanceView | null = null;
  return {
    head: {height: tip.height, blockId: tip.id, timeMs: tip.timeMs, stateRoot: tip.stateRoot},
    params,
    account(address) {
      const account = state.get(accounts, address);
      return account ? {...account, keyKnown: state.has(accountKeys, address)} : null;
    },
    enrollment: (nodeId) => state.get(enrollments, nodeId) ?? null,
    enrollments: (query) => listRecords(state, query),
    enrollmentStats: () => registryStats(state),
    supply() {
      const books = supplyOf(state);
      const unissuedDust = SUPPLY_CAP_DUST - books.genesisDust - books.minedDust;
      return {capDust: SUPPLY_CAP_DUST, ...books, ...held, unissuedDust};
    },
    vestings: () =>
      [...state.keys(vestings)].map((beneficiary) => {
        const record = state.get(vestings, beneficiary)!;
        return {beneficiary, ...record, claimableDust: claimableAt(record, tip.height + 1n)};
      }),
    streams: (query) => streamsIn(state, query),
    streamStats: () => streamStatsIn(state),
    stream(streamId) {
      const record = state.get(streams, streamId);
      return record ? {streamId, ...record} : null;
    },
    capsule(key) {
      if (key.owner === null) {
        const found = capsuleAt(state, key.locator);
        return found ? shownCapsule(found.owner, found.record) : null;
      }
      const record = state.get(capsules, key.owner);
      return record ? shownCapsule(key.owner, record) : null;
    },
    monetary: () => ({epochFeesDust: epochFeesOf(state), last: monetaryOf(state)}),
    difficulty: () => difficultyAt(state, tip.height, params),
    hashrateHps: () => hashrateAt(state, tip, params),
    validators: () =>
      [...state.keys(validators)].map((key) => {
        const {account, power, publicKey} = state.get(validators, key)!;
        return {account, power, publicKey, attestation: state.get(validatorAttestations, account) ?? null};
      }),
    stakes: () => stakesIn(state, params),
    epoch: () => epochOf(state),
    reputation: (address) => {
      const at = {height: tip.height + 1n, params};
      return {weight: address === null ? 0n : weightOf(state, address, at), totalWeight: totalWeight(state, at)};
    },
    retiredSubmeshes: () =>
      [...state.keys(retiredSubmeshes)].map((submesh) => ({submesh, ...state.get(retiredSubmeshes, submesh)!})),
    governance: () => (governance ??= governanceIn(state, params.rules)),
  };
}

/** A capsule as its owner signed it. */
function shownCapsule(owner: string, {nonce, ciphertext, createdAt, locator, ...record}: CapsuleRecord): CapsuleState {
  const capsule: CapsuleState["capsule"] = {
    version: CAPSULE_VERSION,
    scheme: CAPSULE_SCHEME,
    locator,
    address: owner,
    cipher: CAPSULE_CIPHER,
    nonce: base64Of(nonce),
    ciphertext: base64Of(ciphertext),
    createdAt,
  };
  return {owner, locator, capsule, ...record};
}

/** A page of the streams that a query wants. */
function streamsIn(state: State, query: StreamQuery): StreamPage {
  const {payer, provider, status, serviceId, cursor, limit, lookAtMost} = query;
  const found: StreamState[] = [];
  let looked = 0;
  let last = cursor;
  for (const streamId of state.keys(streams, cursor)) {
    if (found.length === limit || looked === lookAtMost) return {streams: found, nextCursor: last};
    looked++;
    last = streamId;
    const record = state.get(streams, streamId)!;
    if (payer !== null && record.payer !== payer) continue;
    if (provider !== null && record.provider !== provider) continue;
    if (status !== null && record.status !== status) continue;
    if (serviceId !== null && record.serviceId !== serviceId) continue;
    found.push({streamId, ...record});
  }
  return {streams: found, nextCursor: null};
}

function streamStatsIn(state: State): StreamStats {
  let openCount = 0;
  let escrowDust = 0n;
  for (const streamId of state.keys(streams)) {
    const record = state.get(streams, streamId)!;
    if (record.status !== "closed") openCount++;
    escrowDust += escrowOf(record);
  }
  return {openCount, escrowDust};
}

/** Everybody with stake. */
function stakesIn(state: State, params: ChainParams): readonly StakeView[] {
  const places = new Map(votersOf(state).map(({publicKey}, i) => [validatorIdOf(publicKey), i]));
  return [...state.keys(stakes)].map((validator) => {
    const stake = state.get(stakes, validator)!;
    const {owner, stakeDust, joinedAtHeight, jailedUntilHeight, maturesAtHeight} = stake;
    return {
      validator,
      owner,
      stakeDust,
      power: powerOf(stake, params),
      phase: stakePhaseOf(stake),
      index: places.get(validator) ?? null,
      joinedAtHeight,
      jailedUntilHeight: jailedUntilHeight || null,
      returnsAtHeight: maturesAtHeight || null,
    };
  });
}

/** A change as the reference shows it, where it is one that it shows. */
const pendingIn = ({change, effectiveHeight, stagedAtHeight, voters, memo}: Proposal): PendingChange[] => {
  if (change.kind !== PARAM_SET || stagedAtHeight === 0n) return [];
  const {param, value} = change;
  return [{param, value, effectiveHeight, submittedAtHeight: stagedAtHeight, authority: voters.at(-1)!, memo}];
};

/** What holds now, and what is bound or proposed to. */
function governanceIn(state: State, rules: ChainParams["rules"]): GovernanceView {
  const active = new Map(governedBy(rules).map(({name}) => [name, state.get(parameters, name)!.value]));
  const open = [...proposalsIn(state, rules)];
  return {active, pending: open.flatMap(pendingIn), proposals: open, authorities: authoritiesIn(state)};
}
