/** Networks as programs, against the same networks in doubles. Section 23 of the specification. */
import {readFileSync} from "node:fs";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {type Network, readNetwork} from "../../../../src/codecs/quorum/network.js";
import {QsdmError} from "../../../../src/errors.js";
import {signed} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {networkProgram} from "../../../../src/node/quorum/language/network.js";
import {analyze} from "../../../../src/node/quorum/program/analyze.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {lint} from "../../../../src/node/quorum/program/lint.js";

const example = (name: string): string =>
  readFileSync(new URL(`../../../../docs/examples/iris/${name}`, import.meta.url), "utf8");
const [HEADER = "", ...PLANTS] = example("iris.csv").trim().split("\n");

/** The network in doubles. */
function inDoubles({layers}: Network, inputs: readonly number[]): readonly number[] {
  const curves = {
    none: (x: number) => x,
    relu: (x: number) => Math.max(0, x),
    square: (x: number) => x * x,
    sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
  };
  return layers.reduce(
    (values, {weights, bias, activation}) =>
      weights.map((row, to) =>
        curves[activation](row.reduce((sum, weight, from) => sum + weight * values[from]!, bias[to]!)),
      ),
    inputs,
  );
}
function inClear(network: Network, fractionBits = 32): (inputs: readonly number[]) => readonly bigint[] {
  const {source, secrets} = networkProgram(network, fractionBits);
  const ir = compile(source, {strictSyntax: true});
  return (inputs) => {
    const given = new Map(
      network.inputs.map((name, at) => [name, BigInt(Math.round(inputs[at]! * 2 ** network.inputBits))]),
    );
    return [...evaluate(ir, {inputs: given, secrets}).values()].map(signed);
  };
}
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof QsdmError) return error.code;
    throw error;
  }
  return "accepted";
};

test("what results are rounded with is known to everyone, and no unknown of the program", () => {
  const layer = {weights: [[0.5]], bias: [0], activation: "none"};
  const {source, secrets} = networkProgram(readNetwork(JSON.stringify({inputs: ["a"], layers: [layer]})), 32);
  const ir = compile(source);
  expect(analyze(ir).outputs[0]!.unknowns).toBe(secrets.size);
  expect(lint(ir, {}).map(({code}) => code)).not.toContain("CONSTANTS_IN_CLEAR");
});

describe("the example", () => {
  const model = readNetwork(example("model.json"));
  const values = inClear({...model, output: "values"});
  const species = inClear(model);
  const greatest = (numbers: readonly number[]): bigint => BigInt(numbers.indexOf(Math.max(...numbers)));

  test("gives for every plant what it gives in doubles: the same species, and results within one unit of 2^-16", () => {
    expect(HEADER.split(",").slice(0, 4)).toEqual(model.inputs);
    expect(PLANTS).toHaveLength(150);
    for (const plant of PLANTS) {
      const lengths = plant.split(",").slice(0, 4).map(Number);
      const doubles = inDoubles(model, lengths);
      expect(species(lengths)).toEqual([greatest(doubles)]);
      for (const [at, value] of values(lengths).entries())
        expect(Math.abs(Number(value) - doubles[at]! * 2 ** 16)).toBeLessThan(1);
    }
  });

  test("knows 28 of the 30 plants that it was not trained on", () => {
    const kept = PLANTS.filter((_, at) => at % 5 === 4).map((plant) => plant.split(",").map(Number));
    const right = kept.filter((plant) => species(plant.slice(0, 4))[0] === BigInt(plant[4]!));
    expect([right.length, kept.length]).toEqual([28, 30]);
  });

  test("has a few hundred weights, all of them secrets", () => {
    const {source, secrets} = networkProgram(model, 32);
    expect(secrets.size).toBe(243);
    expect(
      compile(source)
        .nodes.filter(({type}) => type === "secret")
        .map(({id}) => id),
    ).toEqual([...secrets.keys()]);
  });
});

test("a network of any shape gives what it gives in doubles, within one unit; curves within what their lines are off", () => {
  const weight = fc.double({min: -4, max: 4, noNaN: true});
  const sizes = fc.array(fc.integer({min: 1, max: 4}), {minLength: 2, maxLength: 4});
  const networks = sizes.chain(([inputs = 1, ...widths]) =>
    fc.record({
      inputs: fc.constant(Array.from({length: inputs}, (_, at) => `x${at}`)),
      inputBits: fc.constantFrom(0, 8, 32),
      output: fc.constant("values" as const),
      layers: fc.tuple(
        ...widths.map((width, at) => {
          const row = fc.array(weight, {minLength: [inputs, ...widths][at]!, maxLength: [inputs, ...widths][at]!});
          return fc.record({
            weights: fc.array(row, {minLength: width, maxLength: width}),
            bias: fc.array(weight, {minLength: width, maxLength: width}),
            activation: fc.constantFrom("none" as const, "relu" as const),
          });
        }),
      ),
    }),
  );
  fc.assert(
    fc.property(
      networks,
      fc.array(fc.integer({min: -200, max: 200}), {minLength: 4, maxLength: 4}),
      (network, inputs) => {
        const doubles = inDoubles(network, inputs);
        for (const [at, value] of inClear(network)(inputs).entries())
          expect(Math.abs(Number(value) - doubles[at]! * 2 ** 16)).toBeLessThan(1);
        const last = network.layers.at(-1)!;
        const curved = {
          ...network,
          layers: [...network.layers.slice(0, -1), {...last, activation: "sigmoid" as const}],
        };
        for (const [at, value] of inClear(curved, 24)(inputs).entries())
          expect(Math.abs(Number(value) / 2 ** 16 - inDoubles(curved, inputs)[at]!)).toBeLessThan(0.0191);
      },
    ),
    {numRuns: 40},
  );
});

test("squares are products, shifted before where there is no room for them, and off by what they multiply", () => {
  const layer = {weights: [[0.75, -1.5]], bias: [0.3], activation: "square" as const};
  const last = {weights: [[0.5]], bias: [-7], activation: "none" as const};
  const of = (layers: Network["layers"]): Network => ({inputs: ["a", "b"], inputBits: 0, layers, output: "values"});
  const twice = {weights: [[0.01]], bias: [0], activation: "square" as const};
  // Each is shifted once on the way, before a layer and before a square, and once in the end.
  for (const [network, bits, tolerance] of [
    [of([layer, last]), 28, 2 ** -16],
    [of([layer, twice]), 20, 2 ** -9],
  ] as const) {
    const {nodes} = compile(networkProgram(network, bits).source);
    expect(nodes.filter(({type}) => type === "shr")).toHaveLength(2);
    expect(nodes.filter(({type}) => type === "lt")).toHaveLength(0);
    for (const inputs of [
      [0, 0],
      [3, -5],
      [40, 9],
    ]) {
      const [value] = inClear(network, bits)(inputs);
      expect(Math.abs(Number(value) / 2 ** 16 - inDoubles(network, inputs)[0]!)).toBeLessThan(tolerance);
    }
  }
  const wide = {...twice, weights: [[2 ** 19]]};
  expect(codeOf(() => networkProgram(of([layer, wide, wide]), 28))).toBe("NETWORK_TOO_LARGE");
});

describe("a network is refused", () => {
  const layer = {
    weights: [
      [1, 2],
      [3, 4],
    ],
    bias: [0.5, 0],
    activation: "relu",
  };
  const network = {inputs: ["a", "b"], layers: [layer], output: "argmax"};
  const read = (changed: object): string => codeOf(() => readNetwork(JSON.stringify({...network, ...changed})));

  test("where it has not the form", () => {
    expect(read({})).toBe("accepted");
    const faults: readonly object[] = [
      {inputs: []},
      {inputs: ["a", "a"]},
      {inputs: ["a", "b b"]},
      {inputs: ["a", "1b"]},
      {inputs: ["a", 1]},
      {inputs: ["a", "b", "c"]},
      {input_bits: -1},
      {input_bits: 33},
      {input_bits: "8"},
      {output: "softmax"},
      {outputs: "values"},
      {layers: []},
      {layers: [7]},
      {layers: Array.from({length: 17}, () => layer)},
      {layers: [{...layer, bias: [1]}]},
      {layers: [{...layer, bias: [1, null]}]},
      {layers: [{...layer, bias: [1, 2 ** 20]}]},
      {layers: [{...layer, weights: [[1, 2], [3]]}]},
      {layers: [{...layer, weights: [[1, 2], 3]}]},
      {layers: [{...layer, activation: "gelu"}]},
      {layers: [{...layer, dropout: 0.5}]},
      {layers: [{weights: [[1, 2]], bias: [0]}]},
      {layers: [{weights: Array.from({length: 7_000}, () => [1, 2]), bias: new Array(7_000).fill(0)}]},
    ];
    for (const fault of faults) expect([fault, read(fault)]).toEqual([fault, "NETWORK_INVALID"]);
    for (const text of ["[]", "null", '{"inputs"']) expect(codeOf(() => readNetwork(text))).toMatch(/_INVALID$/);
  });

  test("where its sums could leave the range of shifts, unless fewer bits leave room", () => {
    const wide = readNetwork(
      JSON.stringify({
        ...network,
        layers: Array.from({length: 3}, () => ({
          weights: [
            [9e5, 9e5],
            [9e5, 9e5],
          ],
          bias: [0, 0],
        })),
      }),
    );
    expect(codeOf(() => networkProgram(wide, 32))).toBe("NETWORK_TOO_LARGE");
    expect(codeOf(() => networkProgram(wide, 17))).toBe("accepted");
  });

  test("where an input has the name of a wire", () => {
    const {source} = networkProgram(readNetwork(JSON.stringify({...network, inputs: ["a", "class"]})), 32);
    expect(() => compile(source)).toThrow("duplicate identifier 'class'");
  });
});
