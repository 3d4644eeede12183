/** The page of defects names tests that are there. */
import {readFileSync} from "node:fs";
import {expect, test} from "vitest";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const rows = [...read("docs/defects.md").matchAll(/^\| (D\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, id = "", file = "", name = ""]) => ({id, file: file.replaceAll("`", ""), name}),
);

test("every defect of money, consensus and transactions has its row", () => {
  expect(rows.map(({id}) => id)).toEqual(Array.from({length: 31}, (_, i) => `D${i + 1}`));
});

test.each(rows.filter(({file}) => file !== "later"))("$id: $file has the test", ({file, name}) => {
  expect(read(file)).toContain(name);
});
