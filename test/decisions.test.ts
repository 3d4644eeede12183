import {readdirSync, readFileSync} from "node:fs";
import {expect, test} from "vitest";

const folder = new URL("../docs/decisions/", import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, folder), "utf8");

test("the index of decisions lists every page under its title, and nothing else", () => {
  const pages = readdirSync(folder).filter((name) => name !== "README.md");
  const titled = pages.sort().map((name) => `- [${textOf(name).match(/^# (.*)$/m)![1]}](${name})`);
  expect(textOf("README.md").match(/^- .*$/gm)).toEqual(titled);
});
