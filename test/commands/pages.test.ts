import {readdirSync, readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {manPages, optionTerms} from "../../scripts/man-page.js";
import {completionScript, SHELLS} from "../../src/commands/completion-script.js";
import {documentation} from "../../src/commands/define.js";
import {helpOf, helpPages, loadAll, pageName} from "../../src/commands/help.js";
import {COMMANDS, GROUPS} from "../../src/commands/registry.js";

const loaded = await loadAll();
const pages = new Map(manPages(loaded).map(({file, text}) => [file, text]));
const SECTIONS = [
  "NAME",
  "SYNOPSIS",
  "DESCRIPTION",
  "OPTIONS",
  "EXIT STATUS",
  "ENVIRONMENT",
  "FILES",
  "EXAMPLES",
  "SEE ALSO",
];
const plainText = (roff: string): string => roff.replaceAll("\\&", "").replaceAll("\\-", "-").replaceAll("\\e", "\\");

test("the pages under man/ are the ones that npm run man makes", () => {
  const folder = new URL("../../man/", import.meta.url);
  expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
  for (const [file, text] of pages) expect(readFileSync(new URL(file, folder), "utf8")).toBe(text);
});

for (const {entry, command} of loaded) {
  const page = plainText(pages.get(`qsdm-${pageName(entry.path)}.1`)!);

  test(`${entry.path}: the page has every section in order`, () => {
    expect([...page.matchAll(/^\.SH (.+)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
  });

  test(`${entry.path}: OPTIONS lists what --help lists`, () => {
    const options = /\n\.SH OPTIONS\n(.*?)\n\.SH /s.exec(page)![1]!;
    const inPage = [...options.matchAll(/^\.B (-.*)$/gm)].map(([, term]) => term);
    const help = helpOf(command);
    const inHelp = [...help.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].map(([, term]) => term);
    expect(inPage).toEqual(inHelp);
    expect(inPage.length).toBe(optionTerms(command).length);
  });

  test(`${entry.path}: help opens with the common flags, ends with examples and fits 80 columns`, () => {
    const help = helpOf(command);
    expect(help).toMatch(/^Usage: qsdm .*\n\n.*?\n\nCommon flags:\n/s);
    expect(help.indexOf("\nExamples:\n")).toBeGreaterThan(help.lastIndexOf("lags:\n"));
    for (const {run} of documentation(command)!.examples) expect(help).toContain(run.split("\n")[0]);
    const beforeExamples = help.slice(0, help.indexOf("\nExamples:\n"));
    expect(Math.max(...beforeExamples.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test(`${entry.path}: the texts are in shape and refer to commands that exist`, () => {
    const docs = documentation(command)!;
    expect(docs.summary).toMatch(/^[a-z].*[^.]$/);
    expect(docs.description).toMatch(/^[A-Z].*\.$/s);
    expect(docs.examples.length).toBeGreaterThan(0);
    for (const path of docs.seeAlso ?? []) expect(COMMANDS.map((each) => each.path)).toContain(path);
    expect(command.name()).toBe(`qsdm ${entry.path}`);
  });

  test(`${entry.path}: no flag takes a secret as its value`, () => {
    const valued = command.options.filter(({required, optional}) => required || optional);
    for (const {long} of valued) expect(long).not.toMatch(/(passphrase|secret|password|private-key|seed)$/);
  });
}

test("every group that is no command itself has a summary, and every summary a group", () => {
  const groups = COMMANDS.filter(({path}) => path.includes(" ")).map(({path}) => path.split(" ")[0]);
  expect(Object.keys(GROUPS).sort()).toEqual(
    [...new Set(groups)].filter((group) => !COMMANDS.some(({path}) => path === group)).sort(),
  );
});

test("there is a help page for the program, each group and each command", async () => {
  const expected = ["", ...Object.keys(GROUPS), ...COMMANDS.map(({path}) => pageName(path))];
  expect([...(await helpPages()).keys()].sort()).toEqual(expected.sort());
});

test("the configuration page has an example that the program takes", async () => {
  const {parseConfig} = await import("../../src/commands/settings.js");
  const example = /\n\.SH EXAMPLES\n\.nf\n(.*?)\n\.fi/s.exec(plainText(pages.get("qsdm-config.5")!))![1]!;
  const everything = example.replace(/^# (\w+ = )/gm, "$1");
  expect(Object.keys(parseConfig(Buffer.from(everything), "example")).length).toBeGreaterThan(4);
});

for (const shell of SHELLS)
  test(`the ${shell} script knows every command and every flag`, () => {
    const script = completionScript(shell, loaded);
    for (const {entry, command} of loaded) {
      expect(script).toContain(entry.path);
      for (const {long} of command.options) expect(script).toContain(long!.slice(2));
    }
  });
