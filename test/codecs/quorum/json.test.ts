import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {floatText} from "../../../src/codecs/quorum/float.js";
import {canonicalJson, members, parseValue, type Value, wireJson} from "../../../src/codecs/quorum/json.js";
import {codeOf} from "../laws.js";

const values: fc.Arbitrary<Value> = fc.letrec<{value: Value}>((tie) => ({
  value: fc.oneof(
    {maxDepth: 3},
    fc.constantFrom(null, true, false),
    fc.string({unit: "binary"}),
    fc.bigInt({min: -(2n ** 200n), max: 2n ** 200n}),
    fc.double({noNaN: true, noDefaultInfinity: true}),
    fc.array(tie("value"), {maxLength: 3}),
    fc.array(fc.tuple(fc.string(), tie("value")), {maxLength: 3}).map((entries) => new Map(entries)),
  ),
})).value;

test("both forms read back to the same value", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(parseValue(wireJson(value))).toEqual(value);
      expect(canonicalJson(parseValue(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});

// Printed by Python 3: json.dumps(value, sort_keys=True, separators=(",", ":")).
describe("as Python prints it", () => {
  test("doubles", () => {
    const printed = {
      "0.0": 0,
      "-0.0": -0,
      "1.0": 1,
      "-2.5": -2.5,
      "0.1": 0.1,
      "0.0001": 1e-4,
      "1e-05": 1e-5,
      "9.999e-05": 9.999e-5,
      "1.5e-07": 1.5e-7,
      "5e-324": 5e-324,
      "1771372800.123456": 1771372800.123456,
      "9007199254740994.0": 9007199254740994,
      "999999999999999.9": 999999999999999.9,
      "1e+16": 1e16,
      "1.5e+16": 1.5e16,
      "1.2345678901234567e+19": Number("12345678901234567890"),
      "1e+100": 1e100,
      "1.7976931348623157e+308": Number.MAX_VALUE,
    };
    for (const [text, value] of Object.entries(printed)) expect(floatText(value)).toBe(text);
  });

  test("members in order of code points, not of UTF-16 units, and text in ASCII", () => {
    const value = members({"\u{1f600}": 1n, "\uffee": 2n, a: 'é"\\/\b\f\n\r\t\x7f\x00', "": []});
    expect(canonicalJson(value)).toBe(
      '{"":[],"a":"\\u00e9\\"\\\\/\\b\\f\\n\\r\\t\\u007f\\u0000","\\uffee":2,"\\ud83d\\ude00":1}',
    );
  });

  test("a name before the names that it begins", () => {
    expect(canonicalJson(members({ab: 1n, a: 2n}))).toBe('{"a":2,"ab":1}');
  });
});

test("integers keep all digits, and fractions and exponents make doubles", () => {
  expect(parseValue("[170141183460469231731687303715884105727,-0,1.0,1e3]")).toEqual([2n ** 127n - 1n, 0n, 1, 1000]);
});

test("a number beyond doubles, or beyond 4300 digits, is refused", () => {
  for (const text of ["1e999", "9".repeat(4301), "[1", "NaN"])
    expect(codeOf(() => parseValue(text))).toBe("JSON_INVALID");
});
