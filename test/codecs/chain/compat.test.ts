import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {encodeCbor} from "../../../src/codecs/cbor/cbor.js";
import {
  COMPAT_BODY_MAX_BYTES,
  compatTransaction,
  compatTxIdOf,
  isCompatTransaction,
} from "../../../src/codecs/chain/compat.js";
import {codeOf, expectLaws} from "../laws.js";

const carried = {chainId: "qsdm-test", form: "slash", body: utf8("{}")} as const;

describe("the carrier of a v2 envelope", () => {
  test("obeys both laws", () => {
    expectLaws(
      compatTransaction,
      fc.record({
        chainId: fc.constantFrom("a", "qsdm-test", "x".repeat(64)),
        form: fc.constantFrom("wallet", "enrollment", "slash"),
        body: fc.uint8Array({minLength: 2, maxLength: 300}),
      }),
    );
  });

  test("is an array of tag, chain, form and body", () => {
    expect(compatTransaction.encode(carried)).toEqual(encodeCbor(["qsdm/compat/v2", "qsdm-test", "slash", utf8("{}")]));
  });

  test.each<[string, Uint8Array]>([
    ["an unknown form", encodeCbor(["qsdm/compat/v2", "qsdm-test", "governance", utf8("{}")])],
    ["a chain id that is none", encodeCbor(["qsdm/compat/v2", "QSDM", "slash", utf8("{}")])],
    ["an empty body", encodeCbor(["qsdm/compat/v2", "qsdm-test", "slash", utf8("")])],
    [
      "a body over the limit",
      encodeCbor(["qsdm/compat/v2", "qsdm-test", "slash", new Uint8Array(COMPAT_BODY_MAX_BYTES + 1)]),
    ],
  ])("refuses %s", (_what, bytes) => expect(codeOf(() => compatTransaction.decode(bytes))).toBe("FIELD_INVALID"));

  test("is known by its first bytes alone, and nothing else is", () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 40}), (noise) => {
        expect(isCompatTransaction(noise)).toBe(false);
      }),
    );
    expect(isCompatTransaction(compatTransaction.encode(carried))).toBe(true);
    expect(isCompatTransaction(encodeCbor(["qsdm/compat/v3", "qsdm-test", "slash", utf8("{}")]))).toBe(false);
  });

  test("gives every carrier an id of its own", () => {
    const one = compatTransaction.encode(carried);
    const two = compatTransaction.encode({...carried, chainId: "other"});
    expect(compatTxIdOf(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(compatTxIdOf(one)).not.toBe(compatTxIdOf(two));
  });
});
