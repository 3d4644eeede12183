import fc from "fast-check";
import {expect, test} from "vitest";
import {readBase64} from "../../../src/codecs/go/base64.js";
import {countHexBytes, readHex} from "../../../src/codecs/go/hex.js";
import {compactJson, indentJson} from "../../../src/codecs/go/layout.js";
import {formatDuration, formatFloat, formatJsonFloat, parseUint} from "../../../src/codecs/go/number.js";
import {isPrintable} from "../../../src/codecs/go/printable.js";
import {jsonText, jsonTextOfBytes, quoteBytes, quoteText} from "../../../src/codecs/go/quote.js";
import {codeOf} from "../laws.js";

test("text and its bytes are quoted alike", () => {
  fc.assert(
    fc.property(fc.string({unit: "binary"}), (text) => {
      expect(jsonText(text, "html")).toBe(jsonTextOfBytes(Buffer.from(text), "html"));
      expect(jsonText(text, "plain")).toBe(jsonTextOfBytes(Buffer.from(text), "plain"));
      expect(JSON.parse(jsonText(text, "html"))).toBe(text);
    }),
  );
});

test("each invalid byte is escaped by itself, a literal U+FFFD is not", () => {
  const bytes = Buffer.from([0x61, 0xe2, 0x82, 0xff, 0xef, 0xbf, 0xbd]);
  expect(jsonTextOfBytes(bytes, "plain")).toBe('"a\\ufffd\\ufffd\\ufffd\ufffd"');
  expect(quoteBytes(bytes)).toBe('"a\\xe2\\x82\\xff\ufffd"');
  expect(jsonText("\ud800", "html")).toBe('"\\ufffd"');
});

test("what prints unescaped follows Unicode 15.0, whatever the runtime knows", () => {
  expect([0x1fae8, 0x31350, 0x20, 0xe9, 0x10ffff].map(isPrintable)).toEqual([true, true, true, true, false]);
  // Added with Unicode 15.1 and 16.
  expect([0x2ffc, 0x2ebf0, 0x1fae9].map(isPrintable)).toEqual([false, false, false]);
  expect(quoteText("\u{1fae9}")).toBe('"\\U0001fae9"');
});

test("hex reports a wrong character before an odd length", () => {
  expect(() => readHex("abz")).toThrow("encoding/hex: invalid byte: U+007A 'z'");
  expect(() => readHex("ab\u0001")).toThrow("encoding/hex: invalid byte: U+0001");
  expect(() => readHex("é0")).toThrow("encoding/hex: invalid byte: U+00C3 'Ã'");
  expect(countHexBytes("abcdxx")).toBe(2);
});

test("base64 round-trips and skips line breaks anywhere", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(40), (bytes, at) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(readBase64(`${text.slice(0, at)}\r\n${text.slice(at)}`)).toEqual(bytes);
    }),
  );
});

test("base64 ignores trailing bits and names the faulty byte", () => {
  expect(readBase64("AB==")).toEqual(Uint8Array.of(0));
  const faults: [string, number][] = [
    ["AA\n=", 4],
    ["AA=A", 2],
    ["=", 0],
    ["AAAA=", 4],
    ["AAA=A", 4],
    ["AA==\nA", 5],
    ["AA-_", 2],
    ["AAAA\nA", 5],
  ];
  for (const [text, at] of faults) expect(() => readBase64(text)).toThrow(`illegal base64 data at input byte ${at}`);
});

test("unsigned integers have a range and no exponent", () => {
  expect(() => parseUint("256", 255n)).toThrow('strconv.ParseUint: parsing "256": value out of range');
  expect(codeOf(() => parseUint("9".repeat(1 << 20)))).toBe("NUMBER_INVALID");
});

test("floats that JSON cannot carry are refused, others print as in Go", () => {
  expect(() => formatJsonFloat(Number.NaN)).toThrow("json: unsupported value: NaN");
  expect(() => formatJsonFloat(-Infinity)).toThrow("json: unsupported value: -Inf");
  expect([formatJsonFloat(-0), formatFloat(-0), formatFloat(1e6), formatFloat(0.00001)]).toEqual([
    "-0",
    "-0",
    "1e+06",
    "1e-05",
  ]);
});

test("durations print in the largest units that they fill", () => {
  expect([1_500n, 3_661_500_000_000n, -1n].map(formatDuration)).toEqual(["1.5µs", "1h1m1.5s", "-1ns"]);
});

test("indentation agrees with JSON.stringify, and compacting undoes it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const compact = JSON.stringify(value);
      expect(indentJson(compact)).toBe(JSON.stringify(value, null, 2));
      expect(Buffer.from(compactJson(Buffer.from(indentJson(compact)))).toString()).toBe(compact);
    }),
  );
});

test("compacting refuses what is not one JSON value", () => {
  expect(codeOf(() => compactJson(Buffer.from("{} {}")))).toBe("JSON_INVALID");
});
