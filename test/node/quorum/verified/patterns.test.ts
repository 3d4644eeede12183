/** Patterns of queries on shares: told exactly where plain arithmetic sees them, and nothing else is told. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {QsdmError, RuleError} from "../../../../src/errors.js";
import {loadBackend} from "../../../../src/node/compute/backend.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {P} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {costOf} from "../../../../src/node/quorum/verified/cost.js";
import type {Wire} from "../../../../src/node/quorum/verified/lock-step.js";
import {type Patterns, patternCost, scoreOf} from "../../../../src/node/quorum/verified/patterns.js";
import {evaluateDealt} from "../../../support/dealt.js";
import {movedShare} from "../../../support/moved-share.js";

const {field} = await loadBackend();
const mod = (value: bigint): bigint => ((value % P) + P) % P;
type Point = readonly bigint[];

/** A linear model with as many inputs. */
const modelOf = (inputs: number) => {
  const lines = Array.from({length: inputs}, (_, at) => `input x${at}\nsecret w${at}\nmul p${at} = x${at} w${at}`);
  const sums = Array.from({length: inputs - 1}, (_, at) => `add s${at + 1} = ${at === 0 ? "p0" : `s${at}`} p${at + 1}`);
  return compile([...lines, ...sums, `output ${inputs === 1 ? "p0" : `s${inputs - 1}`}`].join("\n"));
};
const secretsOf = (inputs: number) => new Map(Array.from({length: inputs}, (_, at) => [`w${at}`, BigInt(at + 2)]));
const inputsOf = (point: Point) => new Map(point.map((value, at) => [`x${at}`, mod(value)]));

const minus = (a: Point, b: Point): Point => a.map((value, at) => mod(value - b[at]!));
const weight = (point: Point): number => point.filter((value) => value !== 0n).length;
/** Whether one of two vectors is a multiple of the other: every minor is 0. */
const areParallel = (a: Point, b: Point): boolean =>
  a.every((_, i) => b.every((_, j) => mod(a[i]! * b[j]! - a[j]! * b[i]!) === 0n));

/** The definition, by looking at the numbers. */
function plainPatterns(x: Point, earlier: readonly Point[]): Patterns {
  const none = {repeat: false, grid: false, line: false};
  if (earlier.some((y) => weight(minus(x, y)) === 0)) return {...none, repeat: true};
  const pairs = (points: readonly Point[]) =>
    points.flatMap((y, at) => points.slice(0, at).map((z) => [y, z] as const));
  if (x.length === 1) {
    const isMiddle = (a: Point, b: Point, c: Point): boolean => mod(a[0]! + c[0]! - 2n * b[0]!) === 0n;
    return {
      ...none,
      line: pairs(earlier).some(([y, z]) => isMiddle(y, x, z) || isMiddle(x, y, z) || isMiddle(x, z, y)),
    };
  }
  const points = [...earlier, x.map(() => 0n)];
  return {
    ...none,
    grid: points.some((y) => weight(minus(x, y)) <= 1),
    line: pairs(points).some(
      ([y, z]) =>
        [minus(y, z), minus(x, y), minus(x, z)].every((each) => weight(each) > 0) &&
        areParallel(minus(x, y), minus(x, z)),
    ),
  };
}

interface Watched {
  readonly found: readonly Patterns[];
  readonly rounds: number;
}
function watched(x: Point, earlier: readonly Point[], shape: {n: number; k: number; present?: number; less?: number}) {
  const found: Patterns[] = [];
  const given = {inputs: inputsOf(x), secrets: secretsOf(x.length)};
  const {traffic, outputs} = evaluateDealt(modelOf(x.length), given, {
    ...{...shape, field, earlier: earlier.map((point) => point.map(mod))},
    found: (patterns, place) => {
      found[place] = patterns;
    },
  });
  const right = mod(x.reduce((sum, value, at) => sum + value * BigInt(at + 2), 0n));
  expect([...outputs.values()]).toEqual([right]);
  return {found, rounds: traffic.rounds} satisfies Watched;
}

describe("among honest custodians", () => {
  const small = fc.bigInt({min: -2n, max: 2n});
  const any = fc.bigInt({min: 0n, max: P - 1n});

  test("what is told is what plain arithmetic says, for whatever queries", () => {
    const asked = fc.integer({min: 1, max: 4}).chain((inputs) => {
      const point = fc.array(fc.oneof({arbitrary: small, weight: 4}, {arbitrary: any, weight: 1}), {
        minLength: inputs,
        maxLength: inputs,
      });
      return fc.record({x: point, earlier: fc.array(point, {maxLength: 5})});
    });
    const shapes = fc.constantFrom({n: 3, k: 2}, {n: 3, k: 2, present: 2}, {n: 5, k: 3, present: 4});
    fc.assert(
      fc.property(asked, shapes, ({x, earlier}, shape) => {
        const {found, rounds} = watched(x, earlier, shape);
        const right = plainPatterns(
          x.map(mod),
          earlier.map((point) => point.map(mod)),
        );
        expect(found).toEqual(Array(shape.present ?? shape.n).fill(right));
        if (shape.k === 2) expect(rounds).toBe(costOf(modelOf(x.length), earlier.length).rounds);
      }),
      {numRuns: 60},
    );
  });

  test("a query of random numbers stands in no pattern with others like it", () => {
    const point = fc.array(any, {minLength: 3, maxLength: 3});
    fc.assert(
      fc.property(fc.array(point, {minLength: 6, maxLength: 6}), ([x, ...earlier]) => {
        expect(watched(x!, earlier, {n: 3, k: 2}).found[0]).toEqual({repeat: false, grid: false, line: false});
      }),
      {numRuns: 10},
    );
  });

  test.each([
    [
      "a repeat tells of nothing else",
      [1n, 2n],
      [
        [5n, 7n],
        [1n, 2n],
        [1n, 3n],
      ],
      {repeat: true, grid: false, line: false},
    ],
    ["one input varied", [1n, 2n, 3n], [[1n, 9n, 3n]], {repeat: false, grid: true, line: false}],
    ["two inputs varied", [1n, 2n, 3n], [[1n, 9n, 4n]], {repeat: false, grid: false, line: false}],
    ["one input alone", [0n, 5n, 0n], [], {repeat: false, grid: true, line: false}],
    ["nothing at all", [0n, 0n, 0n], [], {repeat: false, grid: true, line: false}],
    [
      "a line through two",
      [5n, 8n],
      [
        [1n, 2n],
        [9n, 14n],
      ],
      {repeat: false, grid: false, line: true},
    ],
    ["a multiple of one", [3n, 6n, 9n], [[1n, 2n, 3n]], {repeat: false, grid: false, line: true}],
    [
      "one earlier query, sent twice",
      [3n, 6n, 7n],
      [
        [1n, 2n, 3n],
        [1n, 2n, 3n],
      ],
      {repeat: false, grid: false, line: false},
    ],
    ["nothing sent before", [3n, 6n, 7n], [[0n, 0n, 0n]], {repeat: false, grid: false, line: false}],
    ["equal steps", [7n], [[1n], [4n]], {repeat: false, grid: false, line: true}],
    ["a middle", [4n], [[1n], [7n]], {repeat: false, grid: false, line: true}],
    ["other steps", [7n], [[1n], [3n]], {repeat: false, grid: false, line: false}],
    ["a number again", [7n], [[1n], [7n]], {repeat: true, grid: false, line: false}],
  ] as const)("%s", (_, x, earlier, right) => {
    const {found} = watched(x, earlier, {n: 3, k: 2, present: 2});
    expect(found[0]).toEqual(right);
    expect(scoreOf(right)).toBe(Object.values(right).filter((each) => each).length);
  });

  test("the cost is all that it takes: by hand, and not one triple less", () => {
    // Of P points: P repeats, 3 P for one input varied, 4 for each two of them.
    expect(patternCost({inputs: 3, earlier: 8}).triples).toBe(9 + 27 + 4 * 36);
    expect(patternCost({inputs: 3, earlier: 0}).triples).toBe(4);
    // Of one input: a repeat of each, and two products and an opening for each two.
    expect(patternCost({inputs: 1, earlier: 4}).triples).toBe(4 + 3 * 6);
    expect(patternCost({inputs: 1, earlier: 0})).toEqual({triples: 0, checks: 0, rounds: 0});
    expect(costOf(modelOf(2), 3).triples).toBe(costOf(modelOf(2)).triples + 2 * 4 * 5 + 1);
    const earlier = [
      [1n, 2n],
      [3n, 5n],
    ];
    expect(() => watched([4n, 9n], earlier, {n: 3, k: 2, less: 1})).toThrow();
  });

  test("a program without inputs, and one of sums alone, are watched as well", () => {
    const found: Patterns[] = [];
    const dealing = {n: 3, k: 2, field, found: (patterns: Patterns) => void found.push(patterns)};
    const sum = compile("input x0\ninput x1\nadd y = x0 x1\noutput y");
    const {outputs, traffic} = evaluateDealt(sum, {inputs: inputsOf([3n, 0n])}, {...dealing, earlier: []});
    expect([outputs.get("y"), traffic.rounds]).toEqual([3n, costOf(sum, 0).rounds]);
    expect(found).toEqual(Array(3).fill({repeat: false, grid: true, line: false}));
    const constant = compile("const c = 7\noutput c");
    expect(evaluateDealt(constant, {inputs: new Map()}, {...dealing, earlier: []}).outputs.get("c")).toBe(7n);
  });

  test("what is opened is 0 or uniform: two runs have no value in common but where a pattern is", () => {
    const opened = (): bigint[] => {
      const messages = new Map<number, Map<number, Uint8Array>>();
      const wire: Wire = (message, {round, from}) => {
        messages.set(round, (messages.get(round) ?? new Map()).set(from, message));
        return message;
      };
      evaluateDealt(
        modelOf(2),
        {inputs: inputsOf([2n, 4n]), secrets: secretsOf(2)},
        {
          ...{
            n: 3,
            k: 2,
            field,
            wire,
            earlier: [
              [1n, 2n],
              [7n, 1n],
            ],
          },
        },
      );
      // The draw, the products, what masks the answers, and four of the check come before the answers.
      const [one, two] = [0, 1].map((from) => unpackElements(messages.get(8)!.get(from)!.subarray(32)));
      return one!.map((value, at) => mod(2n * value - two![at]!));
    };
    const [first, second] = [opened(), opened()];
    // Three repeats, three of one input, three pairs that are one, three lines: (1, 2), (2, 4) and 0 are the one that is 0.
    expect(first).toHaveLength(12);
    for (const [at, value] of first.entries()) {
      const isLine = value === 0n;
      expect(second[at] === value).toBe(isLine);
    }
    expect(first.filter((value) => value === 0n)).toHaveLength(1);
  });
});

describe("among cheats", () => {
  const MODEL = modelOf(3);
  const EARLIER = [
    [1n, 2n, 3n],
    [4n, 9n, 1n],
  ];
  const QUERIES = {hit: [1n, 2n, 8n], free: [5n, 7n, 2n]};
  const {rounds} = costOf(MODEL, EARLIER.length);

  interface Ended {
    readonly reason: string | null;
    readonly culprits: readonly number[];
    /** What honest custodians were told. */
    readonly found: readonly Patterns[];
    readonly outputs: readonly bigint[] | null;
    readonly reached: number;
  }
  function run(query: Point, shape: {n: number; k: number; present?: number}, wire: Wire): Ended {
    const found: Patterns[] = [];
    let reached = -1;
    const dealing = {
      ...{...shape, field, earlier: EARLIER},
      wire: ((message, way) => {
        if (way.from === 0) reached = Math.max(reached, way.round);
        return wire(message, way);
      }) satisfies Wire,
      found: (patterns: Patterns, place: number) => {
        if (place !== 1) found.push(patterns);
      },
    };
    try {
      const {outputs} = evaluateDealt(MODEL, {inputs: inputsOf(query), secrets: secretsOf(3)}, dealing);
      return {reason: null, culprits: [], found, outputs: [...outputs.values()], reached};
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      const {reason = error.code, culprits = []} = error.details as {reason?: string; culprits?: number[]};
      return {reason, culprits, found, outputs: null, reached};
    }
  }
  const BARE = {n: 3, k: 2, present: 2};
  /** Rounds: two of the draw, then products, masks of the answers, four of a check, answers. */
  const [PRODUCTS, MASKED, ANSWERS] = [2, 3, 8];
  const moving = movedShare(PRODUCTS);

  test("a share moved before the answers is noticed before an answer is opened", () => {
    for (const round of [PRODUCTS, MASKED])
      for (const at of [0, 3, 8, 11])
        expect(run(QUERIES.free, BARE, moving(round, at))).toMatchObject({
          ...{reason: "wrong-mac", found: [], outputs: null},
          reached: ANSWERS - 1,
        });
  });

  test("an answer that is bent tells nobody anything, and no output is opened", () => {
    for (const query of [QUERIES.hit, QUERIES.free])
      for (const at of [0, 2, 5, 7])
        expect(run(query, BARE, moving(ANSWERS, at))).toMatchObject({reason: "wrong-mac", found: [], outputs: null});
  });

  test("one that knows the others' shares cannot make a pattern, or make one go away", () => {
    // Whoever speaks last among no more than have to be chooses what is opened: 0 for all answers, or something else.
    for (const [query, target] of [
      [QUERIES.free, 0n],
      [QUERIES.hit, 77n],
    ] as const) {
      let others: bigint[] = [];
      const wire: Wire = (message, {from, round}) => {
        if (round !== ANSWERS) return message;
        if (from === 0) others = unpackElements(message.subarray(32));
        if (from !== 1) return message;
        // A line through `target` at 0 and the other's share at 1 has 2 y - target at 2.
        return concat(message.subarray(0, 32), packElements(others.map((y) => mod(2n * y - target))));
      };
      expect(run(query, BARE, wire)).toMatchObject({reason: "wrong-mac", found: [], outputs: null});
    }
  });

  test("where others are there to hold it against, a wrong share is noticed at once, and its sender named", () => {
    for (const round of [PRODUCTS, MASKED, ANSWERS])
      expect(run(QUERIES.free, {n: 4, k: 2}, moving(round, 1))).toMatchObject({
        ...{reason: "inconsistent-opening", culprits: [1], found: []},
        reached: round,
      });
  });

  test("who says that a query is suspect ends it before outputs are opened", () => {
    let reached = -1;
    const wire: Wire = (message, {round}) => {
      reached = Math.max(reached, round);
      return message;
    };
    const suspect = () => {
      throw new RuleError("ANOMALY_SUSPECTED", "suspect");
    };
    const given = {inputs: inputsOf(QUERIES.hit), secrets: secretsOf(3)};
    expect(() => evaluateDealt(MODEL, given, {n: 3, k: 2, field, earlier: EARLIER, wire, found: suspect})).toThrow(
      expect.objectContaining({code: "ANOMALY_SUSPECTED"}),
    );
    // Outputs take a round, and their check four.
    expect(reached).toBe(rounds - 1 - 5);
  });

  test("no deed of one custodian tells a wrong pattern or gives a wrong result, and nobody else is named for it", () => {
    const right = {hit: plainPatterns(QUERIES.hit, EARLIER), free: plainPatterns(QUERIES.free, EARLIER)};
    const deeds = fc.record({
      shape: fc.constantFrom(BARE, {n: 3, k: 2}, {n: 4, k: 2}, {n: 5, k: 3, present: 4}),
      which: fc.constantFrom("hit" as const, "free" as const),
      round: fc.integer({min: 0, max: rounds - 1}),
      at: fc.nat(100),
      by: fc.bigInt({min: 1n, max: P - 1n}),
      only: fc.option(fc.nat(2)),
      how: fc.constantFrom("move", "silence", "cut", "not below p"),
    });
    fc.assert(
      fc.property(deeds, ({shape, which, round, at, by, only, how}) => {
        const move = moving(round, at, by);
        const query = QUERIES[which];
        const ended = run(query, shape, (message, way) => {
          if (way.from !== 1 || way.round !== round || (only !== null && way.to !== only)) return message;
          if (how === "silence") return null;
          if (how === "cut") return message.subarray(1);
          return how === "move" ? move(message, way) : new Uint8Array(message.length).fill(0xff);
        });
        for (const patterns of ended.found) expect(patterns).toEqual(right[which]);
        if (ended.outputs !== null)
          expect(ended.outputs).toEqual([mod(query.reduce((sum, value, of) => sum + value * BigInt(of + 2), 0n))]);
        for (const culprit of ended.culprits) expect(culprit).toBe(1);
      }),
      {numRuns: 60},
    );
  });
});
