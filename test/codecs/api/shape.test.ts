import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {JsonNumber, parseJson} from "../../../src/codecs/api/json.js";
import {
  cell,
  cellText,
  count,
  decimal,
  flag,
  hex,
  list,
  named,
  nullable,
  object,
  omitEmpty,
  optional,
  type Shape,
  text,
  time,
  u64,
  word,
} from "../../../src/codecs/api/shape.js";

const read = <T>(shape: Shape<T>, json: string): T => shape.read(parseJson(json), "it");
const refused = expect.objectContaining({code: "ANSWER_INVALID"});

const u64s = fc.bigInt({min: 0n, max: 2n ** 64n - 1n});

describe("what is written is read back", () => {
  const cases: readonly (readonly [string, Shape<never>, fc.Arbitrary<unknown>])[] = [
    ["u64", u64 as Shape<never>, u64s],
    ["cell", cell as Shape<never>, u64s],
    ["cellText", cellText as Shape<never>, u64s],
    ["count", count as Shape<never>, fc.nat(2 ** 32 - 1)],
    ["decimal", decimal as Shape<never>, fc.bigInt({min: 0n, max: 2n ** 256n})],
    ["text", text as Shape<never>, fc.string({unit: "grapheme"}).filter((each) => each.isWellFormed())],
    ["flag", flag as Shape<never>, fc.boolean()],
    ["hex", hex() as Shape<never>, fc.uint8Array()],
    ["time", time as Shape<never>, fc.bigInt({min: 0n, max: 4_000_000_000_000n})],
    ["word", word("a", "b") as Shape<never>, fc.constantFrom("a", "b")],
    ["list", list(u64) as Shape<never>, fc.array(u64s)],
    ["nullable", nullable(u64) as Shape<never>, fc.option(u64s)],
  ];
  for (const [name, shape, values] of cases)
    test(name, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(shape.read(parseJson(shape.write(value as never)!), "it")).toEqual(value);
        }),
      );
    });
});

test("an object writes its members in order, names in snake case, exact integers", () => {
  const shape = object({nodeId: text, stakeDust: u64, dagEntries: named("dag_size", count), gone: optional(u64)});
  const value = {nodeId: "a<b>", stakeDust: 9_007_199_254_740_993n, dagEntries: 1, gone: null};
  expect(shape.write(value)).toBe('{"node_id":"a\\u003cb\\u003e","stake_dust":9007199254740993,"dag_size":1}');
  expect(read(shape, shape.write(value)!)).toEqual(value);
});

test("absent and empty are the same where Go leaves empty values out", () => {
  const shape = object({taken: omitEmpty(u64, 0n), revoked: omitEmpty(flag, false), why: omitEmpty(text, "")});
  expect(shape.write({taken: 0n, revoked: false, why: ""})).toBe("{}");
  expect(read(shape, "{}")).toEqual({taken: 0n, revoked: false, why: ""});
});

test("members that are not known are skipped", () => {
  expect(read(object({a: u64}), '{"new":{"x":[1,2,{}]},"a":1}')).toEqual({a: 1n});
});

test("a missing member is named by its path", () => {
  const shape = object({head: object({blockId: text})});
  expect(() => read(shape, '{"head":{}}')).toThrow("it.head.block_id is not text");
});

for (const [what, shape, json] of [
  ["a fraction for an integer", u64, "1.5"],
  ["an exponent for an integer", u64, "1e3"],
  ["a negative integer", u64, "-1"],
  ["an integer above 64 bits", u64, "18446744073709551616"],
  ["text for an integer", u64, '"1"'],
  ["a count above 32 bits", count, "4294967296"],
  ["a number for text", text, "1"],
  ["a word that is none of them", word("a"), '"b"'],
  ["an object for a list", list(u64), "{}"],
  ["a list for an object", object({}), "[]"],
  ["a time that is none", time, '"yesterday"'],
  ["a negative amount", cell, "-1"],
] as const)
  test(`refuses ${what}`, () => {
    expect(() => read(shape as Shape<unknown>, json)).toThrow(refused);
  });

test("amounts of a reference node, which are doubles, come to whole dust", () => {
  expect(read(cell, "0.30000000000000004")).toBe(30_000_000n);
  expect(read(cell, "1e-08")).toBe(1n);
  expect(read(cell, "1e+06")).toBe(100_000_000_000_000n);
  expect(read(cell, "90071992.54740993")).toBe(9_007_199_254_740_993n);
});

test("times carry a fraction only where there is one", () => {
  expect(time.write(1_000_000_000_000n)).toBe('"2001-09-09T01:46:40Z"');
  expect(time.write(1_000_000_000_120n)).toBe('"2001-09-09T01:46:40.12Z"');
});

test("the reader of JSON keeps numbers as written and agrees with JSON.parse on the rest", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const plain = (value: unknown): unknown => {
        if (value instanceof JsonNumber) return Number(value.text);
        if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
        return Array.isArray(value) ? value.map(plain) : value;
      };
      // Compared as text: __proto__ as a member name is an own member here and the prototype there.
      expect(JSON.stringify(plain(parseJson(json)))).toBe(JSON.stringify(JSON.parse(json)));
    }),
  );
});

for (const bad of [
  "",
  "{",
  "[1,]",
  '{"a"}',
  '{"a":1,}',
  "01",
  "1.",
  "+1",
  "nul",
  '"\u0001"',
  '"\\x"',
  "1 2",
  "'a'",
  "[".repeat(100),
])
  test(`${JSON.stringify(bad.slice(0, 12))} is not JSON`, () => {
    expect(() => parseJson(bad)).toThrow(expect.objectContaining({code: "JSON_INVALID"}));
  });
