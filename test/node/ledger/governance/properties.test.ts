/** What no order of votes, blocks and departures may break. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {type Change, encodeChange} from "../../../../src/codecs/governance/change.js";
import {CHAIN_PARAMETERS} from "../../../../src/codecs/governance/parameters.js";
import {AUTHORITY_SET, GOVERNANCE_CONTRACT, PARAM_SET} from "../../../../src/codecs/governance/payloads.js";
import {RuleError} from "../../../../src/errors.js";
import type {LedgerEvent} from "../../../../src/node/ledger/chain/events.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {activate} from "../../../../src/node/ledger/governance/activate.js";
import {governanceContract} from "../../../../src/node/ledger/governance/contract.js";
import {authoritiesIn, proposalsIn} from "../../../../src/node/ledger/governance/proposals.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import type {State} from "../../../../src/node/ledger/state/state.js";
import {params} from "../../../../src/node/ledger/state/stores.js";
import {contentOf, testAccount} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";

const ADDRESSES = Array.from({length: 6}, (_, i) => i.toString(16).padStart(64, "a")).sort();
const SIGNER = testAccount("signer");

type Step = {readonly vote: {who: number; change: Change; inBlocks: bigint}} | "block";

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant(PARAM_SET),
    param: fc.constantFrom("reward_bps", "fee_burn_bps"),
    value: fc.bigInt(0n, 2n),
  }),
  fc.record({
    kind: fc.constant(AUTHORITY_SET),
    op: fc.constantFrom("add", "remove"),
    address: fc.constantFrom(...ADDRESSES),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {arbitrary: fc.record({vote: fc.record({who: fc.nat(5), change, inBlocks: fc.bigInt(0n, 3n)})}), weight: 6},
  {arbitrary: fc.constant("block" as const), weight: 1},
);

/** Runs `steps`, showing `look` the state before and after each together with what was told. */
function run(
  founders: number,
  steps: readonly Step[],
  look: (at: {state: State; before: State; told: readonly LedgerEvent[]; height: bigint}) => void,
) {
  const base = testGenesis([]);
  const params = {...base.params, maxBlockRecords: 560n};
  const genesis = {...base, params, authorities: ADDRESSES.slice(0, founders)};
  const chain = chainParamsOf(genesis);
  const state = genesisState(genesis);
  let height = 1n;
  for (const each of steps) {
    const next = state.fork();
    const told: LedgerEvent[] = [];
    if (each === "block") told.push(...activate(next, ++height, STRICT_RULES));
    else {
      const {who, change, inBlocks} = each.vote;
      const content = {
        ...contentOf(SIGNER, {
          contract: GOVERNANCE_CONTRACT,
          payload: encodeChange({change, effectiveHeight: height + inBlocks}),
        }),
        sender: ADDRESSES[who]!,
      };
      const block = {
        params: chain,
        height,
        timeMs: 0n,
        verifySignature: () => true,
        verifyVote: () => true,
        ancestor: () => null,
      };
      try {
        told.push(...governanceContract.apply({state: next, block, txId: "", content}).events);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        continue;
      }
    }
    look({state: next, before: state, told, height});
    next.merge();
  }
  return state;
}

const cases = [fc.integer({min: 1, max: 5}), fc.array(step, {maxLength: 80})] as const;

test("there is always an authority, and only distinct authorities of the moment ever carry a change", () => {
  fc.assert(
    fc.property(...cases, (founders, steps) => {
      run(founders, steps, ({state, told, before}) => {
        expect(authoritiesIn(state).length).toBeGreaterThan(0);
        for (const event of told) {
          if (event.type !== "governance-step" || (event.step !== "staged" && event.step !== "superseded")) continue;
          const {voters, authorities} = event;
          expect(new Set(voters).size).toBe(voters.length);
          expect(2 * voters.length).toBeGreaterThan(authorities);
          for (const voter of voters) expect(authoritiesIn(before)).toContain(voter);
        }
      });
    }),
    {numRuns: 300},
  );
});

test("at most one change of a parameter is staged, nothing waits past its height, and open votes are of authorities", () => {
  fc.assert(
    fc.property(...cases, (founders, steps) => {
      run(founders, steps, ({state, told, height}) => {
        const waiting = [...proposalsIn(state, STRICT_RULES)];
        const staged = waiting.flatMap(({change, stagedAtHeight}) =>
          stagedAtHeight > 0n && change.kind === PARAM_SET ? [change.param] : [],
        );
        expect(new Set(staged).size).toBe(staged.length);
        for (const {effectiveHeight, stagedAtHeight, voters} of waiting) {
          expect(effectiveHeight).toBeGreaterThan(height);
          if (stagedAtHeight === 0n) for (const voter of voters) expect(authoritiesIn(state)).toContain(voter);
        }
        for (const {name, min, max} of CHAIN_PARAMETERS) {
          const {value} = state.get(params, name)!;
          expect(value >= min && value <= max).toBe(true);
        }
        for (const event of told)
          if (event.type === "governance-step" && event.step === "activated")
            expect(event.effectiveHeight).toBe(height);
      });
    }),
    {numRuns: 300},
  );
});

test("a parameter changes exactly where a change of it is told to be activated", () => {
  fc.assert(
    fc.property(...cases, (founders, steps) => {
      run(founders, steps, ({state, before, told}) => {
        const activated = new Map<string, bigint>();
        for (const event of told)
          if (event.type === "governance-step" && event.step === "activated" && event.change.kind === PARAM_SET)
            activated.set(event.change.param, event.change.value);
        for (const {name} of CHAIN_PARAMETERS)
          expect(state.get(params, name)!.value).toBe(activated.get(name) ?? before.get(params, name)!.value);
      });
    }),
    {numRuns: 200},
  );
});
