import {describe, expect, test} from "vitest";
import type {VerifySignature} from "../../src/codecs/suite.js";
import {RuleError, UnavailableError} from "../../src/errors.js";
import type {SignedMessage} from "../../src/node/compute/ml-dsa.js";
import {SignatureDesk, type SignaturePool} from "../../src/node/signature-desk.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** Valid where the first byte of the signature is that of the message. */
const isValid = ({message, signature}: SignedMessage): boolean => message[0] === signature[0];

function desk(threads = 1, answer: SignaturePool["mlDsaVerify"] | null = null) {
  const [batches, alone]: [number[], number[]] = [[], []];
  const pool: SignaturePool = {
    threads,
    mlDsaVerify: async (level, batch) => {
      expect(level).toBe(87);
      batches.push(batch.length);
      return answer ? answer(level, batch) : batch.map(isValid);
    },
  };
  const verify: VerifySignature = (publicKey, message, signature) => {
    alone.push(message[0]!);
    return isValid({publicKey, message, signature});
  };
  return {desk: new SignatureDesk(verify, pool), batches, alone, verify};
}
const key = bytes(9);
const asks = (message: number, signature = message) => [key, bytes(message, message >> 8), bytes(signature)] as const;

test("what the rules ask is checked by the pool, and found by them when they run again", async () => {
  const {desk: signatures, batches, alone} = desk();
  const seen: boolean[] = [];
  const rules = (verify: VerifySignature): void => {
    seen.push(verify(...asks(1)), verify(...asks(2, 3)));
  };
  rules(await signatures.ahead(rules));
  expect({seen, batches, alone}).toEqual({seen: [true, true, true, false], batches: [2], alone: []});
});

test("a valid signature is checked once, an invalid one each time that it is offered", async () => {
  const {desk: signatures, batches, alone} = desk();
  for (let round = 0; round < 2; round++)
    await signatures.ahead((verify) => [verify(...asks(1)), verify(...asks(2, 3))]);
  expect(batches).toEqual([2, 1]);
  expect(signatures.checked).toBe(3);
  expect(signatures.verify(...asks(1))).toBe(true);
  expect(alone).toEqual([]);
  expect(signatures.verify(...asks(2, 3))).toBe(false);
  expect(alone).toEqual([2]);
  expect(signatures.checked).toBe(4);
});

test("what was not foreseen is checked when it is asked", async () => {
  const {desk: signatures, alone} = desk();
  const verify = await signatures.ahead(() => undefined);
  expect([verify(...asks(1)), verify(...asks(2, 3)), alone]).toEqual([true, false, [1, 2]]);
});

test("signatures of one turn share jobs of up to 128, and all threads", async () => {
  const ask = (signatures: SignatureDesk, count: number) =>
    Promise.all(Array.from({length: count}, (_, i) => signatures.ahead((verify) => verify(...asks(i, i & 255)))));
  for (const [threads, count, jobs] of [
    [1, 300, [128, 128, 44]],
    [2, 100, [50, 50]],
    [4, 10, [8, 2]],
  ] as const) {
    const {desk: signatures, batches} = desk(threads);
    await ask(signatures, count);
    expect(batches).toEqual(jobs);
  }
});

describe("the rules' refusals", () => {
  const refusal = new RuleError("FEE_TOO_LOW", "too little");
  const refuse = (): never => {
    throw refusal;
  };

  test("before any signature cost nothing", async () => {
    const {desk: signatures, batches} = desk();
    await expect(signatures.ahead(refuse)).rejects.toBe(refusal);
    expect(batches).toEqual([]);
  });

  test("after one wait until it is known, since that is what they may refuse first", async () => {
    const {desk: signatures} = desk();
    const rules = (verify: VerifySignature): void => {
      if (!verify(...asks(1, 2))) throw new RuleError("SIGNATURE_INVALID", "no");
      refuse();
    };
    const verify = await signatures.ahead(rules);
    expect(() => rules(verify)).toThrow(expect.objectContaining({code: "SIGNATURE_INVALID"}));
  });

  test("that are bugs are thrown as they are", async () => {
    const {desk: signatures} = desk();
    const rules = (verify: VerifySignature): never => {
      verify(...asks(1));
      throw new TypeError("a bug");
    };
    await expect(signatures.ahead(rules)).rejects.toThrow(TypeError);
  });
});

test("a full pool is told to everybody whose signatures were in the job, and remembers none of them", async () => {
  let busy = true;
  const {desk: signatures} = desk(1, async (_level, batch) => {
    if (busy) throw new UnavailableError("COMPUTE_BUSY", "too much");
    return batch.map(isValid);
  });
  const ask = () => Promise.allSettled([1, 2].map((each) => signatures.ahead((verify) => verify(...asks(each)))));
  for (const end of await ask()) expect(end).toMatchObject({status: "rejected", reason: {code: "COMPUTE_BUSY"}});
  busy = false;
  for (const end of await ask()) expect(end.status).toBe("fulfilled");
});

test("without a pool the rules check as they go", async () => {
  const {verify, alone} = desk();
  const signatures = new SignatureDesk(verify, null);
  const rules = (check: VerifySignature): boolean => check(...asks(1));
  expect(rules(await signatures.ahead(rules))).toBe(true);
  expect(alone).toEqual([1]);
});

test("a device gets all of a turn's signatures at once, from the size on that it wants", async () => {
  const batches: number[] = [];
  const pool: SignaturePool = {
    threads: 4,
    deviceFrom: 100,
    mlDsaVerify: async (_, batch) => {
      batches.push(batch.length);
      return batch.map(isValid);
    },
  };
  const signatures = new SignatureDesk(() => false, pool);
  for (const count of [99, 100])
    await Promise.all(
      Array.from({length: count}, (_, i) => signatures.ahead((verify) => verify(...asks(count * 256 + i, i & 255)))),
    );
  expect(batches).toEqual([25, 25, 25, 24, 100]);
});
