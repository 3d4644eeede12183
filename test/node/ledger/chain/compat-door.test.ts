/** QSDM's envelopes at the doors of a real chain: what goes in, and everything that does not. */
import {beforeEach, describe, expect, test} from "vitest";
import {base64Of, hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {compatTransaction, isCompatTransaction} from "../../../../src/codecs/chain/compat.js";
import {ENROLL_V2_CONTRACT} from "../../../../src/codecs/enrollment.js";
import {
  type CapsuleAction,
  capsuleAction,
  capsuleSubmission,
  type StreamAction,
  streamAction,
  streamSubmission,
} from "../../../../src/codecs/envelopes/actions.js";
import {slashPayload} from "../../../../src/codecs/slashing/payload.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import {type CompatDoor, carryCompat} from "../../../../src/node/ledger/chain/compat-door.js";
import {readTransaction} from "../../../../src/node/ledger/chain/transaction.js";
import {accountAt} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {capsules, enrollments, streams} from "../../../../src/node/ledger/state/stores.js";
import {transactionOfId} from "../../../../src/node/ledger/state/tx-ids.js";
import {
  contentOf,
  mlDsa87,
  signed,
  signedTransfer,
  TEST_CHAIN_ID,
  type TestAccount,
  testAccount,
} from "../../../support/accounts.js";
import {registration} from "../../../support/capsules.js";
import {extend, openTestChain, scratchDirectory, type TestChain, testGenesis} from "../../../support/chain.js";
import {
  enrollmentJson,
  enrollmentV2,
  enrollPayload,
  slashJson,
  slashV2,
  unenrollPayload,
  walletJson,
  walletV2,
} from "../../../support/compat.js";
import {action} from "../../../support/streams.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const FUNDS = 5_000_000_000n;
const carol = testAccount("carol");
const genesis = {
  ...testGenesis([
    {to: alice.address, amountDust: FUNDS},
    {to: carol.address, amountDust: FUNDS},
  ]),
  params: NETWORK_PARAMS.compat,
};
const params = chainParamsOf(genesis);
const SLASH = slashPayload.encode({
  nodeId: "rig-1",
  evidenceKind: "double-mining",
  evidence: utf8("{}"),
  slashAmountDust: 1n,
  memo: "",
});

const OPENING = {
  ...{provider: bob.address, serviceId: "svc", deviceIdHash: "de".repeat(32), sessionPublicKey: "5e".repeat(32)},
  ...{
    priceDust: 1n,
    pricePeriodSeconds: 1n,
    budgetDust: 1_000n,
    maxActiveSeconds: 10n,
    expiresAt: "2020-02-01T00:00:00Z",
  },
};
/** As QSDM's wallets sign it. */
function signedAction(who: TestAccount, given: StreamAction): string {
  const signature = hexOf(mlDsa87.sign(who.secretKey, streamAction.encode(given)));
  return text(streamSubmission.encode({action: given, signature, publicKey: hexOf(who.publicKey)}));
}

function signedCapsule(who: TestAccount, given: CapsuleAction): Uint8Array {
  const signature = hexOf(mlDsa87.sign(who.secretKey, capsuleAction.encode(given)));
  return capsuleSubmission.encode({action: given, signature, publicKey: hexOf(who.publicKey)});
}

let node: TestChain;
beforeEach(async () => {
  node = await openTestChain(scratchDirectory(), genesis, {contracts: contractsOf(COMPAT_RULES)});
});
const send = async (door: CompatDoor, body: Uint8Array) => {
  const {txId} = await node.intake.submitCompat(door, body);
  return {txId};
};
const balance = (address: string) => accountAt(node.chain.state, address).balanceDust;
const receiptOf = (id: string) => node.store.receipt(transactionOfId(node.chain.state, id)!);

describe("what QSDM's clients send", () => {
  test("a transfer moves the amount, pays its fee and spends the nonce below the envelope's", async () => {
    const envelope = walletV2(alice, {to: bob.address, amount: 1.5});
    expect(await send("wallet", walletJson(envelope))).toEqual({txId: envelope.id});
    await extend(node.intake);
    expect(balance(bob.address)).toBe(150_000_000n);
    expect(balance(alice.address)).toBe(FUNDS - 150_000_000n - 100_000n);
    expect(accountAt(node.chain.state, alice.address).nonce).toBe(1n);
    expect(receiptOf(envelope.id)).toMatchObject({outcome: "applied", feeDust: 100_000n, nonce: 0n});
  });

  test("an enrollment locks the bond for nothing, and an unenrollment ends it", async () => {
    await send("enroll", enrollmentJson(enrollmentV2(alice, enrollPayload("rig-1"))));
    await extend(node.intake);
    expect(balance(alice.address)).toBe(FUNDS - 1_000_000_000n);
    expect(node.chain.state.get(enrollments, "rig-1")).toMatchObject({owner: alice.address, nodeKey: null});
    await send("unenroll", enrollmentJson(enrollmentV2(alice, unenrollPayload("rig-1"), {nonce: 1n})));
    await extend(node.intake);
    expect(node.chain.state.get(enrollments, "rig-1")?.revokedAtHeight).toBe(2n);
  });

  test("members may come in another order, with spaces: the block carries the canonical form", async () => {
    const envelope = walletV2(alice, {to: bob.address});
    const members = Object.entries(JSON.parse(new TextDecoder().decode(walletJson(envelope))));
    await send("wallet", utf8(JSON.stringify(Object.fromEntries(members.reverse()), null, 2)));
    await extend(node.intake);
    const stored = await node.store.block(1n);
    expect(compatTransaction.decode(stored!.block.transactions[0]!).body).toEqual(walletJson(envelope));
    expect(balance(bob.address)).toBe(100_000_000n);
  });

  test("our own envelopes are taken beside them", async () => {
    await node.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 7n}));
    await extend(node.intake);
    expect(balance(bob.address)).toBe(7n);
  });

  test("a failure is free: no fee, no nonce, and the same id never again", async () => {
    const enrolled = enrollmentV2(alice, unenrollPayload("rig-9"), {fee: 0.5});
    await send("unenroll", enrollmentJson(enrolled));
    await extend(node.intake);
    expect(receiptOf(enrolled.id)).toMatchObject({outcome: "rejected", code: "UNENROLLMENT_NOT_OWNER", feeDust: 0n});
    expect(accountAt(node.chain.state, alice.address)).toEqual({balanceDust: FUNDS, nonce: 0n});
    expect(node.pool.size).toBe(0);
    await expect(send("unenroll", enrollmentJson(enrolled))).rejects.toMatchObject({code: "TX_ID_USED"});
  });

  test("a stream action is signed over its own bytes, and runs by the times that it claims", async () => {
    const given = action({...OPENING, sender: alice.address, action: "open", timestamp: "2020-01-01T00:00:00Z"});
    const submit = (change: object) =>
      send("stream", utf8(JSON.stringify({...JSON.parse(signedAction(alice, given)), ...change})));
    await expect(submit({public_key: "00"})).rejects.toMatchObject({code: "ENVELOPE_SIGNATURE_INVALID"});
    const other = JSON.parse(signedAction(carol, given));
    await expect(submit({public_key: other.public_key})).rejects.toMatchObject({code: "SENDER_MISMATCH"});
    const {signature} = JSON.parse(signedAction(alice, {...given, budgetDust: 1n}));
    await expect(submit({signature})).rejects.toMatchObject({code: "SIGNATURE_INVALID"});
    expect(await submit({})).toEqual({txId: given.id});
    await extend(node.intake);
    expect(balance(alice.address)).toBe(FUNDS - 1_000n);
    expect(node.chain.state.get(streams, "s-1")).toMatchObject({openedAtNs: 1_577_836_800_000_000_000n});
    expect(receiptOf(given.id)).toMatchObject({outcome: "applied", feeDust: 0n, nonce: 0n});
  });

  test("a capsule costs nothing, but for an account that never held anything", async () => {
    const given = registration(alice.address);
    const forged = signedCapsule(carol, given);
    await expect(send("capsule", forged)).rejects.toMatchObject({code: "SENDER_MISMATCH"});
    expect(await send("capsule", signedCapsule(alice, given))).toEqual({txId: "rc-1"});
    const nobody = testAccount("nobody");
    const unheld = {id: "rc-2", locator: "2".repeat(64)};
    await send("capsule", signedCapsule(nobody, registration(nobody.address, unheld)));
    await extend(node.intake);
    expect(receiptOf("rc-1")).toMatchObject({outcome: "applied", feeDust: 0n, nonce: 0n});
    expect(receiptOf("rc-2")).toMatchObject({outcome: "rejected", code: "CAPSULE_OWNER_UNKNOWN"});
    expect([...node.chain.state.keys(capsules)]).toEqual([alice.address]);
    expect(accountAt(node.chain.state, nobody.address)).toEqual({balanceDust: 0n, nonce: 0n});
  });

  test("a slash needs no signature, and one that proves nothing costs its named sender nothing", async () => {
    const submission = slashV2(alice, SLASH);
    expect(await send("slash", slashJson(submission))).toEqual({txId: submission.id});
    await extend(node.intake);
    expect(receiptOf(submission.id)).toMatchObject({outcome: "rejected", code: "SLASH_NODE_NOT_ENROLLED", feeDust: 0n});
    expect(balance(alice.address)).toBe(FUNDS);
  });

  test("what waits is there after a restart", async () => {
    const directory = scratchDirectory();
    const contracts = contractsOf(COMPAT_RULES);
    const first = await openTestChain(directory, genesis, {contracts});
    await first.intake.submitCompat("wallet", walletJson(walletV2(alice, {to: bob.address})));
    first.store.close();
    const again = await openTestChain(directory, genesis, {contracts});
    await extend(again.intake);
    expect(accountAt(again.chain.state, bob.address).balanceDust).toBe(100_000_000n);
  });
});

const wallet = (change = {}, move = {}) => walletJson(walletV2(alice, {to: bob.address, ...move}, change));
const enroll = (change = {}, payload = enrollPayload("rig-1")) => enrollmentJson(enrollmentV2(alice, payload, change));
const slash = (change = {}, payload = SLASH) => slashJson(slashV2(alice, payload, change));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const otherSignature = (json: Uint8Array) =>
  utf8(text(json).replace(/"signature":"(..)/, (_, two) => `"signature":"${two === "00" ? "01" : "00"}`));
const withMember = (json: Uint8Array) => utf8(text(json).replace("{", '{"extra":1,'));
const rich = 5_000_000_000;

test.each<[string, CompatDoor, () => Uint8Array, string]>([
  ["a wallet signature of other bytes", "wallet", () => otherSignature(wallet()), "ENVELOPE_SIGNATURE_INVALID"],
  [
    "a wallet sender that is not the key's",
    "wallet",
    () => wallet({sender: carol.address}),
    "ENVELOPE_SENDER_MISMATCH",
  ],
  ["a wallet sender that is no address", "wallet", () => wallet({sender: "alice"}), "ADDRESS_INVALID"],
  ["a recipient that is no address", "wallet", () => wallet({recipient: "bob"}), "ADDRESS_INVALID"],
  ["a transfer of nothing", "wallet", () => wallet({}, {amount: 0}), "TRANSFER_ZERO"],
  ["a negative amount", "wallet", () => wallet({}, {amount: -1}), "AMOUNT_INVALID"],
  ["a negative wallet fee", "wallet", () => wallet({fee: -1}), "AMOUNT_INVALID"],
  ["a fee that is no whole number of dust", "wallet", () => wallet({fee: 1e-9}), "AMOUNT_INVALID"],
  ["a fee above the balance", "wallet", () => wallet({fee: rich}), "BALANCE_TOO_LOW"],
  ["a wallet nonce of 0", "wallet", () => wallet({nonce: 0n}), "ENVELOPE_INVALID"],
  ["a wallet nonce far ahead", "wallet", () => wallet({nonce: 1_000n}), "NONCE_TOO_HIGH"],
  ["a wallet envelope without an id", "wallet", () => wallet({id: ""}), "ENVELOPE_INVALID"],
  ["an id that is too long", "wallet", () => wallet({id: "x".repeat(257)}), "ENVELOPE_INVALID"],
  ["an unknown wallet member", "wallet", () => withMember(wallet()), "ENVELOPE_INVALID"],
  ["a wallet envelope that is too long", "wallet", () => wallet({geotag: "x".repeat(65_536)}), "ENVELOPE_TOO_LARGE"],
  ["what is no JSON", "wallet", () => utf8("{"), "ENVELOPE_INVALID"],
  ["two wallet envelopes", "wallet", () => utf8(text(wallet()).repeat(2)), "ENVELOPE_INVALID"],
  ["an enrollment at the wallet's door", "wallet", () => enroll(), "ENVELOPE_INVALID"],
  ["an enrollment signature of other bytes", "enroll", () => otherSignature(enroll()), "ENVELOPE_SIGNATURE_INVALID"],
  ["an enrollment of another sender", "enroll", () => enroll({sender: carol.address}), "ENVELOPE_SENDER_MISMATCH"],
  ["an enrollment of another contract", "enroll", () => enroll({contractId: "qsdm/slash/v1"}), "CONTRACT_UNFIT"],
  ["an enrollment of the unsigned contract", "enroll", () => enroll({contractId: "qsdm/enroll/v1"}), "ENROLL_UNSIGNED"],
  ["a negative enrollment fee", "enroll", () => enroll({fee: -1}), "ENROLL_INVALID"],
  ["an enrollment nonce far ahead", "enroll", () => enroll({nonce: 1_000n}), "NONCE_TOO_HIGH"],
  ["an unknown enrollment member", "enroll", () => withMember(enroll()), "ENVELOPE_INVALID"],
  ["an enrollment that is too long", "enroll", () => enroll({id: "x".repeat(65_536)}), "ENVELOPE_TOO_LARGE"],
  ["a payload that is no base64", "enroll", () => enroll({payloadBase64: "*"}), "ENVELOPE_INVALID"],
  [
    "a payload in base64 with a line break, signed as it is",
    "enroll",
    () => enroll({payloadBase64: base64Of(enrollPayload("rig-1")).replace("=", "\n=")}),
    "ENVELOPE_SIGNATURE_INVALID",
  ],
  ["an unenrollment at the other door", "enroll", () => enroll({}, unenrollPayload("rig-1")), "ENVELOPE_INVALID"],
  ["an enrollment at the other door", "unenroll", () => enroll(), "ENVELOPE_INVALID"],
  [
    "an enrollment with a wrong field",
    "enroll",
    () => enroll({}, enrollPayload("rig-1", new Uint8Array(8))),
    "ENROLL_INVALID",
  ],
  ["a slash of another contract", "slash", () => slash({contractId: ENROLL_V2_CONTRACT}), "CONTRACT_UNFIT"],
  ["a slash that claims to be a transfer", "slash", () => slash({contractId: "qsdm/transfer/v3"}), "CONTRACT_UNFIT"],
  ["a slash of a sender that is no address", "slash", () => slash({sender: "x"}), "ADDRESS_INVALID"],
  ["a slash for nothing", "slash", () => slash({fee: 0}), "SLASH_INVALID"],
  ["a slash that its sender cannot pay", "slash", () => slash({fee: rich}), "BALANCE_TOO_LOW"],
  ["a slash nonce far ahead", "slash", () => slash({nonce: 1_000n}), "NONCE_TOO_HIGH"],
  ["an unknown slash member", "slash", () => withMember(slash()), "ENVELOPE_INVALID"],
  ["a slash payload that is none", "slash", () => slash({}, utf8("{}")), "SLASH_INVALID"],
  ["a slash that is too long", "slash", () => slash({}, new Uint8Array(800_000)), "ENVELOPE_TOO_LARGE"],
])("refuses %s", async (_what, door, body, code) => {
  await expect(send(door, body())).rejects.toMatchObject({code});
  expect(node.pool.size).toBe(0);
  expect(node.store.waiting()).toEqual([]);
});

test("refuses a second envelope of one id, waiting or included", async () => {
  await send("wallet", wallet({id: "same"}));
  await expect(send("wallet", wallet({id: "same"}, {nonce: 1n}))).rejects.toMatchObject({code: "POOL_DUPLICATE"});
  await extend(node.intake);
  await expect(send("wallet", wallet({id: "same"}, {nonce: 1n}))).rejects.toMatchObject({code: "TX_ID_USED"});
});

test("refuses a spent nonce", async () => {
  await send("wallet", wallet());
  await extend(node.intake);
  await expect(send("wallet", wallet())).rejects.toMatchObject({code: "NONCE_USED"});
});

describe("a strict chain", () => {
  const strict = testGenesis([{to: alice.address, amountDust: FUNDS}]);

  test.each<[CompatDoor, () => Uint8Array]>([
    ["wallet", () => wallet()],
    ["enroll", () => enroll()],
    ["unenroll", () => enroll({}, unenrollPayload("rig-1"))],
    ["slash", () => slash()],
  ])("takes nothing at the %s door, and says what to do", async (door, body) => {
    const {intake} = await openTestChain(scratchDirectory(), strict, {contracts: contractsOf(STRICT_RULES)});
    await expect(intake.submitCompat(door, body())).rejects.toMatchObject({
      code: "ENVELOPE_V2_REFUSED",
      hint: expect.stringContaining("v3"),
    });
  });

  test("refuses a carrier that comes in as a transaction", async () => {
    const {intake} = await openTestChain(scratchDirectory(), strict, {contracts: contractsOf(STRICT_RULES)});
    await expect(
      intake.submit(carryCompat("slash", slash(), {params, verifySignature: mlDsa87.verify})),
    ).rejects.toMatchObject({
      code: "ENVELOPE_V2_REFUSED",
    });
  });

  test.each([...contractsOf(COMPAT_RULES)].filter((each) => !contractsOf(STRICT_RULES).includes(each)))(
    "has no contract $id",
    async ({id}) => {
      const {intake} = await openTestChain(scratchDirectory(), strict, {contracts: contractsOf(STRICT_RULES)});
      const envelope = signed(alice, contentOf(alice, {contract: id, payload: enrollPayload("rig-1")}));
      await expect(intake.submit(envelope)).rejects.toMatchObject({code: "CONTRACT_UNKNOWN"});
    },
  );
});

describe("a carrier", () => {
  const carried = (change = {}) =>
    compatTransaction.encode({chainId: TEST_CHAIN_ID, form: "slash", body: slash(), ...change});

  test("of another chain is refused", async () => {
    await expect(node.intake.submit(carried({chainId: "other"}))).rejects.toMatchObject({code: "CHAIN_MISMATCH"});
  });

  test("with JSON that is not canonical is refused: blocks have one form", async () => {
    const body = utf8(` ${text(slash())}`);
    await expect(node.intake.submit(carried({body}))).rejects.toMatchObject({code: "JSON_NOT_CANONICAL"});
  });

  test("of one form does not pass as another", async () => {
    await expect(node.intake.submit(carried({form: "wallet"}))).rejects.toMatchObject({code: "ENVELOPE_INVALID"});
  });

  test("has an id over all of its bytes", () => {
    const ids = [carried(), carried({chainId: "other"}), carried({body: slash()})].map(
      (each) => readTransaction(each).txId,
    );
    expect(new Set(ids).size).toBe(3);
  });

  test("is told from an envelope v3 by its first bytes", () => {
    expect(isCompatTransaction(carried())).toBe(true);
    expect(isCompatTransaction(signedTransfer(alice, {to: bob.address, amountDust: 1n}))).toBe(false);
    expect(isCompatTransaction(new Uint8Array(40).fill(0x84))).toBe(false);
  });
});
