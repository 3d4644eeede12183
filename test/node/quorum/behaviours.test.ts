/** Behaviours 1 to 72 and 77 to 127 of the reference's own tests, by their numbers in the specification, part IV. */
import {describe, expect, test} from "vitest";
import {irValue} from "../../../src/codecs/quorum/ir.js";
import {canonicalJson, members} from "../../../src/codecs/quorum/json.js";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {chainEntry, GENESIS_HASH, verifyChain} from "../../../src/node/quorum/audit/chain.js";
import {approvalTag, PUBLIC_APPROVAL_KEYS, verifyApprovalTag} from "../../../src/node/quorum/custodian/approval.js";
import {evaluateInProcess} from "../../../src/node/quorum/custodian/in-process.js";
import {StepExecutor} from "../../../src/node/quorum/custodian/step-executor.js";
import {add, inv, mul, neg, P, reduce, sub} from "../../../src/node/quorum/field/field.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {PolicyEngine} from "../../../src/node/quorum/policy/engine.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {eliminateCommon, optimize, prune} from "../../../src/node/quorum/program/optimize.js";
import {dealTriple, dealTriples, tripleShareOf} from "../../../src/node/quorum/sharing/beaver.js";
import {
  applySubShares,
  dealSubShares,
  refresh,
  rotate,
  zeroPolynomial,
} from "../../../src/node/quorum/sharing/refresh.js";
import {
  evaluatePolynomial,
  lagrangeAt,
  reconstruct,
  type Share,
  share,
} from "../../../src/node/quorum/sharing/shamir.js";
import {draw} from "../../support/quorum-cluster.js";
import {SQUARE} from "./programs.js";

const K2 = {n: 3, k: 2};
const XS = {xs: [1n, 2n, 3n], k: 2};
const small = compile(SQUARE);
const given = (inputs: Record<string, bigint>) => ({inputs: new Map(Object.entries(inputs))});
const value = (source: string, inputs: Record<string, bigint> = {}): bigint =>
  evaluate(compile(source), given(inputs)).values().next().value!;
const product = (x: bigint, y: bigint): bigint =>
  evaluateInProcess(compile("input x\ninput y\nmul z = x y\noutput z"), given({x, y}), K2, draw).results.get("z")!;
const pairs = (shares: readonly Share[]): bigint[] =>
  shares.flatMap((a, at) => shares.slice(at + 1).map((b) => reconstruct([a, b])));
const fails = (source: string) => expect(() => compile(source));
const is = (got: unknown, want: unknown): void => expect(got).toEqual(want);

type Behaviours = Readonly<Record<string, () => void>>;
function behaviours(title: string, all: Behaviours): void {
  describe(title, () => {
    for (const [name, check] of Object.entries(all)) test(name, check);
  });
}

behaviours("field", {
  "1: 2 + 3 = 5": () => is(add(2n, 3n), 5n),
  "2: (p-1) + 2 = 1": () => is(add(P - 1n, 2n), 1n),
  "3: 10 - 3 = 7": () => is(sub(10n, 3n), 7n),
  "4: 0 - 1 = p-1": () => is(sub(0n, 1n), P - 1n),
  "5: 6 7 = 42": () => is(mul(6n, 7n), 42n),
  "6: (p-1) 2 = p-2": () => is(mul(P - 1n, 2n), P - 2n),
  "7: a times its inverse": () => is(mul(123_456_789n, inv(123_456_789n)), 1n),
  "8: inverse of 1": () => is(inv(1n), 1n),
  "9: a + neg(a) = 0": () => is(add(99n, neg(99n)), 0n),
  "10: reduce": () => is([reduce(P + 5n), reduce(-1n)], [5n, P - 1n]),
});

behaviours("Shamir", {
  "11: the first two of three": () => is(reconstruct(share(42n, K2, draw).slice(0, 2)), 42n),
  "12: all three": () => is(reconstruct(share(42n, K2, draw)), 42n),
  "13: any three of five": () => {
    const shares = share(7n, {n: 5, k: 3}, draw);
    for (const at of [0, 1, 2]) is(reconstruct([shares[at]!, shares[(at + 2) % 5]!, shares[(at + 4) % 5]!]), 7n);
  },
  "14: two of five with k = 3": () => expect(reconstruct(share(7n, {n: 5, k: 3}, draw).slice(0, 2))).not.toBe(7n),
  "15: secret p-1": () => is(reconstruct(share(P - 1n, K2, draw).slice(1)), P - 1n),
  "16: secret 0": () => is(reconstruct(share(0n, K2, draw).slice(1)), 0n),
  "17: k = n = 4": () => {
    const shares = share(5n, {n: 4, k: 4}, draw);
    is(reconstruct(shares), 5n);
    expect(reconstruct(shares.slice(0, 3))).not.toBe(5n);
  },
});

const [alpha, beta] = PUBLIC_APPROVAL_KEYS;
behaviours("signatures", {
  "18: sign and verify": () => is(verifyApprovalTag(alpha, "id", approvalTag(alpha, "id")), true),
  "19: another custodian": () => is(verifyApprovalTag(beta, "id", approvalTag(alpha, "id")), false),
  "20: another message": () => is(verifyApprovalTag(alpha, "ie", approvalTag(alpha, "id")), false),
});

const types = (source: string): string[] => compile(source).nodes.map(({type}) => type);
const DUPLICATES = "input x\nconst c = 1\nadd a = x c\nadd b = x c\nmul d = x x\nadd y = a b\noutput y";
behaviours("compiler", {
  "21: four nodes, output y": () => is([small.nodes.length, small.outputs], [4, ["y"]]),
  "22: types": () => is(types(SQUARE), ["input", "const", "add", "mul"]),
  "23: constant": () => expect(small.nodes[1]).toMatchObject({value: 7n}),
  "24: operand order": () =>
    expect(compile("input a\ninput b\nsub s = b a\noutput s").nodes[2]).toMatchObject({inputs: ["b", "a"]}),
  "25: no output": () => fails("input x").toThrow("No output"),
  "26: duplicate identifier": () => fails("input x\ninput x").toThrow("duplicate identifier"),
  "27: undefined reference": () => fails("input x\nneg y = z\noutput y").toThrow("undefined identifier"),
  "28: duplicate output": () => fails("input x\noutput x\noutput x").toThrow("duplicate output"),
  "29: comments, blank lines, indentation": () => is(types("# c\n\n   input x\n\t# d\n  output x"), ["input"]),
  "30: sub": () => is(types("input x\nsub y = x x\noutput y"), ["input", "sub"]),
  "31: IR object": () => is([...irValue(small).keys()], ["nodes", "output_node_id", "output_node_ids"]),
  "32: neg": () => expect(compile("input x\nneg y = x\noutput y").nodes[1]).toMatchObject({inputs: ["x"]}),
  "33: mux": () =>
    expect(compile("input s\nmux y = s s s\noutput y").nodes[1]).toMatchObject({inputs: ["s", "s", "s"]}),
  "34: two outputs on one line": () => is(compile("input a\ninput b\noutput b a").outputs, ["b", "a"]),
  "35: one output": () => is(small.outputs.length, 1),
  "36: outputs on two lines": () => is(compile("input a\ninput b\noutput b\noutput a").outputs, ["b", "a"]),
  "37: dot of two pairs": () => is(types("input a\ndot d = a a a a\noutput d"), ["input", "mul", "mul", "add"]),
  "38: dot of one pair": () => is(types("input a\ndot d = a a\noutput d"), ["input", "mul", "const", "add"]),
  "39: polyeval of degree 2": () =>
    is(types("input x\npolyeval y = x x x x\noutput y").filter((type) => type === "mul").length, 2),
  "40: polyeval of one coefficient": () => is(types("input x\npolyeval y = x x\noutput y"), ["input", "const", "add"]),
  "41: dot of odd arguments": () => fails("input a\ndot d = a a a\noutput d").toThrow("even number"),
  "42: polyeval without coefficients": () => fails("input x\npolyeval y = x\noutput y").toThrow("at least"),
  "43: CSE merges equal adds": () =>
    is(
      eliminateCommon(compile(DUPLICATES)).nodes.map(({id}) => id),
      ["x", "c", "a", "d", "y"],
    ),
  "44: pruning drops an unused product": () =>
    is(
      prune(compile(DUPLICATES)).nodes.map(({id}) => id),
      ["x", "c", "a", "b", "y"],
    ),
  "45: optimize does both": () =>
    is(
      optimize(compile(DUPLICATES)).nodes.map(({id}) => id),
      ["x", "c", "a", "y"],
    ),
  "46: CSE keeps operations apart": () => {
    const ir = compile("input x\nadd a = x x\nsub b = x x\nmul c = a b\noutput c");
    is(eliminateCommon(ir), ir);
  },
});

const square = packProgram(small);
behaviours("package", {
  "47: 64 hex digits": () => expect(square.programId).toMatch(/^[0-9a-f]{64}$/),
  "48: same input, same id": () => is(packProgram(compile(SQUARE)).programId, square.programId),
  "49: version": () => is(packProgram(small, {version: "9"}).programId, square.programId),
  "50: policy": () => expect(packProgram(small, {policy: {costPerEval: 99n}}).programId).not.toBe(square.programId),
  "51: holds the IR": () => is(canonicalJson(square.source.get("ir")!), canonicalJson(irValue(small))),
});

const MUX = "input s\ninput a\ninput b\nmux y = s a b\noutput y";
const POLY = "input x\nconst a = 1\nconst b = 2\nconst c = 3\npolyeval y = x a b c\noutput y";
behaviours("executor", {
  "52: f(3) = 100": () => is(value(SQUARE, {x: 3n}), 100n),
  "53: f(0) = 49": () => is(value(SQUARE, {x: 0n}), 49n),
  "54: 10 - 5": () => is(value("input a\ninput b\nsub y = a b\noutput y", {a: 10n, b: 5n}), 5n),
  "55: f(p-1) = 36": () => is(value(SQUARE, {x: P - 1n}), 36n),
  "56: neg(42)": () => is(value("input a\nneg y = a\noutput y", {a: 42n}), P - 42n),
  "57: mux 1": () => is(value(MUX, {s: 1n, a: 8n, b: 9n}), 8n),
  "58: mux 0": () => is(value(MUX, {s: 0n, a: 8n, b: 9n}), 9n),
  "59: mux 3": () => is(value(MUX, {s: 3n, a: 8n, b: 9n}), 6n),
  "60, 61: several outputs, and one": () => {
    const two = compile("input a\ninput b\nadd s = a b\nmul p = a b\noutput s p");
    is(
      [...evaluate(two, given({a: 3n, b: 4n}))],
      [
        ["s", 7n],
        ["p", 12n],
      ],
    );
    is([...evaluate(small, given({x: 3n}))], [["y", 100n]]);
  },
  "62: dot": () =>
    is(value("input a\ninput b\ninput c\ninput d\ndot y = a b c d\noutput y", {a: 3n, b: 4n, c: 5n, d: 6n}), 42n),
  "63: 1 + 2x + 3x^2 at 5": () => is(value(POLY, {x: 5n}), 86n),
  "64: 10 + 3x at 7": () => is(value("input x\nconst a = 10\nconst b = 3\npolyeval y = x a b\noutput y", {x: 7n}), 31n),
  "65: constant polynomial": () => is(value("input x\nconst a = 42\npolyeval y = x a\noutput y", {x: 7n}), 42n),
});

const engine = (budget: bigint): PolicyEngine => {
  const policy = new PolicyEngine({maxTracked: 9});
  policy.register("p", {costPerEval: 1n, budgetPerIdentity: budget, maxEvalsPerMinute: 60n});
  return policy;
};
behaviours("policy", {
  "66: the third of two": () => {
    const policy = engine(2n);
    is(
      [1, 2].map(() => policy.check("p", "a", 0)),
      [null, null],
    );
    expect(policy.check("p", "a", 0)).toContain("budget");
  },
  "67: identities apart": () => {
    const policy = engine(1n);
    is([policy.check("p", "a", 0), policy.check("p", "b", 0)], [null, null]);
  },
  "68: unknown program": () => expect(engine(1n).check("q", "a", 0)).toContain("not registered"),
});

const first = chainEntry({timestamp: 1.5, event: "a", data: members({})}, GENESIS_HASH);
const second = chainEntry({timestamp: 2.5, event: "b", data: members({})}, first.entryHash);
behaviours("audit", {
  "69: two entries": () => is(verifyChain([first, second]), true),
  "70: none": () => is(verifyChain([]), true),
  "71: the second links to the first": () => is(second.prevHash, first.entryHash),
});

behaviours("Beaver", {
  "77, 78, 79, 80: triples multiply, differ, are elements, reconstruct": () => {
    const [one, other] = [dealTriple(XS, draw), dealTriple(XS, draw)];
    is(reconstruct(one.c), mul(reconstruct(one.a), reconstruct(one.b)));
    expect(reconstruct(one.a)).not.toBe(reconstruct(other.a));
    for (const {y} of [...one.a, ...one.b, ...one.c]) is(reduce(y), y);
  },
  "81: custodian i at x = i + 1": () =>
    is(
      dealTriple(XS, draw).a.map(({x}) => x),
      [1n, 2n, 3n],
    ),
  "82, 83: one triple for each product, or as many as asked for": () => {
    is(dealTriples(["y"], 1, XS, draw).get("y")?.length, 1);
    is(
      dealTriples(["y"], 4, XS, draw)
        .get("y")
        ?.map(({a}) => a.length),
      [3, 3, 3, 3],
    );
  },
  "84, 85, 86, 87: products": () =>
    is([product(3n, 7n), product(9n, 0n), product(9n, 1n), product(P - 1n, P - 2n)], [21n, 0n, 9n, 2n]),
  "88, 89: commutative and associative": () => {
    is(product(5n, 11n), product(11n, 5n));
    is(product(product(2n, 3n), 4n), product(2n, product(3n, 4n)));
  },
  "90: small, large and zero": () => {
    for (const [x, y] of [
      [0n, 0n],
      [1n, P - 1n],
      [P - 5n, P - 7n],
      [2n ** 100n, 2n ** 26n],
    ] as const)
      is(product(x, y), mul(x, y));
  },
  "91, 94: pause, resolve and finish over three custodians, nothing to add at the end": () => is(product(6n, 7n), 42n),
  "92: a linear program does not pause": () => {
    const executor = new StepExecutor(compile("input x\nneg y = x\noutput y"), given({x: 1n}), new Map());
    is([executor.step(), executor.done], [[], true]);
  },
  "93: a product pauses and names the node": () => {
    const triple = tripleShareOf(dealTriple(XS, draw), 0);
    const executor = new StepExecutor(small, given({x: 1n}), new Map([["y", triple]]));
    is([executor.step().map(({node}) => node), executor.done], [["y"], false]);
  },
});

const shared = (secret = 42n, shape = K2): Share[] => share(secret, shape, draw);
behaviours("resharing and rotation", {
  "103, 104, 105: a zero polynomial": () => {
    const polynomial = zeroPolynomial(4, draw);
    is([polynomial.length, evaluatePolynomial(polynomial, 0n)], [4, 0n]);
    expect([1n, 2n, 3n].map((x) => evaluatePolynomial(polynomial, x))).not.toEqual([0n, 0n, 0n]);
  },
  "106, 107: sub-shares reach all targets and are 0 at 0": () => {
    const values = dealSubShares(2, [1n, 2n, 3n], draw);
    is(
      [
        values.length,
        lagrangeAt(
          values.map((y, at) => ({x: BigInt(at + 1), y})),
          0n,
        ),
      ],
      [3, 0n],
    );
  },
  "108, 109, 110: adding none, one, three": () =>
    is([applySubShares(42n, []), applySubShares(100n, [50n]), applySubShares(10n, [20n, 30n, 40n])], [42n, 150n, 100n]),
  "111, 112: every pair has the secret, shares change": () => {
    const old = shared();
    const fresh = refresh(old, {k: 2}, draw);
    is(pairs(fresh), [42n, 42n, 42n]);
    expect(fresh).not.toEqual(old);
  },
  "113: five rounds": () =>
    is(pairs([1, 2, 3, 4, 5].reduce((shares) => refresh(shares, {k: 2}, draw), shared())), [42n, 42n, 42n]),
  "114, 115: (5, 3) and k = n": () => {
    for (const shape of [
      {n: 5, k: 3},
      {n: 3, k: 3},
    ])
      is(reconstruct(refresh(shared(9n, shape), {k: 3}, draw).slice(0, 3)), 9n);
  },
  "116: fewer than k": () => expect(() => refresh(shared().slice(1, 2), {k: 2}, draw)).toThrow("Need >= k=2"),
  "117, 118: secrets 0 and p-1": () => {
    for (const secret of [0n, P - 1n]) is(pairs(refresh(shared(secret), {k: 2}, draw)), [secret, secret, secret]);
  },
  "119, 120: the same set, and one more": () => {
    is(pairs(rotate(shared(), {k: 2, newN: 3}, draw)), [42n, 42n, 42n]);
    is(new Set(pairs(rotate(shared(), {k: 2, newN: 4}, draw))), new Set([42n]));
  },
  "121, 122: other places": () => {
    for (const xs of [
      [5n, 6n, 7n],
      [1n, 2n, 4n],
    ]) {
      const moved = rotate(shared(42n, {n: 4, k: 2}), {k: 2, newN: 3, xs}, draw);
      is([moved.map(({x}) => x), pairs(moved)], [xs, [42n, 42n, 42n]]);
    }
  },
  "123: k above the new n": () =>
    expect(() => rotate(shared(1n, {n: 3, k: 3}), {k: 3, newN: 2}, draw)).toThrow("k=3 > new_n=2"),
  "124: three rotations": () =>
    is(pairs([1, 2, 3].reduce((shares) => rotate(shares, {k: 2, newN: 3}, draw), shared())), [42n, 42n, 42n]),
  "125, 126, 127: interpolation at a holder, at 0, elsewhere": () => {
    const [a, b, c] = shared() as [Share, Share, Share];
    is([lagrangeAt([a, b], 3n), lagrangeAt([b, c], 0n)], [c.y, 42n]);
    is(lagrangeAt([a, b], 77n), lagrangeAt([a, c], 77n));
  },
});
