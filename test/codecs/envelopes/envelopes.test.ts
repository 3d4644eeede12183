import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import {addressOfKey} from "../../../src/codecs/address.js";
import {hexOf, textOf, utf8} from "../../../src/codecs/bytes.js";
import {enrollment, unenrollment} from "../../../src/codecs/enrollment.js";
import {
  type CapsuleAction,
  capsuleAction,
  type StreamAction,
  streamAction,
} from "../../../src/codecs/envelopes/actions.js";
import {cellOfDust, dustOfCell} from "../../../src/codecs/envelopes/amount.js";
import {
  checkEnrollmentAdmission,
  checkEnrollmentEnvelope,
  type EnrollmentEnvelope,
  enrollmentEnvelope,
  enrollmentSigningBytes,
  transactionOf,
} from "../../../src/codecs/envelopes/enrollment.js";
import {checkSignedTx, type SignedTransaction, signedTxHash} from "../../../src/codecs/envelopes/signed-tx.js";
import {
  checkWalletEnvelope,
  type WalletEnvelope,
  walletEnvelope,
  walletSigningBytes,
} from "../../../src/codecs/envelopes/wallet.js";
import {loadMlDsa, type MlDsa} from "../../../src/node/compute/ml-dsa.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {text, u32, u64} from "../mining/arbitraries.js";

/** 2^26 CELL: from there on doubles lie further apart than one dust. */
const LARGEST_EXACT_DUST = 67_108_864n * 100_000_000n;
const dust = fc.bigInt({min: 0n, max: LARGEST_EXACT_DUST});
const cell = dust.map(cellOfDust);
const wallet: fc.Arbitrary<WalletEnvelope> = fc.record({
  id: text,
  sender: text,
  recipient: text,
  amount: cell,
  fee: cell,
  geotag: text,
  parentCells: fc.option(fc.array(text, {maxLength: 3})),
  nonce: u64,
  signature: text,
  publicKey: text,
  timestamp: text,
});
const signedEnrollment: fc.Arbitrary<EnrollmentEnvelope> = fc.record({
  id: text,
  sender: text,
  nonce: u64,
  fee: cell,
  gasLimit: fc.bigInt({min: -(1n << 63n), max: (1n << 63n) - 1n}),
  contractId: text,
  payloadBase64: fc.base64String(),
  signature: text,
  publicKey: text,
});
const receipt = fc.record({
  streamId: text,
  sequence: u64,
  cumulativeActiveSeconds: u64,
  observedAt: text,
  signature: text,
});
const stream: fc.Arbitrary<StreamAction> = fc.record({
  id: text,
  sender: text,
  streamId: text,
  action: text,
  provider: text,
  serviceId: text,
  deviceIdHash: text,
  sessionPublicKey: text,
  priceDust: u64,
  pricePeriodSeconds: u64,
  budgetDust: u64,
  maxActiveSeconds: u64,
  expiresAt: text,
  receipt: fc.option(receipt),
  nonce: u64,
  timestamp: text,
});
const capsule: fc.Arbitrary<CapsuleAction> = fc.record({
  id: text,
  sender: text,
  action: text,
  locator: text,
  capsule: fc.option(
    fc.record({
      version: u32,
      scheme: text,
      locator: text,
      address: text,
      cipher: text,
      nonce: text,
      ciphertext: text,
      createdAt: text,
    }),
  ),
  nonce: u64,
  timestamp: text,
});

test("envelopes and actions survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(walletEnvelope, wallet);
  expectLaws(enrollmentEnvelope, signedEnrollment);
  expectLaws(streamAction, stream);
  expectLaws(capsuleAction, capsule);
});

test("arbitrary bytes are refused with a DecodeError, and too many before they are read", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (raw) => {
      expectCanonicalOrRefused(walletEnvelope, raw);
      expectCanonicalOrRefused(enrollmentEnvelope, raw);
      expectCanonicalOrRefused(streamAction, raw);
      expectCanonicalOrRefused(capsuleAction, raw);
    }),
  );
  for (const codec of [walletEnvelope, enrollmentEnvelope, streamAction, capsuleAction])
    expect(codeOf(() => codec.decode(new Uint8Array(65_537)))).toBe("JSON_TOO_LARGE");
});

describe("amounts", () => {
  test("up to 2^26 CELL have one double and come back from it", () => {
    fc.assert(
      fc.property(dust, (value) => {
        expect(dustOfCell(cellOfDust(value))).toBe(value);
      }),
    );
    expect([1e-8, 2e-7, 0.1, 100].map(dustOfCell)).toEqual([1n, 20n, 10_000_000n, 10_000_000_000n]);
  });

  test("that are no whole dust, negative, infinite or beyond 64 bits are refused", () => {
    for (const amount of [1e-9, 2.55e-7, 0.123456789, -1, Number.NaN, Infinity, 1e21, 184_467_440_738])
      expect(codeOf(() => dustOfCell(amount))).toBe("AMOUNT_INVALID");
    for (const none of [8_999_588_012_657_701n, (1n << 63n) + 1n])
      expect(codeOf(() => cellOfDust(none))).toBe("AMOUNT_INVALID");
  });
});

describe("signatures", () => {
  let mlDsa: MlDsa;
  let keys: {publicKey: Uint8Array; secretKey: Uint8Array};
  let sender = "";
  beforeAll(async () => {
    mlDsa = await loadMlDsa(87);
    keys = mlDsa.keygenFromSeed(new Uint8Array(32).fill(9));
    sender = addressOfKey(keys.publicKey);
  });
  const sign = (message: Uint8Array): string => hexOf(mlDsa.sign(keys.secretKey, message));

  function signedWallet(change: Partial<WalletEnvelope> = {}): WalletEnvelope {
    const content: WalletEnvelope = {
      id: "t1",
      sender,
      recipient: "b".repeat(64),
      amount: 1.5,
      fee: 0.001,
      geotag: "",
      parentCells: null,
      nonce: 8n,
      signature: "",
      publicKey: hexOf(keys.publicKey),
      timestamp: "2026-01-01T00:00:00Z",
      ...change,
    };
    return {...content, signature: sign(walletSigningBytes(content))};
  }

  function signedEnroll(change: Partial<EnrollmentEnvelope> = {}): EnrollmentEnvelope {
    const payload = enrollment.encode({
      kind: "enroll",
      nodeId: "rig-1",
      gpuUuid: "GPU-1",
      hmacKey: new Uint8Array(32),
      stakeDust: 1_000_000_000n,
      bondMode: "",
      workNonce: 0n,
      memo: "",
    });
    const content: EnrollmentEnvelope = {
      id: "t1",
      sender,
      nonce: 0n,
      fee: 0.001,
      gasLimit: 0n,
      contractId: "qsdm/enroll/v2",
      payloadBase64: Buffer.from(payload).toString("base64"),
      signature: "",
      publicKey: hexOf(keys.publicKey),
      ...change,
    };
    return {...content, signature: sign(enrollmentSigningBytes(content))};
  }

  test("a signed transfer passes and consumes the nonce before its own", () => {
    expect(checkWalletEnvelope(signedWallet(), mlDsa.verify)).toEqual({
      amountDust: 150_000_000n,
      feeDust: 100_000n,
      accountNonce: 7n,
    });
  });

  test("a transfer is refused when anything of it changes", () => {
    const signed = signedWallet();
    const changes: Partial<WalletEnvelope>[] = [
      {amount: 2},
      {fee: 1},
      {recipient: "c"},
      {nonce: 9n},
      {parentCells: []},
      {id: "t2"},
    ];
    for (const change of changes)
      expect(codeOf(() => checkWalletEnvelope({...signed, ...change}, mlDsa.verify))).toBe(
        "ENVELOPE_SIGNATURE_INVALID",
      );
  });

  test("a transfer is refused for its own faults", () => {
    const check = (change: Partial<WalletEnvelope>) =>
      codeOf(() => checkWalletEnvelope(signedWallet(change), mlDsa.verify));
    expect(check({nonce: 0n})).toBe("ENVELOPE_INVALID");
    expect(check({amount: 0})).toBe("ENVELOPE_INVALID");
    expect(check({amount: 1e-9})).toBe("AMOUNT_INVALID");
    expect(check({fee: -1})).toBe("AMOUNT_INVALID");
    expect(check({publicKey: "00"})).toBe("ENVELOPE_INVALID");
    expect(check({sender: sender.toUpperCase()})).toBe("ENVELOPE_SENDER_MISMATCH");
  });

  test("a signed enrollment passes and becomes a transaction that is admitted", () => {
    const signed = signedEnroll();
    expect(codeOf(() => checkEnrollmentEnvelope(signed, mlDsa.verify))).toBe("accepted");
    expect(codeOf(() => checkEnrollmentAdmission(transactionOf(signed), mlDsa.verify))).toBe("accepted");
  });

  test("a signed unenrollment is admitted, one with a bad reason is not", () => {
    const admit = (reason: string) => {
      const payload = unenrollment.encode({kind: "unenroll", nodeId: "rig-1", reason});
      const signed = signedEnroll({payloadBase64: Buffer.from(payload).toString("base64")});
      return codeOf(() => checkEnrollmentAdmission(transactionOf(signed), mlDsa.verify));
    };
    expect([admit("done"), admit("r".repeat(257))]).toEqual(["accepted", "ENROLL_INVALID"]);
  });

  test("an enrollment with a negative fee is refused at admission", () => {
    const tx = transactionOf(signedEnroll({fee: -1}));
    expect(() => checkEnrollmentAdmission(tx, mlDsa.verify)).toThrow("enrollment fee must be >= 0, got -1");
  });

  test("an enrollment with sloppy base64 verifies, and fails once it is a transaction", () => {
    const {payloadBase64} = signedEnroll();
    const signed = signedEnroll({payloadBase64: `${payloadBase64.slice(0, 8)}\n${payloadBase64.slice(8)}`});
    expect(codeOf(() => checkEnrollmentEnvelope(signed, mlDsa.verify))).toBe("accepted");
    expect(codeOf(() => checkEnrollmentAdmission(transactionOf(signed), mlDsa.verify))).toBe(
      "ENVELOPE_SIGNATURE_INVALID",
    );
  });

  test("an enrollment is refused in the order of the reference", () => {
    const check = (change: Partial<EnrollmentEnvelope>) =>
      codeOf(() => checkEnrollmentEnvelope({...signedEnroll(), ...change}, mlDsa.verify));
    expect(check({contractId: "qsdm/enroll/v1"})).toBe("ENVELOPE_INVALID");
    expect(check({id: "\u00a0"})).toBe("ENVELOPE_INVALID");
    expect(check({sender: ` ${sender}`})).toBe("ENVELOPE_SENDER_MISMATCH");
    expect(check({publicKey: "zz".repeat(2592)})).toBe("ENVELOPE_INVALID");
    expect(check({sender: "ab".repeat(32)})).toBe("ENVELOPE_SENDER_MISMATCH");
    expect(check({signature: "00"})).toBe("ENVELOPE_SIGNATURE_INVALID");
    expect(check({nonce: 1n})).toBe("ENVELOPE_SIGNATURE_INVALID");
  });
});

describe("SignedTx v1", () => {
  const tx: SignedTransaction = {
    id: "a",
    sender: "s",
    recipient: "r",
    amount: 1,
    fee: 0.5,
    gasLimit: 1n,
    nonce: 2n,
    contractId: "",
    payload: new Uint8Array(0),
  };
  const publicKey = new Uint8Array(32);
  const proof = {algorithm: "toy", publicKey, signature: new Uint8Array(64)};
  const suite = (valid: boolean) => new Map([["toy", {publicKeyBytes: 32, verify: () => valid}]]);

  test("rounds an exact half of a dust to the even digit, as Go does", () => {
    // 2^-9 is 0.001953125: the ninth decimal is a lone 5.
    const hashOf = (amount: number) => hexOf(signedTxHash({...tx, amount}));
    expect(hashOf(2 ** -9)).toBe(hashOf(0.00195312));
    expect(hashOf(3 * 2 ** -9)).toBe(hashOf(0.00585938));
    expect(hashOf(-(2 ** -9))).toBe(hashOf(-0.00195312));
  });

  test("is refused for algorithm, key size, signature and sender, in this order", () => {
    const good = {...tx, sender: addressOfKey(publicKey).toUpperCase()};
    expect(codeOf(() => checkSignedTx(good, proof, suite(true)))).toBe("accepted");
    expect(codeOf(() => checkSignedTx(good, {...proof, algorithm: "rsa"}, suite(true)))).toBe("TX_ALGORITHM_UNKNOWN");
    expect(codeOf(() => checkSignedTx(good, {...proof, publicKey: new Uint8Array(31)}, suite(true)))).toBe(
      "TX_KEY_SIZE",
    );
    expect(codeOf(() => checkSignedTx(tx, proof, suite(false)))).toBe("TX_SIGNATURE_INVALID");
    expect(codeOf(() => checkSignedTx(tx, proof, suite(true)))).toBe("TX_SENDER_MISMATCH");
  });
});

test("absent parent cells stay null, and an empty list stays a list", () => {
  const [sample] = fc.sample(wallet, {numRuns: 1, seed: 1});
  const json = (parentCells: readonly string[] | null) => textOf(walletEnvelope.encode({...sample!, parentCells}));
  expect(json(null)).toContain('"parent_cells":null');
  expect(json([])).toContain('"parent_cells":[]');
  expect(walletEnvelope.decode(utf8(json([]))).parentCells).toEqual([]);
});
