import {expect, test} from "vitest";
import {bigintField} from "../../../../src/node/compute/field.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {add, mul, P, sub} from "../../../../src/node/quorum/field/field.js";
import {reconstruct, share} from "../../../../src/node/quorum/sharing/shamir.js";
import type {Session} from "../../../../src/node/quorum/verified/authenticated.js";
import {runInLockStep, type Wire} from "../../../../src/node/quorum/verified/lock-step.js";
import {checkProducts} from "../../../../src/node/quorum/verified/product-check.js";
import {Party} from "../../../../src/node/quorum/verified/protocol.js";
import {agreeOnRandomness} from "../../../../src/node/quorum/verified/prss.js";
import {draw} from "../../../support/quorum-cluster.js";

const random = (size: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(size));
const SHAPES = [
  {n: 3, k: 2},
  {n: 5, k: 3},
] as const;

/** Products of which some are moved, checked by all custodians. */
function check(
  shape: {n: number; k: number},
  count: number,
  moves: ReadonlyMap<number, bigint>,
  wire?: Wire,
  ys = Array.from({length: count}, draw),
): number {
  const {n, k} = shape;
  const shared = (values: readonly bigint[]) => {
    const all = values.map((value) => share(value, shape, draw));
    return (place: number) => packElements(all.map((shares) => shares[place]!.y));
  };
  const xs = Array.from({length: count}, draw);
  const zs = xs.map((x, at) => add(mul(x, ys[at]!), moves.get(at) ?? 0n));
  const [x, y, z] = [shared(xs), shared(ys), shared(zs)];
  function* protocol(party: Party) {
    const randomness = yield* agreeOnRandomness(party);
    const session: Session = {party, randomness, alpha: randomness.randoms(1)};
    yield* checkProducts(session, {xs: x(party.place), ys: y(party.place), zs: z(party.place)});
  }
  const parties = Array.from({length: n}, (_, place) => new Party(place, n, k - 1, random, bigintField));
  return runInLockStep(
    parties.map((party) => protocol(party)),
    wire,
  ).traffic.rounds;
}
const ended = (reason: string) => expect.objectContaining({details: expect.objectContaining({reason})});
const COUNTS = [1, 2, 7, 8, 9, 64, 65, 130];

for (const shape of SHAPES) {
  test(`${shape.k} of ${shape.n}: right products pass, in rounds that grow with the logarithm of their number`, () => {
    expect(check(shape, 0, new Map())).toBe(2);
    // Keys, a challenge, and for each cut products and a challenge; what is opened in the end.
    for (const count of COUNTS) expect(check(shape, count, new Map())).toBe(2 + 2 + 3 * cutsOf(count) + 1);
  });

  test(`${shape.k} of ${shape.n}: one wrong product is noticed wherever it is, and so are two that make up for each other`, () => {
    for (const count of COUNTS) {
      for (const at of [0, count - 1, Math.floor(count / 2)])
        expect(() => check(shape, count, new Map([[at, 1n]])), `${at} of ${count}`).toThrow(ended("wrong-product"));
      if (count === 1) continue;
      const move = draw();
      const moves = new Map([
        [0, move],
        [count - 1, sub(0n, move)],
      ]);
      expect(() => check(shape, count, moves), `two of ${count}`).toThrow(ended("wrong-product"));
    }
  });
}

/** The last one has eight pieces at most. */
const cutsOf = (count: number): number => (count <= 8 ? 1 : 1 + cutsOf(Math.ceil(count / 8)));

test("a custodian that moves what it adds to the check does not hide a wrong product", () => {
  const rounds = check(SHAPES[0], 65, new Map());
  for (let at = 2; at < rounds; at++)
    for (const block of [0, 1]) {
      const wire: Wire = (message, {from, round}) => {
        if (from !== 1 || round !== at) return message;
        const moved = Uint8Array.from(message);
        // Behind the digest of what was heard: the first elements, or what else is there.
        const byte = Math.min(moved.length - 1, 32 + 16 * block);
        moved[byte] = moved[byte]! ^ 1;
        return moved;
      };
      expect(() => check(SHAPES[0], 65, new Map([[40, P - 1n]]), wire), `round ${at}`).toThrow(
        expect.objectContaining({code: "EVALUATION_ABORTED"}),
      );
      expect(() => check(SHAPES[0], 65, new Map(), wire), `round ${at}`).toThrow(
        expect.objectContaining({code: "EVALUATION_ABORTED"}),
      );
    }
});

test("what is opened in the end is another product each time, and tells no factor, also where there is one product", () => {
  const [shape] = SHAPES;
  const last = check(shape, 1, new Map()) - 1;
  const opened = (): bigint[] => {
    const shares = new Map<number, readonly bigint[]>();
    const wire: Wire = (message, {from, round}) => {
      if (round === last) shares.set(from, unpackElements(message.subarray(32)));
      return message;
    };
    // Whatever public number it is taken times, 0 would show.
    check(shape, 1, new Map(), wire, [0n]);
    const points = [...shares].slice(0, shape.k);
    return [0, 1, 2].map((at) => reconstruct(points.map(([from, all]) => ({x: BigInt(from + 1), y: all[at]!}))));
  };
  const [[u, v, z], [, again]] = [opened(), opened()] as [[bigint, bigint, bigint], bigint[]];
  expect(mul(u, v)).toBe(z);
  expect(new Set([0n, v, again]).size).toBe(3);
});
