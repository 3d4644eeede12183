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
import {
  allocate,
  assertSupply,
  countDust,
  type HeldDust,
  recountDust,
  supplyOf,
} from "../../../../src/node/ledger/monetary/supply.js";
import type {ChainParams} from "../../../../src/node/ledger/params/chain-params.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {
  quorumReleaseContract,
  quorumStakeContract,
  sweepQuorumStakes,
} from "../../../../src/node/ledger/quorum-stake/contracts.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {quorumReleases, quorumStakes} from "../../../../src/node/ledger/state/stores.js";
import {Purse} from "../../../sim/books/purse.js";
import {QuorumStakeBook, quorumStakeLine} from "../../../sim/books/quorum-stake-book.js";
import {contentOf, testAccount} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {counted} from "../../../support/counted.js";

const PEOPLE = [testAccount("alice"), testAccount("bob")];
const KEYS = [1, 2].map((byte) => new Uint8Array(ML_DSA_87.publicKeyBytes).fill(byte));
const possession = new Uint8Array(ML_DSA_87.signatureBytes);
const base = testGenesis(PEOPLE.map(({address: to}) => ({to, amountDust: 1_000n})));
/** Blocks are a second apart. */
const genesisOf = (unbondBlocks: number) => ({...base, params: {...base.params, unbondWindowSeconds: unbondBlocks}});
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

interface Deed {
  readonly verb: "stake" | "release";
  readonly who: number;
  readonly key: number;
  readonly amountDust: bigint;
}

const callOf = ({verb, key, amountDust}: Deed): readonly [contract: string, payload: Uint8Array] => {
  const publicKey = KEYS[key]!;
  return verb === "stake"
    ? [QUORUM_STAKE_CONTRACT, quorumStake.encode({publicKey, amountDust, possession})]
    : [QUORUM_RELEASE_CONTRACT, quorumRelease.encode({key: quorumKeyOf(publicKey), amountDust})];
};

/** A state and the second set of books, which each block is held to. */
class Ledger {
  readonly state = new State();
  readonly purse = new Purse();
  readonly #params: ChainParams;
  readonly #book: QuorumStakeBook;
  #held: HeldDust;
  #height = 0n;
  #nonce = 0n;

  constructor(unbondBlocks: number) {
    const genesis = genesisOf(unbondBlocks);
    this.#params = chainParamsOf(genesis);
    const fault = (_checker: unknown, what: string): never => {
      throw new Error(what);
    };
    this.#book = new QuorumStakeBook(genesis, {purse: this.purse, fault});
    const begin = this.state.fork();
    for (const {to, amountDust} of genesis.allocations) {
      allocate(begin, to, amountDust);
      this.purse.move(to, amountDust);
    }
    begin.merge();
    this.#held = countDust(this.state);
  }

  block(deeds: readonly Deed[]): void {
    this.#height++;
    const fork = this.state.fork();
    for (const deed of deeds) this.#call(fork, deed);
    sweepQuorumStakes(fork, this.#height);
    this.#book.settle(this.#height);
    this.#held = recountDust(fork, this.#held);
    assertSupply(this.#held, supplyOf(fork));
    fork.merge();
    expect(this.#held).toEqual(countDust(this.state));
    expect(this.#held).toEqual({balancesDust: this.purse.dust, bondsDust: this.#book.dust});
    const lines = [...this.state.keys(quorumStakes)].map((key) =>
      quorumStakeLine(key, this.state.get(quorumStakes, key)!),
    );
    expect(lines.sort()).toEqual(this.#book.lines().sort());
  }

  /** What is left, each by whoever owns it. */
  everything(): readonly Deed[] {
    return KEYS.flatMap((publicKey, key): Deed[] => {
      const record = this.state.get(quorumStakes, quorumKeyOf(publicKey));
      if (!record || record.stakeDust === 0n) return [];
      const who = PEOPLE.findIndex(({address}) => address === record.owner);
      return [{verb: "release", who, key, amountDust: record.stakeDust}];
    });
  }

  #call(fork: State, deed: Deed): void {
    const sender = PEOPLE[deed.who]!;
    const [contract, payload] = callOf(deed);
    const height = this.#height;
    const block = {params: this.#params, height, verifySignature: () => true} as unknown as BlockContext;
    const state = fork.fork();
    let applied = true;
    try {
      const content = contentOf(sender, {nonce: this.#nonce++, contract, payload});
      CONTRACTS[deed.verb].apply({state, block, txId: "", content});
      state.merge();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      applied = false;
    }
    this.#book.called({sender: sender.address, contract, payload, height, applied});
  }
}

test("the supply equation holds after every block, and all of it comes back", () => {
  fc.assert(
    fc.property(blocks, fc.constantFrom(0, 1, 3), (deeds, unbondBlocks) => {
      const ledger = new Ledger(unbondBlocks);
      for (const each of deeds) ledger.block(each);
      ledger.block(ledger.everything());
      for (let left = unbondBlocks; left > 0; left--) ledger.block([]);
      expect([...ledger.state.keys(quorumStakes), ...ledger.state.keys(quorumReleases)]).toEqual([]);
      expect(ledger.purse.dust).toBe(2_000n);
    }),
  );
});
