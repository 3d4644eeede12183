import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {allCases, type Case} from "./cases.js";
import {cudaPathsHere} from "./cuda-path.js";
import {type Path, pathsHere} from "./paths.js";

/** How many cases of each group each path has to answer. A path that answers more or fewer fails. */
const coverage = JSON.parse(readFileSync(new URL("coverage.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, number>>>
>;
const cases = allCases();
const paths = [...(await pathsHere()), ...cudaPathsHere()];

function answered(path: Path): {wrong: string[]; counts: Record<string, number>} {
  const wrong: string[] = [];
  const counts: Record<string, number> = {};
  for (const each of cases) {
    const right = path.answer(each);
    if (right === null) continue;
    counts[each.group] = (counts[each.group] ?? 0) + 1;
    if (!right) wrong.push(nameOf(each));
  }
  return {wrong, counts};
}
const nameOf = ({group, name}: Case): string => `${group}: ${name}`;

test("every path is in the coverage file, and those that every Node has are here", () => {
  const names = paths.map(({name}) => name);
  for (const name of names) expect(Object.keys(coverage)).toContain(name);
  expect(names).toEqual(
    expect.arrayContaining(["noble", "noble as the program calls it", "liboqs as the program calls it"]),
  );
});

/** Paths that `npm run test:native` and `make -C native gpu` hold to the same file: threads of a GPU have no kernel for keys. */
const KEYLESS = ["gpu thread on the cpu", "cuda"];

test("the program's own paths leave no case out", () => {
  const own = Object.entries(coverage).filter(
    ([name]) => /^native (scalar|avx2|avx512)$/.test(name) || KEYLESS.includes(name),
  );
  expect(own.length).toBe(5);
  for (const [name, groups] of own) {
    const expected = cases.filter(({kind}) => kind !== "keygen" || !KEYLESS.includes(name));
    expect([name, Object.values(groups).reduce((sum, count) => sum + count, 0)]).toEqual([name, expected.length]);
  }
});

test.each(paths.map((path) => [path.name, path] as const))(
  "%s answers the cases of ACVP and Wycheproof that its interface can express",
  (name, path) => {
    const {wrong, counts} = answered(path);
    expect(wrong).toEqual([]);
    expect(counts).toEqual(coverage[name]);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    console.info(`ML-DSA vectors: ${name} answers ${total} of ${cases.length}`);
  },
);
