import {expect, test} from "vitest";
import {
  eventLine,
  failureDocument,
  failureOf,
  linesOf,
  oneLine,
  printable,
  stackOf,
  successDocument,
} from "../../src/commands/output.js";
import {DecodeError, InvariantError, RuleError, UnavailableError, UsageError} from "../../src/errors.js";

test("a bare value is one line, and records are tabbed lines", () => {
  expect(linesOf("abc")).toBe("abc\n");
  expect(linesOf("")).toBe("");
  expect(
    linesOf([
      ["a", 1, 2n, true],
      [null, "", "x"],
    ]),
  ).toBe("a\t1\t2\ttrue\n-\t\tx\n");
});

test("a field cannot add fields, lines or terminal commands", () => {
  expect(linesOf([["a\tb\nc\\d"]])).toBe("a\\tb\\nc\\\\d\n");
  expect(linesOf([["\u001b[2J\u009b\u202e"]])).toBe("\\u001b[2J\\u009b\\u202e\n");
  expect(linesOf("\u001b]0;title\u0007")).toBe("\\u001b]0;title\\u0007\n");
});

test("notes keep line feeds and tabs, error lines keep neither", () => {
  expect(printable("a\n\tb\r\u0000")).toBe("a\n\tb\\r\\u0000");
  expect(oneLine("a\n\tb")).toBe("a\\n\\tb");
});

test("a success document writes bigints as decimal text and bytes as hex", () => {
  expect(JSON.parse(successDocument({h: 2n ** 64n - 1n, raw: Uint8Array.of(1, 255)}, ["careful"]))).toEqual({
    schema: 1,
    ok: true,
    data: {h: "18446744073709551615", raw: "01ff"},
    warnings: ["careful"],
  });
});

test("events are one line each", () => {
  expect(eventLine({event: "block", height: 5n, note: "a\nb"})).toBe(
    '{"schema":1,"event":"block","height":"5","note":"a\\nb"}\n',
  );
});

test("every class of error has its exit code, and everything else is a bug", () => {
  const codes = [UsageError, DecodeError, RuleError, UnavailableError].map(
    (Class) => failureOf(new Class("CODE", "message")).exitCode,
  );
  expect(codes).toEqual([2, 3, 3, 4]);
  for (const error of [new TypeError("x"), new InvariantError("x"), "text", null])
    expect(failureOf(error)).toMatchObject({code: "INTERNAL", exitCode: 1});
});

test("a failure document carries code, message, hint and details", () => {
  const error = new RuleError("NO", "it said no", {hint: "ask again", details: {height: 9n}});
  expect(JSON.parse(failureDocument(failureOf(error)))).toEqual({
    schema: 1,
    ok: false,
    error: {code: "NO", message: "it said no", hint: "ask again", details: {height: "9"}},
  });
  expect(JSON.parse(failureDocument(failureOf(new UsageError("X", "y"))))).toMatchObject({
    error: {hint: null, details: {}},
  });
});

test("stacks show causes", () => {
  const text = stackOf(new UsageError("A", "outer", {cause: new Error("inner")}));
  expect(text).toContain("outer");
  expect(text).toContain("caused by: Error: inner");
});
