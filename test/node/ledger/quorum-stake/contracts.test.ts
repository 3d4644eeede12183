/** Money behind clients of quorums, on a real chain: locked, taken back, returned, counted, and proved. */
import {describe, expect, test} from "vitest";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyClaim,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../../../src/codecs/chain/quorum-stake.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import {readTransaction} from "../../../../src/node/ledger/chain/transaction.js";
import {accountAt, countDust, expectedDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {COMPAT_RULES, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {quorumReleases, quorumStakes} from "../../../../src/node/ledger/state/stores.js";
import {contentOf, mlDsa87, signed, TEST_CHAIN_ID, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, extendWith, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const [alice, bob, client] = [testAccount("alice"), testAccount("bob"), testAccount("quorum client")];
const KEY = quorumKeyOf(client.publicKey);
const FUNDS = 1_000_000n;
const FEE = 1_000n;
/** Blocks are a second apart. */
const UNBOND_BLOCKS = 3n;

async function opened() {
  const base = testGenesis([alice, bob].map(({address: to}) => ({to, amountDust: FUNDS})));
  const genesis = {...base, params: {...base.params, unbondWindowSeconds: Number(UNBOND_BLOCKS)}};
  const {chain, intake, store} = await openTestChain(scratchDirectory(), genesis, {
    contracts: contractsOf(STRICT_RULES),
  });
  const nonces = new Map<string, bigint>();
  const submit = async (who: TestAccount, contract: string, payload: Uint8Array): Promise<string> => {
    const nonce = nonces.get(who.address) ?? 0n;
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract, payload})));
    nonces.set(who.address, nonce + 1n);
    return txId;
  };
  const block = async (): Promise<void> => {
    await extend(intake);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
    expect(chain.held).toEqual({balancesDust, bondsDust});
  };
  /** Puts one call into a block of its own, and says what became of it. */
  const run = async (who: TestAccount, contract: string, payload: Uint8Array): Promise<string | null> => {
    const txId = await submit(who, contract, payload);
    await block();
    const {outcome, code} = store.receipt(txId)!;
    return outcome === "applied" ? outcome : code;
  };
  /** A block of somebody who proposes what no door let in. */
  const force = async (
    who: TestAccount,
    calls: readonly (readonly [string, Uint8Array])[],
  ): Promise<(string | null)[]> => {
    const first = nonces.get(who.address) ?? 0n;
    const transactions = calls.map(([contract, payload], i) =>
      readTransaction(signed(who, contentOf(who, {nonce: first + BigInt(i), contract, payload}))),
    );
    nonces.set(who.address, first + BigInt(calls.length));
    await extendWith(chain, {timeMs: chain.tip.timeMs + 1_000n, transactions, proofs: []});
    return transactions.map(({txId}) => store.receipt(txId)!.code);
  };
  return {chain, submit, block, run, force, record: () => chain.state.get(quorumStakes, KEY)};
}
type Opened = Awaited<ReturnType<typeof opened>>;

const stake = (owner: TestAccount, amountDust: bigint, {chainId = TEST_CHAIN_ID, by = client} = {}): Uint8Array =>
  quorumStake.encode({
    publicKey: client.publicKey,
    amountDust,
    possession: mlDsa87.sign(by.secretKey, quorumKeyClaim(chainId, owner.address, client.publicKey)),
  });
const release = (amountDust: bigint): Uint8Array => quorumRelease.encode({key: KEY, amountDust});

test("an account locks money behind a client's key, and more of it", async () => {
  const {chain, run, record} = await opened();
  expect(await run(alice, QUORUM_STAKE_CONTRACT, stake(alice, 500n))).toBe("applied");
  expect(await run(alice, QUORUM_STAKE_CONTRACT, stake(alice, 70n))).toBe("applied");
  expect(record()).toEqual({owner: alice.address, stakeDust: 570n, releasingDust: 0n, returnedAtHeight: 0n});
  expect(accountAt(chain.state, alice.address).balanceDust).toBe(FUNDS - 570n - 2n * FEE);
});

test("what is released counts no more, and is back after the unbonding time", async () => {
  const {chain, run, block, record} = await opened();
  await run(alice, QUORUM_STAKE_CONTRACT, stake(alice, 500n));
  expect(await run(alice, QUORUM_RELEASE_CONTRACT, release(200n))).toBe("applied");
  expect(await run(alice, QUORUM_RELEASE_CONTRACT, release(50n))).toBe("applied");
  expect(record()).toMatchObject({stakeDust: 250n, releasingDust: 250n, returnedAtHeight: 3n + UNBOND_BLOCKS});
  const balance = () => accountAt(chain.state, alice.address).balanceDust;
  expect(balance()).toBe(FUNDS - 500n - 3n * FEE);
  await block();
  expect(balance()).toBe(FUNDS - 500n - 3n * FEE);
  await block();
  // Height 5: the first release was in block 2.
  expect(balance()).toBe(FUNDS - 300n - 3n * FEE);
  expect(record()).toMatchObject({stakeDust: 250n, releasingDust: 50n, returnedAtHeight: 6n});
  await block();
  expect(balance()).toBe(FUNDS - 250n - 3n * FEE);
  expect(record()).toMatchObject({stakeDust: 250n, releasingDust: 0n, returnedAtHeight: 0n});
});

test("releases of one block are told apart, and a key that holds nothing is anybody's again who has it", async () => {
  const {chain, run, submit, block, record} = await opened();
  await run(alice, QUORUM_STAKE_CONTRACT, stake(alice, 500n));
  for (const each of [100n, 100n, 300n]) await submit(alice, QUORUM_RELEASE_CONTRACT, release(each));
  await block();
  expect(record()).toMatchObject({stakeDust: 0n, releasingDust: 500n});
  expect([...chain.state.keys(quorumReleases)]).toHaveLength(3);
  // While it is on its way back the key is its owner's.
  expect(await run(bob, QUORUM_STAKE_CONTRACT, stake(bob, 5n))).toBe("QUORUM_STAKE_NOT_OWNER");
  await block();
  await block();
  expect(record()).toBeUndefined();
  expect([...chain.state.keys(quorumReleases)]).toEqual([]);
  expect(accountAt(chain.state, alice.address).balanceDust).toBe(FUNDS - 4n * FEE);
  expect(await run(bob, QUORUM_STAKE_CONTRACT, stake(bob, 5n))).toBe("applied");
});

describe("refusals", () => {
  const staked = async (chain: Opened): Promise<Opened> => {
    await chain.run(alice, QUORUM_STAKE_CONTRACT, stake(alice, 500n));
    return chain;
  };
  test.each<[string, TestAccount, string, Uint8Array, string]>([
    ["more than the account has", alice, QUORUM_STAKE_CONTRACT, stake(alice, FUNDS), "BALANCE_TOO_LOW"],
    ["a key that somebody staked on", bob, QUORUM_STAKE_CONTRACT, stake(bob, 5n), "QUORUM_STAKE_NOT_OWNER"],
    [
      "a key that signed for another chain",
      alice,
      QUORUM_STAKE_CONTRACT,
      stake(alice, 5n, {chainId: "another"}),
      "QUORUM_KEY_UNPROVEN",
    ],
    ["a signature of another key", alice, QUORUM_STAKE_CONTRACT, stake(alice, 5n, {by: alice}), "QUORUM_KEY_UNPROVEN"],
    ["a release by somebody else", bob, QUORUM_RELEASE_CONTRACT, release(5n), "QUORUM_STAKE_NOT_OWNER"],
    ["a release of more than there is", alice, QUORUM_RELEASE_CONTRACT, release(501n), "QUORUM_STAKE_EXCEEDED"],
  ])("%s", async (_what, who, contract, payload, code) => {
    const {run, record} = await staked(await opened());
    const before = record();
    expect(await run(who, contract, payload)).toBe(code);
    expect(record()).toEqual(before);
  });

  test("a key that signed for another account, and a release where nothing is staked", async () => {
    const {run, record} = await opened();
    expect(await run(alice, QUORUM_STAKE_CONTRACT, stake(bob, 5n))).toBe("QUORUM_KEY_UNPROVEN");
    expect(await run(alice, QUORUM_RELEASE_CONTRACT, release(1n))).toBe("QUORUM_STAKE_UNKNOWN");
    expect(record()).toBeUndefined();
  });

  test("what is on its way back cannot be released again", async () => {
    const {run} = await staked(await opened());
    expect(await run(alice, QUORUM_RELEASE_CONTRACT, release(500n))).toBe("applied");
    expect(await run(alice, QUORUM_RELEASE_CONTRACT, release(1n))).toBe("QUORUM_STAKE_EXCEEDED");
  });

  test("nothing at all is refused at the door", async () => {
    const {submit} = await opened();
    await expect(submit(alice, QUORUM_STAKE_CONTRACT, stake(alice, 0n))).rejects.toMatchObject({
      code: "QUORUM_STAKE_ZERO",
    });
    await expect(submit(alice, QUORUM_RELEASE_CONTRACT, release(0n))).rejects.toMatchObject({
      code: "QUORUM_STAKE_ZERO",
    });
  });

  test("nothing at all is refused in blocks that hold it", async () => {
    const {force, block, record, chain} = await opened();
    expect(await force(alice, [[QUORUM_STAKE_CONTRACT, stake(alice, 0n)]])).toEqual(["QUORUM_STAKE_ZERO"]);
    expect(record()).toBeUndefined();
    const codes = await force(alice, [
      [QUORUM_STAKE_CONTRACT, stake(alice, 5n)],
      [QUORUM_RELEASE_CONTRACT, release(5n)],
      [QUORUM_RELEASE_CONTRACT, release(0n)],
    ]);
    expect(codes).toEqual([null, null, "QUORUM_STAKE_ZERO"]);
    for (let left = UNBOND_BLOCKS; left > 0n; left--) await block();
    expect(record()).toBeUndefined();
    expect([...chain.state.keys(quorumReleases)]).toEqual([]);
  });
});

test("compat chains have no such contract", () => {
  const ids = contractsOf(COMPAT_RULES).map(({id}) => id);
  expect(ids).not.toContain(QUORUM_STAKE_CONTRACT);
  expect(ids).not.toContain(QUORUM_RELEASE_CONTRACT);
});
