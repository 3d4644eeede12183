/** Accounts of several keys on a real chain with real signatures. */
import {describe, expect, test} from "vitest";
import {signingBytes, type UnsignedEnvelope} from "../../../../src/codecs/chain/envelope.js";
import {
  addressOfPolicy,
  decodeMultiEnvelope,
  type MultiEnvelope,
  multiEnvelope,
  type Policy,
  policyOf,
} from "../../../../src/codecs/chain/multisig.js";
import {transfer} from "../../../../src/codecs/chain/payloads.js";
import {accountAt, countDust} from "../../../../src/node/ledger/monetary/supply.js";
import {contentOf, mlDsa87, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const MEMBERS = ["ann", "bob", "cat"].map(testAccount);
const stranger = testAccount("stranger");
const POLICY = policyOf(
  2,
  MEMBERS.map(({publicKey}) => publicKey),
);
/** Members in the order of their keys. */
const [first, second, third] = POLICY.keys.map((key) => MEMBERS.find(({publicKey}) => publicKey === key)!) as [
  TestAccount,
  TestAccount,
  TestAccount,
];
const SHARED = addressOfPolicy(POLICY);
const genesis = testGenesis([{to: SHARED, amountDust: 1_000_000n}]);

const pay = (amountDust: bigint, change: Partial<UnsignedEnvelope> = {}): UnsignedEnvelope =>
  contentOf(stranger, {
    sender: SHARED,
    payload: transfer.encode({to: stranger.address, amountDust, memo: ""}),
    ...change,
  });
const by = (
  content: UnsignedEnvelope,
  signers: readonly (readonly [number, TestAccount])[],
  policy: Policy = POLICY,
) => ({
  content,
  policy,
  signatures: signers.map(([key, {secretKey}]) => ({key, signature: mlDsa87.sign(secretKey, signingBytes(content))})),
});
const submit = async (value: MultiEnvelope) => {
  const ledger = await openTestChain(scratchDirectory(), genesis);
  return {...ledger, ...(await ledger.intake.submit(multiEnvelope.encode(value)))};
};

test("any two of three pay from the account, and follow each other by nonce", async () => {
  const {chain, intake, store, txId} = await submit(
    by(pay(5_000n), [
      [0, first],
      [2, third],
    ]),
  );
  const again = by(pay(7_000n, {nonce: 1n}), [
    [0, first],
    [1, second],
  ]);
  const next = await intake.submit(multiEnvelope.encode(again));
  await extend(intake);
  // By the schedule: the payment, and 16 for each byte of three keys and two signatures.
  const {payload} = pay(5_000n);
  const gasUsed = 36_200n + 16n * BigInt(payload.length) + 16n * (3n * 2_592n + 2n * 4_627n);
  expect(store.receipt(txId)).toMatchObject({outcome: "applied", sender: SHARED, feeDust: 1_000n, gasUsed});
  expect(store.receipt(next.txId)?.outcome).toBe("applied");
  expect(accountAt(chain.state, SHARED)).toEqual({balanceDust: 1_000_000n - 14_000n, nonce: 2n});
  expect(chain.held).toEqual(countDust(chain.state));
});

const good = pay(5_000n);
const flipped = (value: MultiEnvelope): MultiEnvelope => {
  const [one, two] = value.signatures;
  const signature = two!.signature.slice();
  signature[100]! ^= 1;
  return {...value, signatures: [one!, {...two!, signature}]};
};
const other = policyOf(
  1,
  MEMBERS.map(({publicKey}) => publicKey),
);
for (const [name, value, code] of [
  ["with one signature too few", by(good, [[0, first]]), "THRESHOLD_UNMET"],
  ["with none", by(good, []), "THRESHOLD_UNMET"],
  [
    "with one too many",
    by(good, [
      [0, first],
      [1, second],
      [2, third],
    ]),
    "THRESHOLD_UNMET",
  ],
  [
    "with one member's signature twice",
    by(good, [
      [0, first],
      [0, first],
    ]),
    "SIGNATURE_INVALID",
  ],
  [
    "with signatures out of order",
    by(good, [
      [1, second],
      [0, first],
    ]),
    "SIGNATURE_INVALID",
  ],
  [
    "with a stranger's signature",
    by(good, [
      [0, first],
      [1, stranger],
    ]),
    "SIGNATURE_INVALID",
  ],
  [
    "with a signature of no member",
    by(good, [
      [0, first],
      [3, third],
    ]),
    "SIGNATURE_INVALID",
  ],
  [
    "with a bit of a signature changed",
    flipped(
      by(good, [
        [0, first],
        [1, second],
      ]),
    ),
    "SIGNATURE_INVALID",
  ],
  [
    "with signatures over other content",
    {
      ...by(good, [
        [0, first],
        [1, second],
      ]),
      content: pay(6_000n),
    },
    "SIGNATURE_INVALID",
  ],
  ["under a policy with a lower threshold", by(good, [[0, first]], other), "SENDER_MISMATCH"],
] as const)
  test(`a payment ${name} is refused`, async () => {
    await expect(submit(value)).rejects.toMatchObject({code});
  });

test("one key cannot spend from the account of several", async () => {
  const {intake} = await openTestChain(scratchDirectory(), genesis);
  await expect(intake.submit(signed(first, good))).rejects.toMatchObject({code: "SENDER_MISMATCH"});
});

test("many keys and signatures cost more than the base fee buys", async () => {
  const many = Array.from({length: 16}, (_, at) => testAccount(`member ${at}`));
  const policy = policyOf(
    16,
    many.map(({publicKey}) => publicKey),
  );
  const content = pay(1n, {sender: addressOfPolicy(policy), maxFeeDust: 1_000n});
  const value = {content, policy, signatures: []};
  await expect(submit(value)).rejects.toMatchObject({code: "FEE_TOO_LOW"});
});

describe("a policy", () => {
  const keys = POLICY.keys;
  test("gives one address, whatever the order in which its keys are named", () => {
    expect(addressOfPolicy(policyOf(2, [...keys].reverse()))).toBe(SHARED);
    expect(addressOfPolicy(other)).not.toBe(SHARED);
  });

  for (const [name, policy] of [
    ["of one key", {threshold: 1, keys: keys.slice(0, 1)}],
    ["that nobody has to meet", {threshold: 0, keys}],
    ["that nobody can meet", {threshold: 4, keys}],
    ["with its keys out of order", {threshold: 2, keys: [...keys].reverse()}],
    ["with a key twice", {threshold: 2, keys: [keys[0]!, keys[0]!, keys[1]!]}],
  ] as const)
    test(`${name} is refused`, () => {
      const bytes = multiEnvelope.encode({content: good, policy, signatures: []});
      expect(() => decodeMultiEnvelope(bytes)).toThrowError(expect.objectContaining({code: "POLICY_INVALID"}));
    });
});
