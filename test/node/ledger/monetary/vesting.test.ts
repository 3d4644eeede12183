/** Money that vests, on a real chain: by height, to whom it belongs, and never twice. */
import fc from "fast-check";
import {expect, test} from "vitest";
import type {Genesis} from "../../../../src/codecs/chain/genesis.js";
import {VESTING_CLAIM_CONTRACT, vestingClaim} from "../../../../src/codecs/chain/vesting.js";
import {accountAt, countDust, expectedDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {claimableAt, vestedAt, vestingContract} from "../../../../src/node/ledger/monetary/vesting.js";
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, STAKE_DUST, scratchDirectory, testGenesis} from "../../../support/chain.js";

const treasury = testAccount("treasury");
const alice = testAccount("alice");
const TO = "dd".repeat(32);
const GRANT = {to: treasury.address, amountDust: 1_000n, cliffHeight: 2n, endHeight: 7n};
const founded = (grant: Partial<Genesis["vestings"][number]> = {}): Genesis => ({
  ...testGenesis([treasury, alice].map(({address}) => ({to: address, amountDust: 10n ** 9n}))),
  vestings: [{...GRANT, ...grant}],
});

async function opened(genesis = founded()) {
  const {chain, intake, store} = await openTestChain(scratchDirectory(), genesis, {contracts: [vestingContract]});
  const claim = async (who: TestAccount, nonce: bigint) => {
    const payload = vestingClaim.encode({to: TO});
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract: VESTING_CLAIM_CONTRACT, payload})));
    await extend(intake);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
    expect(chain.held).toEqual({balancesDust, bondsDust});
    const {outcome, code} = store.receipt(txId)!;
    return outcome === "applied" ? accountAt(chain.state, TO).balanceDust : code;
  };
  return {chain, intake, claim};
}

test("a claim pays what has vested by its own block, and the next one only the rest", async () => {
  const {chain, intake, claim} = await opened();
  expect(countDust(chain.state).bondsDust).toBe(STAKE_DUST + 1_000n);
  expect(await claim(treasury, 0n)).toBe("VESTING_NOTHING_DUE");
  // Two sevenths of a thousand, then three, then all of it.
  expect(await claim(treasury, 1n)).toBe(285n);
  expect(await claim(treasury, 2n)).toBe(428n);
  for (let i = 0; i < 4; i++) await extend(intake);
  expect(await claim(treasury, 3n)).toBe(1_000n);
  expect(countDust(chain.state).bondsDust).toBe(STAKE_DUST);
  expect(await claim(treasury, 4n)).toBe("VESTING_UNKNOWN");
});

test("nobody else can claim it", async () => {
  const {claim} = await opened();
  expect(await claim(alice, 0n)).toBe("VESTING_UNKNOWN");
});

test("whatever is granted, it vests step by step, never more than all and never back", () => {
  const height = fc.bigInt({min: 0n, max: 1n << 40n});
  const grants = fc.record({
    totalDust: fc.bigInt({min: 1n, max: 10n ** 15n}),
    endHeight: fc.bigInt({min: 1n, max: 1n << 40n}),
  });
  fc.assert(
    fc.property(grants, fc.nat(100), height, height, (grant, percent, a, b) => {
      const record = {...grant, claimedDust: 0n, cliffHeight: (grant.endHeight * BigInt(percent)) / 100n};
      const [sooner, later] = a < b ? [a, b] : [b, a];
      const [first, second] = [vestedAt(record, sooner), vestedAt(record, later)];
      expect(first >= 0n && first <= second && second <= grant.totalDust).toBe(true);
      expect(vestedAt(record, grant.endHeight)).toBe(grant.totalDust);
      expect(claimableAt({...record, claimedDust: first}, later)).toBe(second - first);
    }),
  );
});
