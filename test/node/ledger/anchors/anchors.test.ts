/** Anchors of audit logs on a real chain: each only grows, and each account has its own. */
import {expect, test} from "vitest";
import {anchorKey, QUORUM_ANCHOR_CONTRACT, quorumAnchor} from "../../../../src/codecs/chain/quorum-anchor.js";
import {quorumAnchorContract} from "../../../../src/node/ledger/anchors/contract.js";
import {quorumAnchors} from "../../../../src/node/ledger/state/stores.js";
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const [alice, bob] = [testAccount("alice"), testAccount("bob")];
const quorum = "11".repeat(32);
const log = "22".repeat(32);
const at = (size: bigint) => ({size, root: "33".repeat(32), checkpoint: "44".repeat(32)});

test("an account's anchor of a log grows, and is its own", async () => {
  const founders = [alice, bob].map(({address}) => ({to: address, amountDust: 10n ** 9n}));
  const {chain, intake, store} = await openTestChain(scratchDirectory(), testGenesis(founders), {
    contracts: [quorumAnchorContract],
  });
  const nonces = new Map<string, bigint>();
  const anchor = async (who: TestAccount, size: bigint, of = log): Promise<string | null> => {
    const nonce = nonces.get(who.address) ?? 0n;
    nonces.set(who.address, nonce + 1n);
    const payload = quorumAnchor.encode({quorum, log: of, ...at(size)});
    const content = contentOf(who, {nonce, contract: QUORUM_ANCHOR_CONTRACT, payload});
    const {txId} = await intake.submit(signed(who, content));
    await extend(intake);
    const {outcome, code} = store.receipt(txId)!;
    return outcome === "applied" ? outcome : code;
  };
  expect(await anchor(alice, 5n)).toBe("applied");
  expect(await anchor(alice, 5n)).toBe("QUORUM_ANCHOR_BEHIND");
  expect(await anchor(alice, 4n)).toBe("QUORUM_ANCHOR_BEHIND");
  expect(await anchor(bob, 2n)).toBe("applied");
  expect(await anchor(alice, 1n, "55".repeat(32))).toBe("applied");
  expect(await anchor(alice, 6n)).toBe("applied");
  const held = (account: TestAccount) => chain.state.get(quorumAnchors, anchorKey(account.address, {quorum, log}));
  expect(held(alice)).toEqual({...at(6n), height: chain.tip.height});
  expect(held(bob)).toMatchObject(at(2n));
});
