/** Who may sign is a question to the state, which a lane asks before it writes: what each way of signing leaves, both ways. */
import {expect, test} from "vitest";
import {addressOfKey} from "../../../../src/codecs/address.js";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {envelope} from "../../../../src/codecs/chain/envelope.js";
import {addressOfPolicy, multiEnvelope, policyOf} from "../../../../src/codecs/chain/multisig.js";
import {TRANSFER_CONTRACT, transfer} from "../../../../src/codecs/chain/payloads.js";
import {ML_DSA_87} from "../../../../src/codecs/suite.js";
import {RuleError} from "../../../../src/errors.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {readTransaction, type Transaction} from "../../../../src/node/ledger/chain/transaction.js";
import {type LaneOptions, ONE_LANE} from "../../../../src/node/ledger/lanes/lane.js";
import {countDust} from "../../../../src/node/ledger/monetary/supply.js";
import {TEST_CHAIN_ID} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {runBlock} from "../../../support/transfers.js";

const keyOf = (i: number): Uint8Array => new Uint8Array(ML_DSA_87.publicKeyBytes).fill(i);
const policy = policyOf(2, [keyOf(7), keyOf(8), keyOf(9)]);
const [alice, bob, team] = [addressOfKey(keyOf(1)), addressOfKey(keyOf(2)), addressOfPolicy(policy)];
const state = genesisState(testGenesis([alice, bob, team].map((to) => ({to, amountDust: 100_000n}))));
state.merge();
const ground = {state, held: countDust(state)};

const contentOf = (sender: string, nonce: bigint, to: string) => ({
  chainId: TEST_CHAIN_ID,
  sender,
  nonce,
  expiresAtHeight: 100n,
  maxFeeDust: 2_000n,
  tipDust: 0n,
  contract: TRANSFER_CONTRACT,
  payload: transfer.encode({to, amountDust: 7n, memo: ""}),
});
/** The block's verifier takes what begins with 0. */
const signature = new Uint8Array(ML_DSA_87.signatureBytes);
const forged = new Uint8Array(ML_DSA_87.signatureBytes).fill(1);
const pay = (sender: string, nonce: bigint, publicKey: Uint8Array | null, by = signature): Transaction =>
  readTransaction(envelope.encode({content: contentOf(sender, nonce, bob), publicKey, signature: by}));
const payTogether = (nonce: bigint, members: readonly number[]): Transaction =>
  readTransaction(
    multiEnvelope.encode({
      content: contentOf(team, nonce, alice),
      policy,
      signatures: members.map((key) => ({key, signature})),
    }),
  );

function seen(transactions: readonly Transaction[], lanes: LaneOptions | null) {
  try {
    const result = runBlock(ground, transactions, {lanes});
    const changes = result.state.changes().map(({store, key, value}) => [store, key, value && hexOf(value)]);
    return {changes, receipts: result.receipts, held: result.held};
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return {code: error.code, message: error.message};
  }
}

test.each<[string, string, () => Transaction[]]>([
  [
    "a key that is carried, left out, and carried again",
    "",
    () => [keyOf(1), null, keyOf(1)].map((key, i) => pay(alice, BigInt(i), key)),
  ],
  ["a key left out before the chain knows it", "KEY_UNKNOWN", () => [pay(bob, 0n, keyOf(2)), pay(alice, 0n, null)]],
  ["a key of somebody else", "SENDER_MISMATCH", () => [pay(bob, 0n, keyOf(2)), pay(alice, 0n, keyOf(2))]],
  [
    "a forged signature under a key of the same block",
    "SIGNATURE_INVALID",
    () => [pay(alice, 0n, keyOf(1)), pay(alice, 1n, null, forged)],
  ],
  ["one transaction twice", "NONCE_MISMATCH", () => new Array(2).fill(pay(alice, 0n, keyOf(1)))],
  [
    "a wrong nonce before a forged signature",
    "NONCE_MISMATCH",
    () => [pay(alice, 5n, keyOf(1)), pay(bob, 0n, keyOf(2), forged)],
  ],
  [
    "members who pay one who pays",
    "",
    () => [payTogether(0n, [0, 2]), pay(alice, 0n, keyOf(1)), payTogether(1n, [1, 2])],
  ],
  ["too few members", "THRESHOLD_UNMET", () => [pay(alice, 0n, keyOf(1)), payTogether(0n, [1])]],
  ["a member twice", "SIGNATURE_INVALID", () => [pay(alice, 0n, keyOf(1)), payTogether(0n, [1, 1])]],
])("%s", (_what, code, build) => {
  const alone = seen(build(), null);
  expect("code" in alone ? alone.code : "").toBe(code);
  const lanes = {...ONE_LANE, least: 1};
  expect(seen(build(), lanes)).toEqual(alone);
  // What was found signed is not verified again: it changes nothing, in either order.
  const shared = build();
  expect(seen(shared, lanes)).toEqual(alone);
  expect(seen(shared, null)).toEqual(alone);
});
