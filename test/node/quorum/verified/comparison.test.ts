/** Comparisons and shifts on shares: right for every value, and never wrong or telling among cheats. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {WIRES_MAX} from "../../../../src/codecs/quorum/strict/statements.js";
import {QsdmError} from "../../../../src/errors.js";
import {loadBackend} from "../../../../src/node/compute/backend.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {P} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate, type Outputs} from "../../../../src/node/quorum/program/evaluate.js";
import {evaluationsAtOnce} from "../../../../src/node/quorum/strict/custodian.js";
import {CHECK_ROUNDS} from "../../../../src/node/quorum/verified/authenticated.js";
import {MASK_ROUNDS} from "../../../../src/node/quorum/verified/bit-masks.js";
import {checkCost, costOf} from "../../../../src/node/quorum/verified/cost.js";
import type {Wire} from "../../../../src/node/quorum/verified/lock-step.js";
import {rehearse} from "../../../../src/node/quorum/verified/rehearse.js";
import {evaluateDealt} from "../../../support/dealt.js";
import {movedShare} from "../../../support/moved-share.js";
import {draw} from "../../../support/quorum-cluster.js";
import {OPERATIONS, programs} from "../programs.js";

const {field} = await loadBackend();
const random = (size: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(size));
const THREE = {n: 3, k: 2, field};
const MIDDLE = (P - 1n) / 2n;

describe("among honest custodians", () => {
  test("every program gives what it gives in the clear, in as many rounds as its cost says", () => {
    const shapes = fc.constantFrom({n: 3, k: 2}, {n: 5, k: 3}, {n: 7, k: 4});
    fc.assert(
      fc.property(programs(8, OPERATIONS), shapes, ({ir, ...given}, shape) => {
        const {outputs, traffic} = evaluateDealt(ir, given, {...shape, field});
        expect([...outputs]).toEqual([...evaluate(ir, given)]);
        expect(traffic.rounds).toBe(costOf(ir).rounds);
      }),
      {numRuns: 30},
    );
  });

  test("of two values, equal or not, at every edge", () => {
    const k = [1n, 2n, 2n ** 63n, 2n ** 63n - 1n, 2n ** 125n, MIDDLE];
    const values = [0n, ...k, ...k.map((value) => P - value), MIDDLE + 1n];
    const names = values.map((_, at) => `v${at}`);
    const pairs = names.flatMap((a, at) => [a, names[(at * 5 + 3) % names.length]!, names[0]!].map((b) => [a, b]));
    const lines = pairs.flatMap(([a, b], at) => [`lt l${at} = ${a} ${b}`, `eq e${at} = ${a} ${b}`]);
    const outputs = pairs.map((_, at) => `l${at} e${at}`).join(" ");
    const ir = compile([...names.map((name) => `input ${name}`), ...lines, `output ${outputs}`].join("\n"));
    const inputs = new Map(names.map((name, at) => [name, values[at]!]));
    expect([...evaluateDealt(ir, {inputs}, THREE).outputs]).toEqual([...evaluate(ir, {inputs})]);
  });

  test("shifts by every number of bits, of numbers of either sign", () => {
    const shifts = Array.from({length: 100}, (_, at) => at + 1);
    const lines = shifts.map((m) => `input a${m}\ninput b${m}\nshr x${m} = a${m} ${m}\nshr y${m} = b${m} ${m}`);
    const ir = compile(`${lines.join("\n")}\noutput ${shifts.map((m) => `x${m} y${m}`).join(" ")}`);
    // A multiple of what it is divided by, and one less; positive by turns.
    const inputs = new Map(
      shifts.flatMap((m) => {
        const multiple = (m % 4 < 2 ? 1n : -1n) * 2n ** BigInt(m) * BigInt(m % 3);
        return [[`a${m}`, (multiple + P) % P] as const, [`b${m}`, (multiple - 1n + P) % P] as const];
      }),
    );
    expect([...evaluateDealt(ir, {inputs}, THREE).outputs]).toEqual([...evaluate(ir, {inputs})]);
  });

  test("with preprocessing of their own, and a custodian that is silent", () => {
    const ir = compile("input x\nsecret s\nlt l = x s\nmul y = l x\nshr z = y 3\noutput y z");
    const given = {inputs: new Map([["x", 20n]]), secrets: new Map([["s", 1_000n]])};
    const wire: Wire = (message, {from}) => (from === 2 ? null : message);
    const {results} = rehearse(ir, given, {n: 3, k: 2, random, draw, field, wires: {online: wire}});
    expect([...results]).toEqual([
      ["y", 20n],
      ["z", 2n],
    ]);
  });
});

describe("the cost", () => {
  const cost = (source: string) => costOf(compile(source));

  test("of a comparison is 127 bits, their pairs, and a tree", () => {
    const checks = 3;
    expect(cost("input x\nlt y = x x\noutput y").triples).toBe(127 + 63 + 126 + checks);
    expect(cost("input x\nshr y = x 37\noutput y").triples).toBe(127 + 63 + 126 + checks);
    expect(cost("input x\neq y = x x\noutput y").triples).toBe(127 + 63 + 63 + checks);
    expect(cost("input x\nmul y = x x\noutput y").triples).toBe(1 + 2);
  });

  test("in rounds is that of the longest chain: what lies beside it takes none", () => {
    const one = cost("input x\nlt y = x x\noutput y").rounds;
    // Bits and their products, a check, the opening, six halvings and a product, and what ends every evaluation.
    expect(one).toBe(3 + 4 + 1 + 6 + 1 + 4 + 1 + 4);
    const wide = "input x\nmul a = x x\nmul b = a x\nmul c = b x\nlt l = c x\nshr s = x 3\neq e = x a\nlt m = a b\n";
    expect(cost(`${wide}output l s e m`).rounds).toBe(one);
    expect(cost(`${wide}lt n = l s\noutput n`).rounds).toBe(one + 8);
  });

  test("is all that an evaluation takes", () => {
    const ir = compile("input x\nlt l = x x\nshr s = x 4\neq e = x x\nmul y = l s\noutput y e");
    const given = {inputs: new Map([["x", 3n]])};
    expect(evaluateDealt(ir, given, THREE).outputs.get("e")).toBe(1n);
    expect(() => evaluateDealt(ir, given, {...THREE, less: 1})).toThrow("rows are of one length");
  });

  test("bounds how many evaluations have one ticket", () => {
    const many = (count: number) => ({
      policy: {},
      ir: compile(`input x\n${Array.from({length: count}, (_, at) => `lt y${at} = x x\n`).join("")}output y0`),
    });
    // 16,384 triples together: 16,384 / (4 316 + 3) is 12.9.
    expect([1, 4, 100].map((count) => evaluationsAtOnce(many(count)))).toEqual([32, 12, 1]);
    expect(evaluationsAtOnce({...many(1), policy: {minSpacingMs: 1n}})).toBe(1);
  });

  test("is refused above what stock can be made for one evaluation", () => {
    const many = (count: number) =>
      compile(`input x\n${Array.from({length: count}, (_, at) => `lt y${at} = x x\n`).join("")}output y0`);
    expect(() => checkCost(many(500), {n: 3, t: 1})).not.toThrow();
    expect(() => checkCost(many(500), {n: 7, t: 3})).toThrow(expect.objectContaining({code: "PROGRAM_TOO_COSTLY"}));
  });

  test("is refused above the secrets, or inputs and outputs, that a message has room for", () => {
    const of = (type: string, count: number) =>
      compile(`${Array.from({length: count}, (_, at) => `${type} w${at}\n`).join("")}output w0`);
    const wide = expect.objectContaining({code: "PROGRAM_TOO_WIDE"});
    expect(() => checkCost(of("secret", WIRES_MAX), {n: 3, t: 1})).not.toThrow();
    expect(() => checkCost(of("secret", WIRES_MAX + 1), {n: 3, t: 1})).toThrow(wide);
    expect(() => checkCost(of("input", WIRES_MAX - 1), {n: 3, t: 1})).not.toThrow();
    expect(() => checkCost(of("input", WIRES_MAX), {n: 3, t: 1})).toThrow(wide);
  });
});

describe("among cheats", () => {
  const PROGRAM = compile("input x\ninput y\nlt l = x y\nshr s = x 5\neq e = x y\nmul p = l s\noutput p e");
  const GIVEN = {
    inputs: new Map([
      ["x", P - 1_000n],
      ["y", 7n],
    ]),
  };
  const RIGHT = [...evaluate(PROGRAM, GIVEN)];
  /** The round in which masked values are opened, and the last of an evaluation. */
  const MASKED = MASK_ROUNDS + CHECK_ROUNDS;
  const LAST = costOf(PROGRAM).rounds - 1;

  interface Ended {
    readonly outputs: Outputs | null;
    readonly reason: string | null;
    readonly culprits: readonly number[];
    /** Last round in which an honest custodian sent something. */
    readonly reached: number;
  }
  function run(shape: {readonly n: number; readonly k: number; readonly present?: number}, wire: Wire): Ended {
    let reached = -1;
    const watched: Wire = (message, way) => {
      if (way.from === 0) reached = Math.max(reached, way.round);
      return wire(message, way);
    };
    try {
      const {outputs} = evaluateDealt(PROGRAM, GIVEN, {...shape, field, wire: watched});
      return {outputs, reason: null, culprits: [], reached};
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      const {reason = error.code, culprits = []} = error.details as {reason?: string; culprits?: number[]};
      return {outputs: null, reason, culprits, reached};
    }
  }
  const moving = movedShare(0);
  /** Two of three: no share that is sent is held against another. */
  const BARE = {n: 3, k: 2, present: 2};

  test("a bit that somebody moved is noticed before anything is hidden behind it", () => {
    expect(run(BARE, (message) => message)).toMatchObject({reached: LAST});
    // What the last round of the check shows is all that was sent: masked values come in the next.
    for (const round of [0, 1])
      for (const at of [0, 126, 127 * 3 - 1])
        expect(run(BARE, moving(round, at))).toMatchObject({outputs: null, reason: "wrong-mac", reached: MASKED - 1});
  });

  test("a moved product of bits is noticed with them", () => {
    expect(run(BARE, moving(MASK_ROUNDS - 1, 7))).toMatchObject({reason: "wrong-mac", reached: MASKED - 1});
  });

  test("a moved masked value, or a moved share in the tree, gives no result", () => {
    for (let round = MASKED; round <= LAST - 2 * CHECK_ROUNDS - 1; round++)
      expect(run(BARE, moving(round, 2))).toMatchObject({outputs: null, reason: "wrong-mac"});
  });

  test("where others are there to hold it against, a wrong share is noticed at once, and its sender named", () => {
    for (const round of [0, 1, MASK_ROUNDS - 1, MASKED, MASKED + 1]) {
      const ended = {outputs: null, reason: "inconsistent-opening", reached: round};
      expect(run({n: 3, k: 2}, moving(round, 2))).toMatchObject({...ended, culprits: []});
      expect(run({n: 4, k: 2}, moving(round, 2))).toMatchObject({...ended, culprits: [1]});
    }
  });

  test("a square that is made 0 ends the evaluation", () => {
    // Whoever hears the others first can choose what a value is opened as, where there are no more than have to be.
    let others: Uint8Array = new Uint8Array();
    const wire: Wire = (message, {from, round}) => {
      if (round !== 1) return message;
      if (from === 0) others = message;
      if (from !== 1) return message;
      // Shares of 0 at x = 1 and x = 2 lie on a line through 0: y and 2 y.
      const [share] = unpackElements(others.subarray(32, 48));
      return concat(message.subarray(0, 32), packElements([2n * share!]), message.subarray(48));
    };
    expect(run(BARE, wire)).toMatchObject({outputs: null, reason: "zero-square", reached: 1});
  });

  test("no deed of one custodian gives a wrong result, and nobody else is named for it", () => {
    const deeds = fc.record({
      shape: fc.constantFrom(BARE, {n: 3, k: 2}, {n: 4, k: 2}, {n: 5, k: 3, present: 4}),
      round: fc.integer({min: 0, max: LAST}),
      at: fc.nat(800),
      by: fc.bigInt({min: 1n, max: P - 1n}),
      only: fc.option(fc.nat(2)),
      how: fc.constantFrom("move", "silence", "cut", "not below p"),
    });
    fc.assert(
      fc.property(deeds, ({shape, round, at, by, only, how}) => {
        const move = moving(round, at, by);
        const ended = run(shape, (message, way) => {
          if (way.from !== 1 || way.round !== round || (only !== null && way.to !== only)) return message;
          if (how === "silence") return null;
          if (how === "cut") return message.subarray(1);
          return how === "move" ? move(message, way) : new Uint8Array(message.length).fill(0xff);
        });
        if (ended.outputs !== null) expect([...ended.outputs]).toEqual(RIGHT);
        for (const culprit of ended.culprits) expect(culprit).toBe(1);
      }),
      {numRuns: 40},
    );
  });
});
