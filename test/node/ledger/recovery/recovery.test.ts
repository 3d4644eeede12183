/** Recovery capsules on a real chain: one for each account, found by its locator, and nobody else's to take. */
import {expect, test} from "vitest";
import {CAPSULE_CONTRACT} from "../../../../src/codecs/chain/capsule.js";
import {type CapsuleAction, capsuleAction} from "../../../../src/codecs/envelopes/actions.js";
import {checkCapsuleAction, readCapsuleAction} from "../../../../src/node/ledger/recovery/action.js";
import {capsuleAt, capsuleContract} from "../../../../src/node/ledger/recovery/contract.js";
import {capsuleLocators, capsules} from "../../../../src/node/ledger/state/stores.js";
import {viewOf} from "../../../../src/node/view.js";
import recorded from "../../../codecs/envelopes/canonical.vectors.json" with {type: "json"};
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {capsuleOf, locatorOf, registration} from "../../../support/capsules.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const owner = testAccount("owner");
const other = testAccount("other");

async function opened() {
  const founders = [owner, other].map(({address}) => ({to: address, amountDust: 10n ** 9n}));
  const {chain, intake, store} = await openTestChain(scratchDirectory(), testGenesis(founders), {
    contracts: [capsuleContract],
  });
  const nonces = new Map<string, bigint>();
  /** In a block of its own: `applied`, or the code of the refusal. */
  const register = async (who: TestAccount, given: Partial<CapsuleAction> = {}) => {
    const nonce = nonces.get(who.address) ?? 0n;
    const payload = capsuleAction.encode(registration(who.address, {nonce, ...given}));
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract: CAPSULE_CONTRACT, payload})));
    nonces.set(who.address, nonce + 1n);
    await extend(intake);
    const {outcome, code} = store.receipt(txId)!;
    return outcome === "applied" ? "applied" : code;
  };
  return {chain, register};
}

const [one, two] = [locatorOf("1"), locatorOf("2")];

test("a capsule is found by its owner and by its locator, as it was signed", async () => {
  const {chain, register} = await opened();
  expect(await register(owner)).toBe("applied");
  const shown = {
    ...{owner: owner.address, locator: one, capsule: capsuleOf(owner.address)},
    ...{actionId: "rc-1", registeredAt: "2026-01-01T00:00:00Z"},
  };
  const view = viewOf(chain);
  expect(view.capsule({owner: owner.address, locator: null})).toEqual(shown);
  expect(view.capsule({owner: null, locator: one})).toEqual(shown);
  expect(view.capsule({owner: null, locator: two})).toBeNull();
  expect(view.capsule({owner: other.address, locator: null})).toBeNull();
});

test("an account has one capsule: a new one takes the old one's place, and frees its locator", async () => {
  const {chain, register} = await opened();
  expect(await register(owner)).toBe("applied");
  expect(await register(owner, {locator: two})).toBe("applied");
  expect(capsuleAt(chain.state, one)).toBeNull();
  expect(capsuleAt(chain.state, two)).toMatchObject({owner: owner.address});
  expect(await register(owner, {id: "rc-2", locator: two})).toBe("applied");
  expect([...chain.state.keys(capsules)]).toEqual([owner.address]);
  expect([...chain.state.keys(capsuleLocators)]).toEqual([two]);
  expect(await register(other)).toBe("applied");
});

test("a locator that is another's stays theirs", async () => {
  const {chain, register} = await opened();
  expect(await register(owner)).toBe("applied");
  expect(await register(other)).toBe("CAPSULE_LOCATOR_TAKEN");
  expect(capsuleAt(chain.state, one)).toMatchObject({owner: owner.address});
  expect(chain.state.has(capsules, other.address)).toBe(false);
});

test("an action is of its transaction's sender, and carries its nonce or none", async () => {
  const {register} = await opened();
  const foreign = registration(other.address);
  await expect(register(owner, foreign)).rejects.toMatchObject({code: "SENDER_MISMATCH"});
  expect(await register(owner)).toBe("applied");
  expect(await register(owner, {nonce: 0n})).toBe("applied");
  await expect(register(owner, {nonce: 7n})).rejects.toMatchObject({code: "NONCE_MISMATCH"});
});

const capsule = (change: Parameters<typeof capsuleOf>[2]) => ({capsule: capsuleOf(owner.address, one, change)});
const base64 = (size: number) => Buffer.alloc(size, 7).toString("base64");

test.each<[string, Partial<CapsuleAction>]>([
  ["another verb", {action: "remove"}],
  ["an id with a space", {id: "rc 1"}],
  ["an id that is too long", {id: "r".repeat(129)}],
  ["a sender that is no address", {sender: owner.address.toUpperCase()}],
  ["a locator that is no digest", {locator: "1"}],
  ["no capsule", {capsule: null}],
  ["a capsule at another locator", {capsule: capsuleOf(owner.address, two)}],
  ["a capsule of another account", {capsule: capsuleOf(other.address)}],
  ["another version", capsule({version: 2})],
  ["another scheme", capsule({scheme: "qsdm-wallet-recovery-v1"})],
  ["another cipher", capsule({cipher: "aes-128-gcm"})],
  ["a nonce that is too short", capsule({nonce: "AAAA"})],
  ["base64 with a line break in it", capsule({nonce: "AAAAAAAA\nAAAAAAAA"})],
  ["base64 with stray bits", capsule({ciphertext: base64(32).replace("c=", "d=")})],
  ["a ciphertext that is too short", capsule({ciphertext: base64(31)})],
  ["a ciphertext that is too long", capsule({ciphertext: base64(16_385)})],
  ["a creation that is no time", capsule({createdAt: "2025-12-31"})],
  ["a timestamp that is no time", {timestamp: "2026-13-01T00:00:00Z"}],
  ["a timestamp before its capsule", {timestamp: "2025-12-30T23:59:59Z"}],
])("%s is refused", (_what, change) => {
  expect(() => checkCapsuleAction({...registration(owner.address), ...change})).toThrow(
    expect.objectContaining({code: "CAPSULE_INVALID"}),
  );
});

test("the longest capsule is taken, and a payload past 32 KiB is not even read", () => {
  const longest = registration(owner.address, capsule({ciphertext: base64(16_384)}));
  expect(readCapsuleAction(capsuleAction.encode(longest)).record.ciphertext).toHaveLength(16_384);
  expect(() => readCapsuleAction(new Uint8Array(32_769))).toThrow(expect.objectContaining({code: "CAPSULE_INVALID"}));
});

test("the reference's recorded actions fail on their ciphertext of one byte alone", () => {
  const texts = recorded.cases.flatMap(({kind, expect: {signing_bytes_utf8}}) =>
    kind === "recovery_capsule_action" ? [signing_bytes_utf8] : [],
  );
  expect(texts.length).toBeGreaterThan(0);
  for (const text of texts) {
    const given = capsuleAction.decode(new TextEncoder().encode(text));
    expect(() => checkCapsuleAction(given)).toThrow("ciphertext has 1 bytes");
    const filled = {...given, capsule: {...given.capsule!, ciphertext: base64(32)}};
    expect(checkCapsuleAction(filled).record.locator).toBe(given.locator);
  }
});
