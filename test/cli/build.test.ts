import {execFileSync} from "node:child_process";
import {existsSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {expect, onTestFinished, test} from "vitest";
import {quickPaths} from "../../src/commands/help.js";
import vectors from "./evidence.vectors.json" with {type: "json"};
import {qsdm} from "./qsdm.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DIST = join(ROOT, "dist");

/** Every file of a folder with its bytes as text. */
const contents = (folder: string): Map<string, string> => {
  const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter((each) => each.isFile());
  return new Map(
    files
      .map(({parentPath, name}) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(folder.length), readFileSync(path, "latin1")]),
  );
};

test("two builds of one tree are byte-identical, and a build replaces an older one", () => {
  const folder = join(ROOT, "node_modules", `.qsdm-build-${process.pid}`);
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const build = () => {
    execFileSync(process.execPath, [join(ROOT, "scripts", "build.mjs"), folder], {stdio: "pipe"});
    return contents(folder);
  };
  const [first, second] = [build(), build()];
  expect([...second.keys()]).toEqual([...first.keys()]);
  for (const [file, text] of first) expect(second.get(file) === text, file).toBe(true);
});

test("nothing in the bundle names the machine that built it", () => {
  for (const [file, text] of contents(DIST)) {
    expect(text.includes(ROOT), file).toBe(false);
    expect(text.includes("sourceMappingURL"), file).toBe(false);
  }
});

test("every quick command has a file of its own", () => {
  expect(quickPaths.length).toBeGreaterThan(3);
  for (const path of quickPaths) expect(existsSync(join(DIST, "quick", `${path.replaceAll(" ", "-")}.js`))).toBe(true);
});

test("a quick command does the same by its own file and by the whole program", async () => {
  const stdin = vectors.cases[0]!.stdout;
  const args = ["slash-helper", "inspect", "--evidence-file", "-"];
  for (const [more, status] of [
    [[], 0],
    [["--json"], 0],
    [["--jsno"], 2],
    [["--kind", "freshness-cheat"], 3],
  ] as const) {
    // A flag in front of the words takes the long way.
    const [quick, whole] = await Promise.all([
      qsdm([...args, ...more], {stdin}),
      qsdm(["--no-color", ...args, ...more], {stdin}),
    ]);
    expect(quick.status).toBe(status);
    expect(quick).toEqual(whole);
  }
});
