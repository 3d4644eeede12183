/** The 25 security properties of the reference's phase 11, by their numbers in the specification, part IV. */
import {describe, expect, test} from "vitest";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {evaluateInProcess, type Trace} from "../../../src/node/quorum/custodian/in-process.js";
import {add, mul, P, reduce, sub} from "../../../src/node/quorum/field/field.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {dealTriple, maskOperands, productShare} from "../../../src/node/quorum/sharing/beaver.js";
import {refresh, zeroPolynomial} from "../../../src/node/quorum/sharing/refresh.js";
import {evaluatePolynomial, lagrangeAt, reconstruct, share} from "../../../src/node/quorum/sharing/shamir.js";
import {setsOf} from "../../../src/node/quorum/verified/prss.js";
import {Cluster, draw} from "../../support/quorum-cluster.js";
import {SQUARE} from "./programs.js";

const K2 = {n: 3, k: 2};
const MUL = compile("input x\ninput y\nmul z = x y\noutput z");
const run = (x: bigint, y: bigint): Trace =>
  evaluateInProcess(
    MUL,
    {
      inputs: new Map([
        ["x", x],
        ["y", y],
      ]),
    },
    K2,
    draw,
  );
const times = <T>(count: number, make: () => T): T[] => Array.from({length: count}, make);
const distinct = (values: readonly bigint[]): number => new Set(values).size;

describe("shares", () => {
  test("1, 2: one fits every secret, any two determine it", () => {
    const [a, b, c] = share(42n, K2, draw);
    for (const secret of [0n, 1n, P - 1n]) expect(lagrangeAt([{x: 0n, y: secret}, a!], 0n)).toBe(secret);
    expect(
      [
        [a!, b!],
        [b!, c!],
        [a!, c!],
      ].map(reconstruct),
    ).toEqual([42n, 42n, 42n]);
  });

  test("3: first shares of 200 secrets all differ", () => {
    expect(distinct(Array.from({length: 200}, (_, at) => share(BigInt(at), K2, draw)[0]!.y))).toBe(200);
  });
});

describe("multiplication", () => {
  test("4, 9: right for 50 random pairs, on shares that all differ", () => {
    for (let at = 0; at < 50; at++) {
      const [x, y] = [draw(), draw()];
      const {results, outputShares} = run(x, y);
      expect(results.get("z")).toBe(mul(x, y));
      expect(distinct(outputShares.map((each) => each.get("z")!))).toBe(3);
    }
  });

  test("5, 23: the identity, and a thousand triples", () => {
    for (let at = 0; at < 100; at++) {
      const [x, y, a, b] = [draw(), draw(), draw(), draw()] as const;
      const opened = {epsilon: sub(x, a), delta: sub(y, b)};
      expect(productShare(opened, {a, b, c: mul(a, b)})).toBe(mul(x, y));
    }
    for (const {a, b, c} of times(1_000, () => dealTriple({xs: [1n, 2n, 3n], k: 2}, draw)))
      expect(reconstruct(c)).toBe(mul(reconstruct(a), reconstruct(b)));
  });

  test("6, 7: masked operands of one value all differ, and of two values spread alike", () => {
    const masked = (x: bigint) => times(500, () => maskOperands(x, 0n, {a: draw(), b: 0n}).epsilon);
    for (const values of [masked(5n), masked(P - 5n)]) {
      expect(distinct(values)).toBe(500);
      // Half of them lie in the lower half, give or take six standard deviations.
      expect(Math.abs(values.filter((value) => value < P >> 1n).length - 250)).toBeLessThan(68);
    }
  });

  test("8, 10: one pair of masked operands fits any operands, and any product has shares like it", () => {
    const [epsilon, delta] = [draw(), draw()];
    for (const [x, y] of times(100, () => [draw(), draw()] as const))
      expect(maskOperands(x, y, {a: sub(x, epsilon), b: sub(y, delta)})).toEqual({epsilon, delta});
    const simulated = share(21n, K2, draw);
    expect(reconstruct(simulated.slice(1))).toBe(run(3n, 7n).results.get("z"));
  });
});

describe("refreshing", () => {
  test("11, 14, 15, 16: keeps the secret a hundred times, and old shares do not fit new ones", () => {
    let shares = share(42n, K2, draw);
    for (let round = 0; round < 100; round++) {
      const fresh = refresh(shares, {k: 2}, draw);
      expect(reconstruct(fresh.slice(1))).toBe(42n);
      expect(fresh[0]!.y).not.toBe(shares[0]!.y);
      expect(reconstruct([shares[0]!, fresh[1]!])).not.toBe(42n);
      shares = fresh;
    }
  });

  test("12: every three of five afterwards", () => {
    const fresh = refresh(share(42n, {n: 5, k: 3}, draw), {k: 3}, draw);
    for (const set of setsOf(5, 3)) expect(reconstruct(set.map((at) => fresh[at]!))).toBe(42n);
  });

  test("13: zero polynomials sum to 0 at 0", () => {
    expect(times(20, () => evaluatePolynomial(zeroPolynomial(3, draw), 0n)).reduce(add, 0n)).toBe(0n);
  });
});

describe("extraction", () => {
  test("17, 18, 19: fewer answers than coefficients leave another polynomial, as many do not", () => {
    const coefficients = [draw(), draw(), draw()];
    const points = [1n, 2n, 3n].map((x) => ({x, y: evaluatePolynomial(coefficients, x)}));
    expect(lagrangeAt(points, 0n)).toBe(coefficients[0]);
    const other = lagrangeAt([...points.slice(0, 2), {x: 0n, y: add(coefficients[0]!, 1n)}], 3n);
    expect(other).not.toBe(points[2]!.y);
    const [slope, bias] = [draw(), draw()];
    const line = [5n, 9n].map((x) => ({x, y: add(mul(slope, x), bias)}));
    expect([lagrangeAt(line, 0n), lagrangeAt(line.slice(1), 0n) === bias]).toEqual([bias, false]);
  });

  test("20: a budget of two blocks the third query, though two were enough for this program", async () => {
    const program = packProgram(compile(SQUARE), {policy: {budgetPerIdentity: 2n}});
    const cluster = new Cluster();
    await cluster.run(program);
    const ask = async (x: bigint) => {
      const request = {identity: "a", programId: program.programId, requestId: `${x}`, inputs: new Map([["x", x]])};
      return (await cluster.service.evaluate(request)).get("y")!;
    };
    const [zero, one] = [await ask(0n), await ask(1n)];
    await expect(ask(2n)).rejects.toThrow("budget exhausted");
    // s = (f(1) - f(0) - 1) / 2
    expect(reduce(sub(one, zero) - 1n)).toBe(14n);
  });
});

describe("cost", () => {
  const calls = async (n: number): Promise<readonly string[]> => {
    const program = packProgram(compile(SQUARE));
    const cluster = new Cluster({n, known: n, k: 2});
    await cluster.run(program);
    const before = cluster.calls.length;
    const inputs = new Map([["x", 1n]]);
    await cluster.service.evaluate({identity: "a", programId: program.programId, requestId: "r", inputs});
    return cluster.calls.slice(before).map(({path}) => path);
  };

  test("21, 22, 25: two orchestrated rounds and N(N-1) messages between peers for one product", async () => {
    for (const n of [3, 5, 10]) {
      const paths = await calls(n);
      const count = (path: string): number => paths.filter((each) => each === path).length;
      expect([count("/eval_beaver"), count("/beaver_shares"), count("/beaver_resolve_p2p")]).toEqual([
        n,
        n * (n - 1),
        n,
      ]);
    }
  });

  test("24: shares are of 127 bits, two of them for each product", () => {
    const [round] = run(3n, 7n).rounds;
    for (const {epsilon, delta} of round!.flatMap(({masked}) => masked))
      for (const value of [epsilon, delta]) expect(value >> 127n).toBe(0n);
    expect(round!.flatMap(({masked}) => masked)).toHaveLength(3);
  });
});
