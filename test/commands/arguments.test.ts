import {Command} from "commander";
import {expect, test} from "vitest";
import {normalizeFlags, scanFlags, splitPath} from "../../src/commands/arguments.js";

const command = () =>
  new Command("x").option("--memo <text>").option("--print-cmd", "").option("--no-color").option("--limit [n]");

test("words before the first flag are the path; flags before them move behind", () => {
  expect(splitPath(["wallet", "show", "--in", "x"])).toEqual({words: ["wallet", "show"], flags: ["--in", "x"]});
  expect(splitPath(["--json", "wallet", "show"])).toEqual({words: ["wallet", "show"], flags: ["--json"]});
  expect(splitPath(["-json", "status", "-v"])).toEqual({words: ["status"], flags: ["-json", "-v"]});
  expect(splitPath([])).toEqual({words: [], flags: []});
});

test("one dash is as good as two, and a value may start with a dash", () => {
  expect(normalizeFlags(["-memo", "x"], command())).toEqual(["--memo=x"]);
  expect(normalizeFlags(["-memo=x"], command())).toEqual(["--memo=x"]);
  expect(normalizeFlags(["--memo", "-print-cmd"], command())).toEqual(["--memo=-print-cmd"]);
  expect(normalizeFlags(["--memo", "--", "y"], command())).toEqual(["--memo=--", "y"]);
  expect(normalizeFlags(["--memo", "a\nb=c"], command())).toEqual(["--memo=a\nb=c"]);
});

test("a value that may be missing is never a flag", () => {
  expect(normalizeFlags(["--limit", "--memo", "x"], command())).toEqual(["--limit", "--memo=x"]);
  expect(normalizeFlags(["-limit", "3"], command())).toEqual(["--limit=3"]);
  expect(normalizeFlags(["--limit=-3"], command())).toEqual(["--limit=-3"]);
});

test("booleans take Go's spellings of true and false, and no others", () => {
  for (const yes of ["1", "t", "T", "true", "TRUE", "True"])
    expect(normalizeFlags([`-print-cmd=${yes}`], command())).toEqual(["--print-cmd"]);
  for (const no of ["0", "f", "F", "false", "FALSE", "False"])
    expect(normalizeFlags([`--print-cmd=${no}`], command())).toEqual([]);
  expect(() => normalizeFlags(["--print-cmd=yes"], command())).toThrow(expect.objectContaining({code: "FLAG_INVALID"}));
  expect(normalizeFlags(["--no-color=false"], command())).toEqual([]);
});

test("nothing is touched after --, and neither are arguments and short flags", () => {
  expect(normalizeFlags(["a", "-h", "-", "--", "-memo"], command())).toEqual(["a", "-h", "-", "--", "-memo"]);
});

test("an unknown flag keeps its name, so that the refusal can name it", () => {
  expect(normalizeFlags(["-meno", "x"], command())).toEqual(["--meno", "x"]);
});

test("a flag without its value is left for commander to refuse", () => {
  expect(normalizeFlags(["-memo"], command())).toEqual(["--memo"]);
});

test("common flags are found before the command is known", () => {
  expect(scanFlags(["x", "-json"])).toMatchObject({json: true, color: true, input: true});
  expect(scanFlags(["--json=false", "--no-color", "--no-input", "--yes", "--verbose"])).toEqual({
    json: false,
    color: false,
    input: false,
    yes: true,
    verbose: true,
  });
  expect(scanFlags(["--", "--json"])).toMatchObject({json: false});
});
