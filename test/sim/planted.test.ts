import {readFileSync} from "node:fs";
import path from "node:path";
import {expect, test} from "vitest";
import {planted} from "./plant.js";
import {PLANTED} from "./planted.js";

const ROOT = path.resolve(import.meta.dirname, "../..");

test.each(PLANTED)("$name: still fits the code that it is planted into", ({edits, caughtBy}) => {
  const sources = new Map<string, string>();
  for (const {file, find, replace} of edits) {
    const before = sources.get(file) ?? readFileSync(path.join(ROOT, file), "utf8");
    sources.set(file, planted(before, find, replace));
  }
  expect(edits.length).toBeGreaterThan(0);
  expect(caughtBy.length).toBeGreaterThan(0);
});

test("an edit that fits nowhere, or twice, is not made", () => {
  expect(() => planted("abc", "x", "y")).toThrow("occurs 0 times");
  expect(() => planted("aa", "a", "b")).toThrow("occurs 2 times");
  expect(planted("abc", "b", "$&")).toBe("a$&c");
});
