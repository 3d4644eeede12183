import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {JsonCursor} from "../../../src/codecs/go/cursor.js";
import {readFirst, readStrict, readWhole} from "../../../src/codecs/go/readers.js";
import {JSON_MAX_DEPTH, scanValue, skipSpace} from "../../../src/codecs/go/scanner.js";
import {goStruct, member, optional} from "../../../src/codecs/go/struct.js";
import {
  goBool,
  goBytes,
  goFloat64,
  goInt64,
  goList,
  goNumber,
  goRaw,
  goText,
  goUint32,
  goUint64,
} from "../../../src/codecs/go/types.js";
import {DecodeError} from "../../../src/errors.js";
import {codeOf, near} from "../laws.js";

const inner = goStruct("pkg.Inner", {risk: member("risk", goUint32), tag: member("tag", goText())});
const record = goStruct("pkg.Record", {
  text: member("text", goText()),
  size: member("size", goUint64),
  signed: member("signed", goInt64),
  ratio: member("ratio", goFloat64),
  flag: member("flag", goBool),
  key: member("key", goBytes),
  literal: member("literal", goNumber),
  raw: member("raw", goRaw),
  names: member("names", goList(goText())),
  items: member("items", goList(inner)),
  inner: member("inner", inner),
  memo: optional("memo", goText()),
});
const wording = {code: "TEST", prefix: "", trailing: "trailing"};
const whole = (json: string) => readWhole(record, utf8(json), wording);
const strict = (json: string) => readStrict(record, utf8(json), wording);
const textOf = (json: string) => whole(`{"text":${json}}`).text;

describe("the syntax check", () => {
  const accepts = (bytes: Uint8Array): boolean => {
    try {
      return skipSpace(bytes, scanValue(bytes, 0, "whole")) === bytes.length;
    } catch {
      return false;
    }
  };
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test("takes exactly what JSON.parse takes", () => {
    const neighbours = fc.json().chain((json) => near(utf8(json)).map((bytes) => Buffer.from(bytes).toString()));
    const snippets = fc
      .array(
        fc.constantFrom(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          '"a"',
          "1",
          "-0",
          "1.5e+3",
          "01",
          ".5",
          "true",
          "nul",
          " ",
          '"\\u12"',
        ),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.json(), neighbours, snippets, fc.string()), (text) => {
        expect(accepts(utf8(text))).toBe(parses(text));
      }),
      {numRuns: 1000},
    );
  });

  test("reads 10,000 levels and refuses one more", () => {
    const nested = (depth: number) => `{"x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(whole(nested(JSON_MAX_DEPTH))).toEqual(record.zero);
    expect(() => whole(nested(JSON_MAX_DEPTH + 1))).toThrow("invalid character '[' exceeded max depth");
  });

  test("refuses a megabyte of brackets, quotes or digits in no time", () => {
    const started = performance.now();
    for (const filler of ["[", '{"a":', '"', "1", "\\", '"\\u0041'])
      codeOf(() => whole(`{"x":${filler.repeat(1 << 20)}`));
    expect(codeOf(() => whole(`{"size":${"9".repeat(1 << 20)}}`))).toBe("TEST");
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  // Texts of Go's encoding/json.
  const faults: [string, string][] = [
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ["{1", "invalid character '1' looking for beginning of object key string"],
    ['{"a"1', "invalid character '1' after object key"],
    ['{"a":1 2', "invalid character '2' after object key:value pair"],
    ["[1 2", "invalid character '2' after array element"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["-", "invalid character ' ' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1e+", "invalid character ' ' in exponent of numeric literal"],
    ["01", "invalid character '1' after top-level value"],
    ["trux", "invalid character 'x' in literal true (expecting 'e')"],
    ["{}'", "invalid character '\\'' after top-level value"],
    ['{}"', "invalid character '\"' after top-level value"],
    ["é", "invalid character 'Ã' looking for beginning of value"],
  ];
  for (const [json, message] of faults)
    test(`says "${message}"`, () => {
      expect(() => whole(json)).toThrow(message);
    });
});

describe("what may follow a value", () => {
  test("only white space for R-whole", () => {
    expect(whole('{"size":1} \t\r\n').size).toBe(1n);
    expect(() => whole('{"size":1}]')).toThrow("invalid character ']' after top-level value");
  });

  test("anything behind a closing bracket for R-strict", () => {
    for (const tail of ["", " ", "]", "} x", "\n]{"]) expect(strict(`{"size":1}${tail}`).size).toBe(1n);
    for (const tail of ["x", " {", ",]", "null"]) expect(() => strict(`{"size":1}${tail}`)).toThrow("trailing");
  });

  test("anything at all for R-first", () => {
    const first = (json: string, unknown: "refuse" | "ignore") => readFirst(record, utf8(json), {...wording, unknown});
    expect(first('{"size":1}garbage', "refuse").size).toBe(1n);
    expect(first('{"size":1,"x":{}}', "ignore").size).toBe(1n);
    expect(() => first('{"x":1}', "refuse")).toThrow('json: unknown field "x"');
  });

  test("streams end with EOF or unexpected EOF", () => {
    expect(() => strict(" ")).toThrow("EOF");
    expect(() => strict('{"size":')).toThrow("unexpected EOF");
    expect(() => strict("-")).toThrow("unexpected EOF");
  });
});

describe("members", () => {
  test("match exactly first, then with simple folding", () => {
    expect(whole('{"SIZE":1}').size).toBe(1n);
    expect(whole('{"\u017fize":1}').size).toBe(1n);
    expect(whole('{"inner":{"ris\u212a":7}}').inner.risk).toBe(7);
    expect(() => strict('{"s\u0130ze":1}')).toThrow("unknown field");
  });

  test("overwrite and merge when repeated", () => {
    expect(whole('{"size":1,"size":2}').size).toBe(2n);
    expect(whole('{"size":1,"size":null}').size).toBe(1n);
    expect(whole('{"inner":{"risk":1,"tag":"a"},"inner":{"risk":2}}').inner).toEqual({risk: 2, tag: "a"});
    expect(whole('{"items":[{"risk":1,"tag":"a"}],"items":[{"risk":2}]}').items).toEqual([{risk: 2, tag: "a"}]);
  });

  test("named after what every object inherits stay unknown", () => {
    for (const name of ["__proto__", "constructor", "toString"])
      expect(() => strict(`{"${name}":1}`)).toThrow(`json: unknown field "${name}"`);
  });

  test("keep their zero value for null", () => {
    const nulls = '{"text":null,"size":null,"flag":null,"key":null,"names":null,"inner":null,"literal":null}';
    expect(whole(nulls)).toEqual(record.zero);
    expect(Buffer.from(whole('{"raw":null}').raw!).toString()).toBe("null");
  });

  test("report the first misfit after reading on", () => {
    const struct = "json: cannot unmarshal string into Go struct field Record.size of type uint64";
    expect(() => whole('{"size":"1","flag":2}')).toThrow(struct);
    expect(() => whole('{"inner":{"risk":-1}}')).toThrow(
      "json: cannot unmarshal number -1 into Go struct field Inner.inner.risk of type uint32",
    );
    expect(() => whole("[]")).toThrow("json: cannot unmarshal array into Go value of type pkg.Record");
    expect(() => whole('{"text":1}')).toThrow("number into Go struct field Record.text of type string");
    expect(() => whole('{"names":{}}')).toThrow("object into Go struct field Record.names of type []string");
    expect(() => whole('{"key":true}')).toThrow("bool into Go struct field Record.key of type []uint8");
  });
});

describe("numbers", () => {
  test("keep all 64 bits", () => {
    expect(whole('{"size":18446744073709551615,"signed":-9223372036854775808}')).toMatchObject({
      size: 18446744073709551615n,
      signed: -9223372036854775808n,
    });
  });

  test("of integers refuse signs, fractions, exponents and excess", () => {
    for (const literal of ["-1", "1.0", "1e3", "18446744073709551616", "-0.0"])
      expect(() => whole(`{"size":${literal}}`)).toThrow(`cannot unmarshal number ${literal} into`);
    expect(() => whole('{"signed":9223372036854775808}')).toThrow("of type int64");
  });

  test("of floats refuse only what no double holds", () => {
    expect(whole('{"ratio":1e-7}').ratio).toBe(1e-7);
    expect(() => whole('{"ratio":1e999}')).toThrow("cannot unmarshal number 1e999 into");
  });

  test("kept as literals may be quoted, but must be numbers", () => {
    expect(whole('{"literal":"12"}').literal).toBe("12");
    expect(whole('{"literal":1e3}').literal).toBe("1e3");
    expect(() => whole('{"literal":"+1"}')).toThrow(
      'json: invalid number literal, trying to unmarshal "\\"+1\\"" into Number',
    );
  });
});

describe("strings", () => {
  test("agree with JSON.parse", () => {
    fc.assert(
      fc.property(fc.string({unit: "binary"}), (text) => {
        expect(textOf(JSON.stringify(text))).toBe(text);
      }),
    );
  });

  test("turn unpaired surrogates and invalid bytes into U+FFFD, one for each byte", () => {
    expect(textOf('"\\ud800x\\udc00\\ud83d\\ude00"')).toBe("\ufffdx\ufffd\u{1f600}");
    const raw = (...body: number[]) => Buffer.from([...utf8('{"text":"'), ...body, ...utf8('"}')]);
    expect(readWhole(record, raw(0xe2, 0x82), wording).text).toBe("\ufffd\ufffd");
    expect(readWhole(record, raw(0xed, 0xa0, 0x80), wording).text).toBe("\ufffd\ufffd\ufffd");
    expect(readWhole(record, raw(0xc0, 0x80, 0x41), wording).text).toBe("\ufffd\ufffdA");
  });

  test("keep a byte order mark", () => {
    expect(textOf('"\ufeffx"')).toBe("\ufeffx");
  });
});

describe("byte strings", () => {
  test("are base64, null, or numbers from 0 to 255", () => {
    expect(whole('{"key":"AQI="}').key).toEqual(Uint8Array.of(1, 2));
    expect(whole('{"key":"AQI=","key":null}').key).toBeNull();
    expect(whole('{"key":[1,255]}').key).toEqual(Uint8Array.of(1, 255));
    expect(() => whole('{"key":[256]}')).toThrow("cannot unmarshal number 256 into Go struct field Record.key");
    expect(() => whole('{"key":"!"}')).toThrow("illegal base64 data at input byte 0");
  });
});

test("what is written reads back", () => {
  const value = {
    ...record.zero,
    text: "<\u2028>",
    names: ["a", ""],
    inner: {risk: 1, tag: "x"},
    literal: "1",
    memo: "m",
  };
  for (const style of ["html", "plain"] as const)
    expect(whole(record.write({...value, raw: utf8("[1]"), key: Uint8Array.of(0)}, style))).toEqual({
      ...value,
      raw: new Uint8Array(utf8("[1]")),
      key: Uint8Array.of(0),
    });
});

test("values that the wire cannot carry are not written", () => {
  const write = (change: object) => () => record.write({...record.zero, literal: "0", ...change}, "html");
  for (const change of [
    {size: -1n},
    {size: 1n << 64n},
    {text: "\udfff"},
    {inner: {risk: 0.5, tag: ""}},
    {literal: "x"},
  ])
    expect(codeOf(write(change))).toBe("FIELD_INVALID");
  expect(codeOf(write({ratio: Number.NaN}))).toBe("FLOAT_UNSUPPORTED");
});

test("of many faults only the first is made: each would cost a stack trace", () => {
  const cursor = new JsonCursor(utf8("{}"), 0, true);
  const made: string[] = [];
  const fault = (name: string) => () => {
    made.push(name);
    return new DecodeError("JSON_INVALID", name);
  };
  cursor.note(fault("first"));
  cursor.note(fault("second"));
  expect(made).toEqual(["first"]);
  expect(cursor.fault?.message).toBe("first");
  expect(() => strict('{"a":0,"b":0,"size":"x"}')).toThrow('unknown field "a"');
});
