/** Reads of the committed state, as the API and the gauges see it. Good until the next await. */
import type {StakeView} from "../codecs/api/stakes.js";
import {validatorIdOf} from "../codecs/chain/validator-payloads.js";
import {GOVERNED_PARAMETERS} from "../codecs/governance/parameters.js";
import type {LedgerView} from "./api/ports.js";
import type {Chain} from "./chain.js";
import {listRecords, registryStats} from "./ledger/enrollment/registry.js";
import {difficultyAt, hashrateAt} from "./ledger/mining/difficulty.js";
import {SUPPLY_CAP_DUST} from "./ledger/monetary/emission.js";
import {supplyOf} from "./ledger/monetary/supply.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import type {State} from "./ledger/state/state.js";
import {
  accountKeys,
  accounts,
  enrollments,
  params as parameters,
  stakes,
  validatorAttestations,
  validators,
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

function createView({state, params, tip, held}: Chain): LedgerView {
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
    difficulty: () => difficultyAt(state, tip.height, params),
    hashrateHps: () => hashrateAt(state, tip, params),
    validators: () =>
      [...state.keys(validators)].map((key) => {
        const {account, power, publicKey} = state.get(validators, key)!;
        return {account, power, publicKey, attestation: state.get(validatorAttestations, account) ?? null};
      }),
    stakes: () => stakesIn(state, params),
    epoch: () => epochOf(state),
    governance: () => ({active: governedValues(state), pending: [], authorities: []}),
  };
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

/** What holds now; genesis puts every one of them into the state. */
const governedValues = (state: State): ReadonlyMap<string, bigint> =>
  new Map(GOVERNED_PARAMETERS.map(({name, default: usual}) => [name, state.get(parameters, name)?.value ?? usual]));
