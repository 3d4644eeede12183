import {bls12_381} from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex, concat, hexOf} from "../../../src/codecs/bytes.js";
import {nativePedersen} from "../../../src/node/compute/pedersen/native.js";
import {createNoblePedersen} from "../../../src/node/compute/pedersen/noble.js";
import {guardPedersen, loadPedersen, type Pedersen} from "../../../src/node/compute/pedersen.js";
import {addonOf, builtAddon} from "../../support/native.js";

const ORDER = bls12_381.fields.Fr.ORDER;
const paths: readonly (readonly [string, Pedersen])[] = [
  ["noble", guardPedersen(createNoblePedersen())],
  ...(builtAddon ? [["native", guardPedersen(nativePedersen(builtAddon))] as const] : []),
];
const bytesOf = (scalars: readonly bigint[]): Uint8Array =>
  bytesOfHex(scalars.map((scalar) => scalar.toString(16).padStart(64, "0")).join(""));
/** The second generator as the specification prints it. */
const H = "917c9e15ec18eeb4def9a75c5e8cf520244a75a9c10ec0c071e6d10d642b5feeafd6e04c104c0c16ceabae618d102682";
const {Point} = bls12_381.G1;
const h = Point.fromHex(H);
const expected = (m: bigint, b: bigint): string =>
  (m ? Point.BASE.multiplyUnsafe(m) : Point.ZERO).add(b ? h.multiplyUnsafe(b) : Point.ZERO).toHex(true);

/** Digits of five bits at their edges, both ends of the range, and anything. */
const scalar = fc.oneof(
  fc.constantFrom(0n, 1n, 15n, 16n, 17n, 31n, 32n, 33n, 2n ** 250n, 2n ** 254n, ORDER - 1n, ORDER - 16n),
  fc.bigInt({min: 0n, max: ORDER - 1n}),
  fc
    .array(fc.constantFrom(0, 15, 16, 17, 31), {minLength: 50, maxLength: 50})
    .map((digits) => digits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n)),
);

test("the addon commits where it is built", async (context) => {
  addonOf(context);
  expect((await loadPedersen()).name).toBe("native");
});

describe.each(paths)("Pedersen's commitments by %s", (_, pedersen) => {
  test("to one and zero are the generators, and to nothing the identity", () => {
    const committed = pedersen.commit(bytesOf([1n, 0n, 0n]), bytesOf([0n, 1n, 0n]));
    const g = Point.BASE.toHex(true);
    expect(hexOf(committed)).toBe(`${g}${H}c0${"00".repeat(47)}`);
  });

  test("are what the curve's plain arithmetic gives, in batches of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(scalar, scalar), {maxLength: 5}), (pairs) => {
        const [values, blindings] = [0, 1].map((side) => bytesOf(pairs.map((pair) => pair[side]!)));
        expect(hexOf(pedersen.commit(values!, blindings!))).toBe(pairs.map(([m, b]) => expected(m, b)).join(""));
      }),
      {numRuns: 25},
    );
  });

  test("share a division in groups, with the identity among them", () => {
    const pairs = Array.from({length: 70}, (_x, i): [bigint, bigint] => [BigInt(i % 7), BigInt(i % 3)]);
    const committed = pedersen.commit(bytesOf(pairs.map(([m]) => m)), bytesOf(pairs.map(([, b]) => b)));
    expect(hexOf(committed)).toBe(pairs.map(([m, b]) => expected(m, b)).join(""));
  });

  test("refuse scalars that are not below the group's order", () => {
    const good = bytesOf([ORDER - 1n]);
    for (const wrong of [ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
      const refusal = expect.objectContaining({code: "SCALAR_INVALID"});
      expect(() => pedersen.commit(bytesOf([wrong]), good)).toThrow(refusal);
      expect(() => pedersen.commit(concat(good, good), concat(good, bytesOf([wrong])))).toThrow(refusal);
    }
    expect(() => pedersen.commit(good, concat(good, good))).toThrow();
    expect(() => pedersen.commit(good.subarray(1), good.subarray(1))).toThrow();
  });
});
