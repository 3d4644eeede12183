/** The verified protocol: right among honest custodians, and never wrong among cheats. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {QsdmError} from "../../../../src/errors.js";
import {bigintField} from "../../../../src/node/compute/field.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {add, mul, P} from "../../../../src/node/quorum/field/field.js";
import {isVector, zeros} from "../../../../src/node/quorum/field/vector.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {analyze} from "../../../../src/node/quorum/program/analyze.js";
import {evaluate, type Outputs} from "../../../../src/node/quorum/program/evaluate.js";
import {areConsistent, lagrangeAt, reconstruct, share} from "../../../../src/node/quorum/sharing/shamir.js";
import {checkOpened} from "../../../../src/node/quorum/verified/authenticated.js";
import {wrongPoints} from "../../../../src/node/quorum/verified/decode.js";
import {runInLockStep, type Wire} from "../../../../src/node/quorum/verified/lock-step.js";
import {exchange, Party} from "../../../../src/node/quorum/verified/protocol.js";
import {agreeOnRandomness, hideChallenge, setsOf} from "../../../../src/node/quorum/verified/prss.js";
import {rehearse} from "../../../../src/node/quorum/verified/rehearse.js";
import {makeStock, masksAt, triplesAt} from "../../../../src/node/quorum/verified/stock.js";
import {draw} from "../../../support/quorum-cluster.js";
import {element, programs, SQUARE, seededSource} from "../programs.js";

const field = bigintField;
const random = (size: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(size));
const CUBE = compile("input x\nsecret s\nmul a = x x\nmul b = a x\nadd y = b s\noutput y");
const CUBE_GIVEN = {inputs: new Map([["x", 3n]]), secrets: new Map([["s", 1_000n]])};
const CUBE_RESULT = 1_027n;

interface Ended {
  readonly results: Outputs | null;
  readonly reason: string | null;
  readonly culprits: readonly number[];
}
function run(shape: {n: number; k: number}, wires: {offline?: Wire; online?: Wire}): Ended {
  try {
    return {
      results: rehearse(CUBE, CUBE_GIVEN, {...shape, random, draw, field, wires}).results,
      reason: null,
      culprits: [],
    };
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    const {reason = error.code, culprits = []} = error.details as {reason?: string; culprits?: number[]};
    return {results: null, reason, culprits};
  }
}
/** Blocks of 16 bytes before the elements of a message: what was heard, and in the first one commitments. */
const HEARD = 2;
const FIRST = HEARD + 4;
/** A message with its block number `at` moved by `by`. */
const moved = (message: Uint8Array, at: number, by: bigint): Uint8Array => {
  const from = 16 * (at % Math.floor(message.length / 16));
  const block = message.subarray(from, from + 16);
  const [value] = isVector(block, 1) ? unpackElements(block) : [];
  const other = value === undefined ? block.map((byte) => byte ^ 1) : packElements([add(value, by)]);
  return concat(message.subarray(0, from), other, message.subarray(from + 16));
};

describe("among honest custodians", () => {
  test("every program gives what it gives in the clear", () => {
    fc.assert(
      fc.property(programs(), fc.constantFrom({n: 3, k: 2}, {n: 4, k: 2}, {n: 5, k: 3}), ({ir, ...given}, shape) => {
        const {results} = rehearse(ir, given, {...shape, random, draw, field});
        expect([...results]).toEqual([...evaluate(ir, given)]);
      }),
      {numRuns: 15},
    );
  });

  test("products of one depth share a round, and nothing is sent for sums alone", () => {
    const rounds = (source: string): number =>
      rehearse(compile(source), {inputs: new Map([["x", 2n]])}, {n: 3, k: 2, random, draw, field}).online.rounds;
    const wide = "input x\nmul a = x x\nadd p = a x\nmul b = p x\nmul c = x x\nadd y = b c\noutput y";
    const none = rounds("input x\nadd y = x x\noutput y");
    // Two layers, and the check of what they opened: a challenge that was committed to, and its answer in three rounds.
    expect([rounds(wide) - none, analyze(compile(wide)).depth]).toEqual([2 + 4, 2]);
  });

  test("custodians may be silent in the evaluation as long as enough to open are not", () => {
    const silent =
      (...gone: readonly number[]): Wire =>
      (message, {from}) =>
        gone.includes(from) ? null : message;
    expect(run({n: 3, k: 2}, {online: silent(2)}).results?.get("y")).toBe(CUBE_RESULT);
    expect(run({n: 5, k: 2}, {online: silent(1, 2, 4)}).results?.get("y")).toBe(CUBE_RESULT);
    expect(run({n: 3, k: 2}, {online: silent(1, 2)}).reason).toBe("CUSTODIANS_MISSING");
    expect(run({n: 3, k: 2}, {offline: silent(2)}).reason).toBe("CUSTODIANS_MISSING");
  });
});

describe("among cheats", () => {
  const phase = fc.constantFrom("offline" as const, "online" as const);
  const shape = fc.constantFrom({n: 3, k: 2}, {n: 4, k: 2}, {n: 7, k: 3});
  /** What one custodian does to what it sends in one round, perhaps to some of the others only. */
  const deeds = fc.record({
    phase,
    shape,
    cheat: fc.nat(6),
    round: fc.nat(40),
    at: fc.nat(30),
    by: element.filter((by) => by !== 0n),
    only: fc.option(fc.nat(6)),
    how: fc.constantFrom("move", "replay", "silence", "cut", "not below p"),
  });

  test("no deed of one custodian gives a wrong result, and nobody else is named for it", () => {
    fc.assert(
      fc.property(deeds, ({phase, shape, cheat, round, at, by, only, how}) => {
        const cheater = cheat % shape.n;
        let earlier: Uint8Array = new Uint8Array(16);
        const wire: Wire = (message, way) => {
          if (way.from !== cheater) return message;
          const before = earlier;
          earlier = message;
          if (way.round !== round || (only !== null && way.to !== only % shape.n)) return message;
          if (how === "move") return moved(message, at, by);
          if (how === "replay") return before;
          if (how === "silence") return null;
          if (how === "cut") return message.subarray(1);
          return new Uint8Array(message.length).fill(0xff);
        };
        const ended = run(shape, {[phase]: wire});
        if (ended.results !== null) expect(ended.results.get("y")).toBe(CUBE_RESULT);
        for (const culprit of ended.culprits) expect(culprit).toBe(cheater);
      }),
      {numRuns: 80},
    );
  });

  test("who shows one custodian alone no part of a challenge does not get that one named", () => {
    const rounds = rehearse(CUBE, CUBE_GIVEN, {n: 7, k: 3, random, draw, field}).offline.rounds;
    for (let silent = 0; silent < rounds; silent++) {
      const wire: Wire = (message, {from, to, round}) => (from === 0 && to === 1 && round === silent ? null : message);
      expect(run({n: 7, k: 3}, {offline: wire}).culprits.filter((place) => place !== 0)).toEqual([]);
    }
  });

  /** Sends moved elements in one round of a phase. */
  const moving =
    (cheater: number, at: number, block: number): Wire =>
    (message, {from, round}) =>
      from === cheater && round === at ? moved(message, block, 5n) : message;

  test("a wrong share of an opened value is noticed, and its sender named where there are enough others", () => {
    expect(run({n: 3, k: 2}, {online: moving(1, 0, FIRST)})).toMatchObject({
      reason: "inconsistent-opening",
      culprits: [],
    });
    expect(run({n: 4, k: 2}, {online: moving(1, 0, FIRST)})).toMatchObject({
      reason: "inconsistent-opening",
      culprits: [1],
    });
  });

  test("two of five that agree on wrong shares do not get an honest one named", () => {
    const shares: bigint[][] = [];
    const wire: Wire = (message, {from, round}) => {
      if (round !== 0) return message;
      shares[from] ??= unpackElements(message.subarray(16 * FIRST));
      if (from < 3) return message;
      // Those of 0 and 1 and of both cheats lie on one polynomial of degree 2: that of 2 does not.
      const through = (at: number) => [
        {x: 1n, y: shares[0]![at]!},
        {x: 2n, y: shares[1]![at]!},
        {x: 4n, y: add(shares[3]![at]!, 5n)},
      ];
      const bent = shares[from]!.map((_, at) => lagrangeAt(through(at), BigInt(from + 1)));
      return concat(message.subarray(0, 16 * FIRST), packElements(bent));
    };
    expect(run({n: 5, k: 3}, {online: wire})).toMatchObject({reason: "inconsistent-opening", culprits: []});
  });

  test("two of four that open different values to the others see nothing that depends on them", () => {
    const sent: number[] = [];
    const wire: Wire = (message, {from, to, round}) => {
      if (from === 2) return null;
      if (from < 2) {
        if (round > 0) sent.push(message.length);
        return message;
      }
      if (round > 0 || to > 1) return message;
      // k (x - 1) (x - 2) moves no honest share: each of the honest two finds all shares on one polynomial.
      return moved(message, FIRST, (to === 0 ? 5n : 7n) * (from === 3 ? 6n : 12n));
    };
    expect(run({n: 5, k: 3}, {online: wire})).toMatchObject({results: null, reason: "equivocation", culprits: []});
    // Digests of what they heard, and no share.
    expect(new Set(sent)).toEqual(new Set([32]));
  });

  test("a wrong product in the preprocessing is noticed, though its opening has no redundancy", () => {
    // Three custodians open the products of a triple from all three shares. Keys take two rounds.
    const products = run({n: 3, k: 2}, {offline: moving(1, 2, HEARD)});
    expect([products.results, products.reason]).toEqual([null, "wrong-product"]);
  });

  test("with two of three left, a moved opening is caught by the MACs, however late its sender speaks", () => {
    // What was heard, a nonce of 32 bytes, and the share that was committed to.
    const NONCE = 32 + 32;
    const cheat = (rushing: boolean): Wire => {
      let other = 0n;
      return (message, {from, round}) => {
        if (from === 2) return null;
        if (from === 1 && round === 0) return moved(message, FIRST, 5n);
        if (message.length !== NONCE + 16) return message;
        if (from === 0) [other = 0n] = unpackElements(message.subarray(NONCE));
        // Shares of 0 at x = 1 and x = 2 lie on a line through 0: the last to speak would send twice the other's.
        if (from === 0 || !rushing) return message;
        return concat(message.subarray(0, NONCE), packElements([(2n * other) % P]));
      };
    };
    expect(run({n: 3, k: 2}, {online: cheat(false)})).toMatchObject({results: null, reason: "wrong-mac"});
    expect(run({n: 3, k: 2}, {online: cheat(true)})).toMatchObject({reason: "commitment", culprits: [1]});
  });

  test("a custodian that shows something else than it committed to is named", () => {
    const wire: Wire = (message, {from, round}) => (from === 2 && round === 1 ? moved(message, 0, 1n) : message);
    expect(run({n: 3, k: 2}, {offline: wire})).toMatchObject({reason: "commitment", culprits: [2]});
  });

  test("telling two custodians different things is noticed", () => {
    const wire: Wire = (message, {from, to, round}) => (from === 1 && to === 0 && round === 0 ? null : message);
    expect(run({n: 4, k: 2}, {online: wire}).reason).toBe("equivocation");
  });
});

test("a failed check of MACs shows nothing of their key", () => {
  const shared = (value: bigint) => share(value, {n: 3, k: 2}, draw);
  const alpha = draw();
  const [alphas, macs] = [shared(alpha), shared(mul(7n, alpha))];
  /** What is opened at the end of the check of a 7 that was moved by 5, with the same challenges each time. */
  const shownWith = (a: bigint, b: bigint): bigint => {
    const [as, bs, cs] = [shared(a), shared(b), shared(mul(a, b))];
    const part = (shares: typeof as, place: number) => ({shares: packElements([shares[place]!.y]), macs: zeros(1)});
    const shares = new Map<number, bigint>();
    function* check(place: number) {
      const party = new Party(place, 3, 1, (size) => new Uint8Array(size).fill(place + 1), field);
      const hidden = hideChallenge(party);
      const commitments = yield* exchange(party, hidden.commitment);
      yield* checkOpened(
        {party, alpha: packElements([alphas[place]!.y])},
        {values: packElements([12n]), macs: packElements([macs[place]!.y])},
        {hidden, commitments, blind: {a: part(as, place), b: part(bs, place), c: part(cs, place)}},
      );
    }
    const protocols = [0, 1].map(check);
    const wire: Wire = (message, {from}) => {
      // What was heard, a nonce of 32 bytes, and the share that was committed to.
      if (message.length === 32 + 32 + 16) shares.set(from, unpackElements(message.subarray(64))[0]!);
      return message;
    };
    expect(() => runInLockStep(protocols, wire)).toThrow(
      expect.objectContaining({details: {reason: "wrong-mac", culprits: []}}),
    );
    return reconstruct([...shares].map(([place, y]) => ({x: BigInt(place + 1), y})));
  };
  const [b1, b2] = [draw(), draw()];
  const [first, second] = [shownWith(draw(), b1), shownWith(draw(), b2)];
  expect(first).not.toBe(second);
  // Each is what the key would follow from, times a factor that nobody knows.
  expect(mul(first, b2)).toBe(mul(second, b1));
});

describe("stock", () => {
  for (const [n, k] of [
    [3, 2],
    [4, 2],
    [5, 3],
  ] as const)
    test(`of ${n} custodians, ${k} of whom open: at every point c = a b and r v is the product, under right MACs`, () => {
      const t = k - 1;
      const parties = Array.from({length: n}, (_, place) => new Party(place, n, t, random, field));
      function* both(party: Party) {
        const randomness = yield* agreeOnRandomness(party);
        const alpha = randomness.randoms(1);
        return {alpha, ...(yield* makeStock({party, randomness, alpha}, {triples: 3, masks: 2}))};
      }
      const {results} = runInLockStep(parties.map((party) => both(party)));
      const opened = (pick: (of: (typeof results)[number]) => Uint8Array, at = 0): bigint => {
        const points = results.map((each, place) => ({x: BigInt(place + 1), y: unpackElements(pick(each))[at]!}));
        expect(areConsistent(points, k)).toBe(true);
        return reconstruct(points.slice(0, k));
      };
      const alpha = opened((each) => each.alpha);
      const seen = new Set<bigint>();
      const points = Array.from({length: n - t}, draw);
      for (const point of points) {
        for (let at = 0; at < 3; at++) {
          const [a, b, c] = (["a", "b", "c"] as const).map((part) => {
            const share = opened(({triples}) => triplesAt(triples, parties[0]!, point)[part].shares, at);
            const mac = opened(({triples}) => triplesAt(triples, parties[0]!, point)[part].macs, at);
            expect(mac).toBe(mul(alpha, share));
            return share;
          });
          expect(c).toBe(mul(a!, b!));
          seen.add(a!).add(b!);
        }
        for (let at = 0; at < 2; at++) {
          const [r, mac, v, rv] = [0, 1, 2, 3].map((part) =>
            opened(({masks}) => masksAt(masks, parties[0]!, point), 2 * part + at),
          );
          expect([mac, rv]).toEqual([mul(alpha, r!), mul(r!, v!)]);
          seen.add(r!).add(v!);
        }
      }
      expect(seen.size).toBe(points.length * 2 * 5);
    });
});

describe("shared randomness", () => {
  const agreed = (n: number, t: number) =>
    runInLockStep(Array.from({length: n}, (_, place) => agreeOnRandomness(new Party(place, n, t, random, field))))
      .results;

  for (const [n, t] of [
    [3, 1],
    [5, 2],
    [7, 3],
  ] as const)
    test(`of ${n} custodians against ${t}: random values are of degree ${t}, their blinds of degree ${2 * t}`, () => {
      const sources = agreed(n, t);
      const points = (values: readonly bigint[]) => values.map((y, at) => ({x: BigInt(at + 1), y}));
      const [a, b] = [0, 1].map(() => points(sources.map((source) => unpackElements(source.randoms(3))[2]!)));
      expect(reconstruct(a!.slice(0, t + 1))).toBe(reconstruct(a!.slice(-t - 1)));
      expect(reconstruct(a!)).not.toBe(reconstruct(b!));
      const blinds = sources.map((source) => source.blind(zeros(2)));
      const [blind, unblind] = [
        ({blinded}: (typeof blinds)[0]) => blinded,
        ({unblind}: (typeof blinds)[0]) => unblind,
      ].map((half) => points(blinds.map((each) => unpackElements(half(each))[1]!)));
      const value = reconstruct(unblind!.slice(0, t + 1));
      expect(reconstruct(unblind!.slice(-t - 1))).toBe(value);
      expect(add(reconstruct(blind!), value)).toBe(0n);
      expect(add(reconstruct(blind!.slice(0, -1)), value)).not.toBe(0n);
      expect(value).not.toBe(0n);
    });

  test("every t custodians miss one key", () => {
    const sets = setsOf(5, 3);
    expect(sets).toHaveLength(10);
    for (const coalition of setsOf(5, 2))
      expect(sets.filter((set) => set.every((place) => !coalition.includes(place)))).toHaveLength(1);
  });
});

test("up to (L - t - 1) / 2 wrong points are found, more are not blamed on the wrong ones", () => {
  const wrong = fc.uniqueArray(fc.nat(6), {maxLength: 2});
  fc.assert(
    fc.property(element, wrong, fc.bigInt({min: 1n, max: P - 1n}), fc.nat(1000), (secret, places, by, seed) => {
      const points = share(secret, {n: 7, k: 3}, seededSource(BigInt(seed)));
      const bent = points.map(({x, y}, at) => (places.includes(at) ? {x, y: add(y, by)} : {x, y}));
      expect(wrongPoints(bent, 2)).toEqual([...places].sort((a, b) => a - b));
    }),
  );
});

describe("what cannot be run safely is refused", () => {
  const given = {inputs: new Map([["x", 1n]])};
  for (const [n, k, code] of [
    [3, 3, "THRESHOLD_TOO_HIGH"],
    [4, 3, "THRESHOLD_TOO_HIGH"],
    [3, 1, "THRESHOLD_TOO_LOW"],
    [31, 16, "CUSTODIANS_TOO_MANY"],
  ] as const)
    test(`${k} of ${n}: ${code}`, () => {
      expect(() => rehearse(compile(SQUARE), given, {n, k, random, draw, field})).toThrow(
        expect.objectContaining({code}),
      );
    });
});
