import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {allCases} from "./cases.js";
import {type Path, pathsHere} from "./paths.js";

/** How many cases of each group each path has to answer. A path that answers more or fewer fails. */
const coverage = JSON.parse(readFileSync(new URL("coverage.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, number>>>
>;
const cases = allCases();
const paths = await pathsHere();
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

function answered(path: Path): {wrong: string[]; counts: Record<string, number>} {
  const wrong: string[] = [];
  const counts: Record<string, number> = {};
  for (const each of cases) {
    const right = path.answer(each);
    if (right === null) continue;
    counts[each.group] = (counts[each.group] ?? 0) + 1;
    if (!right) wrong.push(`${each.group}: ${each.name}`);
  }
  return {wrong, counts};
}

test("every path is in the coverage file, and those that every Node has are here", () => {
  const names = paths.map(({name}) => name);
  for (const name of names) expect(Object.keys(coverage)).toContain(name);
  expect(names).toEqual(expect.arrayContaining(["noble as the program calls it", "liboqs"]));
});

test("the program's own paths leave no case out", () => {
  for (const [name, groups] of Object.entries(coverage))
    if (!/^(openssl|liboqs)$/.test(name)) expect([name, sum(groups)]).toEqual([name, cases.length]);
});

test.each(paths.map((path) => [path.name, path] as const))(
  "%s answers the cases of ACVP and Wycheproof that its interface can express",
  (name, path) => {
    const {wrong, counts} = answered(path);
    expect(wrong).toEqual([]);
    expect(counts).toEqual(coverage[name]);
    console.info(`ML-KEM vectors: ${name} answers ${sum(counts)} of ${cases.length}`);
  },
);
