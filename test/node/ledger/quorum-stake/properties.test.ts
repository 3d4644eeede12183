/** Whatever is staked and released: the books balance, and are those of a second set that knows none of the rules' code. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../../../src/codecs/chain/quorum-stake.js";
import {ML_DSA_87} from "../../../../src/codecs/suite.js";
import {RuleError} from "../../../../src/errors.js";
import type {BlockContext} from "../../../../src/node/ledger/chain/contract.js";
import {allocate, assertSupply, countDust, recountDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {
  quorumReleaseContract,
  quorumStakeContract,
  sweepQuorumStakes,
} from "../../../../src/node/ledger/quorum-stake/contracts.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {quorumStakes} from "../../../../src/node/ledger/state/stores.js";
import {Purse} from "../../../sim/books/purse.js";
import {QuorumStakeBook, quorumStakeLine} from "../../../sim/books/quorum-stake-book.js";
import {contentOf, testAccount} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {counted} from "../../../support/counted.js";

const PEOPLE = [testAccount("alice"), testAccount("bob")];
const KEYS = [1, 2].map((byte) => new Uint8Array(ML_DSA_87.publicKeyBytes).fill(byte));
const possession = new Uint8Array(ML_DSA_87.signatureBytes);
const base = testGenesis(PEOPLE.map(({address: to}) => ({to, amountDust: 1_000n})));
const genesis = {...base, params: {...base.params, unbondWindowSeconds: 3}};
const params = chainParamsOf(genesis);
const CONTRACTS = {stake: counted(quorumStakeContract), release: counted(quorumReleaseContract)};

const deed = fc.record({
  verb: fc.constantFrom("stake" as const, "release" as const, "release" as const),
  who: fc.nat(1),
  key: fc.nat(1),
  // Nothing at all is what only whoever proposes can put into a block.
  amountDust: fc.oneof({weight: 9, arbitrary: fc.bigInt({min: 1n, max: 600n})}, fc.constant(0n)),
});
/** What each block holds. */
const blocks = fc.array(fc.array(deed, {maxLength: 4, size: "max"}), {maxLength: 25, size: "max"});

test("the supply equation holds after every block, and all of it comes back", () => {
  fc.assert(
    fc.property(blocks, (deeds) => {
      const state = new State();
      const begin = state.fork();
      const purse = new Purse();
      for (const {to, amountDust} of genesis.allocations) {
        allocate(begin, to, amountDust);
        purse.move(to, amountDust);
      }
      begin.merge();
      const book = new QuorumStakeBook(genesis, {
        purse,
        fault: (_checker, what) => {
          throw new Error(what);
        },
      });
      let held = countDust(state);
      let nonce = 0n;
      for (const [at, calls] of deeds.entries()) {
        const height = BigInt(at + 1);
        const fork = state.fork();
        const block = {params, height, verifySignature: () => true} as unknown as BlockContext;
        for (const {verb, who, key, amountDust} of calls) {
          const [sender, publicKey] = [PEOPLE[who]!, KEYS[key]!];
          const [contract, payload] =
            verb === "stake"
              ? [QUORUM_STAKE_CONTRACT, quorumStake.encode({publicKey, amountDust, possession})]
              : [QUORUM_RELEASE_CONTRACT, quorumRelease.encode({key: quorumKeyOf(publicKey), amountDust})];
          const call = fork.fork();
          let applied = true;
          try {
            const content = contentOf(sender, {nonce: nonce++, contract, payload});
            CONTRACTS[verb].apply({state: call, block, txId: "", content});
            call.merge();
          } catch (error) {
            if (!(error instanceof RuleError)) throw error;
            applied = false;
          }
          book.called({sender: sender.address, contract, payload, height, applied});
        }
        sweepQuorumStakes(fork, height);
        book.settle(height);
        held = recountDust(fork, held);
        assertSupply(held, supplyOf(fork));
        fork.merge();
        expect(held).toEqual(countDust(state));
        expect(held).toEqual({balancesDust: purse.dust, bondsDust: book.dust});
        const lines = [...state.keys(quorumStakes)].map((key) => quorumStakeLine(key, state.get(quorumStakes, key)!));
        expect(lines.sort()).toEqual(book.lines().sort());
      }
    }),
  );
});
