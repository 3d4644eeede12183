import {spawnSync} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {afterAll, describe, expect, test} from "vitest";

const REPORTER = fileURLToPath(new URL("summary-reporter.ts", import.meta.url));
const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

const FILES = {
  "vitest.config.js": "export default {test: {globals: true, include: ['*.test.js']}};",
  "broken.test.js": `
    test("adds", () => expect(1 + 1).toBe(2));
    test("lacks a device", (context) => context.skip("needs a device"));
    describe("sums", () => { test("are odd", () => expect(1 + 1).toBe(3)); });
    test("hangs", () => new Promise(() => {}), 10);
    describe("hook before", () => {
      beforeAll(() => { throw new Error("one\\n\\ntwo\\nthree\\nfour"); });
      test("never runs", () => {});
    });
    describe("hook after", () => {
      afterAll(() => { throw new Error("left a child"); });
      test("runs", () => {});
    });`,
  "killed.test.js": `test("dies", () => process.kill(process.pid, "SIGKILL"));`,
  "lacking.test.js": `import "./lacking.js";`,
  "late.test.js": `test("throws late", () => { setTimeout(() => { throw new Error("too late"); }, 0); });`,
};
const MANY = {
  "vitest.config.js": FILES["vitest.config.js"],
  "many.test.js": `for (let i = 0; i < 30; i++) test("fails " + i, () => { throw new Error("long ".repeat(1000)); });`,
};

const folder = mkdtempSync(join(tmpdir(), "qsdm-reporter-"));
afterAll(() => rmSync(folder, {recursive: true}));

function summaryOf(name: string, files: Record<string, string>): string[] {
  const root = join(folder, name);
  mkdirSync(root);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
  const ran = spawnSync(process.execPath, [VITEST, "run", "--root", root, "--reporter", REPORTER], {encoding: "utf8"});
  expect(ran.status).toBe(1);
  return ran.stdout.trimEnd().split("\n");
}

const place = (line: string) => line.replace(/ at .*\/([^/]+:\d+)$/, " at $1");

describe("the end of a test run", () => {
  test("names each test, hook, file and stray error that failed, and counts them", () => {
    const lines = summaryOf("each", FILES);
    const on = `(Node ${process.version})`;
    const failed = lines.filter((line) => line.startsWith("failed: ")).map((line) => place(line.slice(8)));

    for (const [what, ...error] of [
      [`broken.test.js > sums > are odd ${on}`, "  expected 2 to be 3 // Object.is equality", "  at broken.test.js:4"],
      [`broken.test.js > hangs ${on}`, "  Test timed out in 10ms."],
      [`broken.test.js > hook before ${on}`, "  one", "  two", "  three", "  at broken.test.js:7"],
      [`broken.test.js > hook after ${on}`, "  left a child", "  at broken.test.js:11"],
      [`killed.test.js > dies: did not finish ${on}`],
      [`lacking.test.js ${on}`, expect.stringContaining("Cannot find module './lacking.js'")],
      [`outside of all tests ${on}`, "  too late"],
    ]) {
      const at = failed.indexOf(what);
      expect(failed.slice(at, at + 1 + error.length)).toEqual([what, ...error]);
    }
    expect(lines).toContain("skipped: lacks a device: needs a device");
    // One more failure is what vitest says of the killed process.
    expect(lines.at(-1)).toBe("3 passed, 8 failed, 2 skipped");
  });

  test("stays short, however much failed", () => {
    const lines = summaryOf("many", MANY);
    expect(lines.at(-1)).toBe("0 passed, 30 failed, 0 skipped");
    expect(lines.at(-2)).toBe("failed: and 20 more");
    expect(lines.length).toBeLessThan(45);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(250);
  });
});
