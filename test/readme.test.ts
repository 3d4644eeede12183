import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {COMMANDS} from "../src/commands/registry.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the command table names every command and no other", () => {
  const table = readme.slice(readme.indexOf("## Commands"), readme.indexOf("## Where things live"));
  const named = table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...line.split("|")[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  expect(named.sort()).toEqual(COMMANDS.map(({path}) => path).sort());
});
