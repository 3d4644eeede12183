import {expect, test} from "vitest";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {analyze} from "../../../../src/node/quorum/program/analyze.js";
import {lint} from "../../../../src/node/quorum/program/lint.js";
import {SQUARE} from "../programs.js";

const found = (source: string, policy = {}): string[] =>
  lint(compile(source), policy).map(({severity, code, wire}) => `${severity} ${code} ${wire ?? "-"}`);
const CLEAR = "note CONSTANTS_IN_CLEAR -";

test("a budget of as many answers as extraction needs is a warning, one less is none", () => {
  expect(found(SQUARE, {budgetPerIdentity: 2n})).toEqual(["warning BUDGET_ALLOWS_EXTRACTION y", CLEAR]);
  expect(found(SQUARE, {budgetPerIdentity: 1n})).toEqual([CLEAR]);
  expect(found(SQUARE, {budgetPerIdentity: 5n, costPerEval: 3n})).toEqual([CLEAR]);
  expect(found(SQUARE, {costPerEval: 0n, budgetPerIdentity: 0n})[0]).toBe("warning BUDGET_ALLOWS_EXTRACTION y");
});

test("a budget of all clients together bounds what one of them, and what all of them have", () => {
  const hidden = "input x\nsecret c\nadd t = x c\nmul y = t t\noutput y";
  const control = "note CONTROL -";
  expect(found(hidden, {budgetPerIdentity: 5n, budgetTotal: 1n})).toEqual([control]);
  expect(found(hidden, {budgetPerIdentity: 1n, budgetTotal: 1n})).toEqual([control]);
  expect(found(hidden, {budgetPerIdentity: 1n, budgetTotal: 2n})).toEqual(["note TOTAL_ALLOWS_EXTRACTION y", control]);
  expect(found(hidden, {budgetPerIdentity: 2n, budgetTotal: 2n})).toEqual([
    "warning BUDGET_ALLOWS_EXTRACTION y",
    control,
  ]);
  expect(found(hidden, {budgetTotal: 0n})[0]).toBe("warning POLICY_ALLOWS_NOTHING -");
});

test("a budget of an organisation bounds what one of its identities, and what all of them have", () => {
  const hidden = "input x\nsecret c\nadd t = x c\nmul y = t t\noutput y";
  const control = "note CONTROL -";
  const shared = "note ORGANISATION_ALLOWS_EXTRACTION y";
  expect(found(hidden, {budgetPerIdentity: 5n, budgetPerOrganisation: 1n})).toEqual([control]);
  expect(found(hidden, {budgetPerIdentity: 1n, budgetPerOrganisation: 2n})).toEqual([shared, control]);
  expect(found(hidden, {budgetPerIdentity: 2n, budgetPerOrganisation: 2n})[0]).toContain("BUDGET_ALLOWS_EXTRACTION");
  // The smallest of the three is what one has.
  const both = {budgetPerIdentity: 1n, budgetPerOrganisation: 2n, budgetTotal: 1n};
  expect(found(hidden, both)).toEqual([control, control]);
});

test("what a policy does beyond its budget is said in notes", () => {
  const says = lint(compile("input x\noutput x"), {budgetTotal: 70n, minSpacingMs: 5_000n});
  expect(says.map(({code, message}) => [code, message])).toEqual([
    ["CONTROL", "all identities together may spend 70 in all"],
    ["CONTROL", "each identity has one evaluation every 5000 ms"],
  ]);
});

test("what comparing queries takes is said, and whether it comes too late for who varies one input at a time", () => {
  const model =
    "input x\ninput y\nsecret a\nsecret b\nsecret c\nmul p = a x\nmul q = b y\nadd s = p q\nadd t = s c\noutput t";
  const codes = (policy: object) =>
    found(model, {budgetPerIdentity: 2n, ...policy}).filter((each) => /ANOMALY/.test(each));
  const [cost, late] = ["note ANOMALY_COST -", "warning ANOMALY_ALLOWS_EXTRACTION t"];
  // Three answers give it: two of them differ from the first in one input.
  expect(codes({anomalyLimit: 1n})).toEqual([cost]);
  expect(codes({anomalyLimit: 2n})).toEqual([late, cost]);
  // The first is too old for the third to be compared with.
  expect(codes({anomalyLimit: 1n, anomalyWindow: 1n})).toEqual([late, cost]);
  expect(codes({anomalyLimit: 0n, anomalyWindow: 1n})).toEqual([cost]);
  expect(codes({anomalyWindow: 4n})).toEqual(["warning ANOMALY_UNLIMITED -"]);
  expect(codes({})).toEqual([]);
  const said = lint(compile(model), {anomalyLimit: 1n}).find(({code}) => code === "ANOMALY_COST")!.message;
  // Nine points: 2 9 10 triples and one of a check; two rounds of a draw, two, four of a check, one.
  expect(said).toMatch(/^comparing with 8 queries takes 181 triples and 9 rounds; it finds repeats, one input/);
  // What is opened to compare is checked before outputs are: in a check of its own where the program opens nothing before.
  const linear = compile("input x\ninput y\nsecret a\nadd s = x y\nadd t = s a\noutput t");
  const rounds = (policy: object): string =>
    lint(linear, {anomalyLimit: 1n, ...policy}).find(({code}) => code === "ANOMALY_COST")!.message;
  expect(rounds({})).toContain("181 triples and 13 rounds");
  expect(rounds({outputRoundingBits: 4n})).toContain("181 triples and 9 rounds");
  const one = lint(compile("input x\nmul y = x x\noutput y"), {anomalyLimit: 1n});
  expect(one.find(({code}) => code === "ANOMALY_COST")!.message).toMatch(/takes 93 triples .* equal steps/);
  const none = lint(compile("secret s\noutput s"), {anomalyLimit: 1n});
  expect(none.filter(({code}) => code.startsWith("ANOMALY"))).toEqual([]);
});

test("a secret counts as a constant does, and does not stand in clear", () => {
  const hidden = "input x\nsecret c\nadd t = x c\nmul y = t t\noutput y";
  expect(found(hidden, {budgetPerIdentity: 2n})).toEqual(["warning BUDGET_ALLOWS_EXTRACTION y"]);
  expect(found(hidden, {budgetPerIdentity: 1n})).toEqual([]);
  expect(found("secret s\noutput s")[0]).toBe("warning BUDGET_ALLOWS_EXTRACTION s");
});

test("a comparison gives its secret away by bits: a budget of so many answers is a warning, one less is none", () => {
  const threshold = "input x\nsecret t\nlt y = x t\noutput y";
  expect(found(threshold, {budgetPerIdentity: 16n})).toEqual(["warning BUDGET_ALLOWS_EXTRACTION y"]);
  expect(found(threshold, {budgetPerIdentity: 15n})).toEqual([]);
  const ir = compile(threshold);
  const finding = (secretBits: number) => lint(ir, {budgetPerIdentity: 20n}, {analysis: analyze(ir, {secretBits})});
  expect([finding(20).length, finding(21).length]).toEqual([1, 0]);
});

test("a comparison for custodians that only the compat profile has is a warning, a product is none", () => {
  const codes = (source: string, n: number, k: number): string[] =>
    lint(compile(`input x\n${source}\noutput y`), {}, {shape: {n, k}}).map(({code}) => code);
  for (const [n, k] of [
    [3, 3],
    [3, 1],
    [64, 32],
  ] as const) {
    expect([n, k, codes("lt y = x x", n, k)]).toEqual([n, k, ["NEEDS_STRICT"]]);
    expect([n, k, codes("mul y = x x", n, k)]).toEqual([n, k, []]);
  }
  expect(codes("lt y = x x", 3, 2)).toEqual([]);
});

test("a constant that a statement brings along is none of the author's", () => {
  expect(found("input x\nrelu y = x\noutput y")).toEqual([]);
});

test("a policy that lets nobody evaluate is a warning", () => {
  expect(found(SQUARE, {budgetPerIdentity: 0n})[0]).toBe("warning POLICY_ALLOWS_NOTHING -");
  expect(found(SQUARE, {budgetPerIdentity: 2n, costPerEval: 3n})[0]).toBe("warning POLICY_ALLOWS_NOTHING -");
  expect(found(SQUARE, {maxEvalsPerMinute: 0n})[0]).toBe("warning POLICY_ALLOWS_NOTHING -");
});

test("wires that no output needs are named", () => {
  expect(found("input x\ninput z\nadd t = x x\nneg u = t\noutput x")).toEqual([
    "warning UNUSED_INPUT z",
    "warning UNUSED_NODE t",
    "warning UNUSED_NODE u",
  ]);
});

test("an output without inputs is named", () => {
  expect(found("const c = 1\nneg d = c\noutput d")).toContain("warning CONSTANT_OUTPUT d");
});

test("products that cost a triple for nothing are notes", () => {
  expect(
    found("input x\nconst c = 3\nneg d = c\nmul y = x d\noutput y", {budgetPerIdentity: 0n, costPerEval: 0n}),
  ).toContain("note CONSTANT_PRODUCT y");
  expect(found("input s\ninput x\nmul a = s x\nmul b = s x\nadd y = a b\noutput y")).toEqual([
    "note REPEATED_PRODUCT b",
  ]);
  expect(found("input s\ninput x\nlt a = s x\nlt b = s x\neq y = a b\noutput y")).toEqual([
    "note REPEATED_COMPARISON b",
  ]);
  // A selector that is constant saves the product; constant branches do not.
  expect(found("input x\nconst a = 3\nmux y = x a a\noutput y")).not.toContain("note CONSTANT_PRODUCT y");
  expect(found("input x\nconst a = 1\nmux y = a x x\noutput y")).toContain("note CONSTANT_PRODUCT y");
});
