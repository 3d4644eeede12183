import {describe, expect, test} from "vitest";
import {prefersMapping} from "../../../../src/node/mining/dag/memory.js";

const GIB = 2 ** 30;
const roomy = {tableBytes: 2 * GIB, availableBytes: 16 * GIB};

describe("a table's memory", () => {
  test.each([
    ["who verifies walks the file, however it is mapped", {searches: false, largeShare: 0, ...roomy}, true],
    ["who searches walks a file in large pages", {searches: true, largeShare: 0.9, ...roomy}, true],
    ["and a copy where the pages are small", {searches: true, largeShare: 0.5, ...roomy}, false],
    [
      "but not where a copy would leave nothing to others",
      {searches: true, largeShare: 0, tableBytes: 2 * GIB, availableBytes: 2.4 * GIB},
      true,
    ],
  ])("%s", (_, facts, maps) => {
    expect(prefersMapping("auto", facts)).toBe(maps);
    expect([prefersMapping("mapped", facts), prefersMapping("copied", facts)]).toEqual([true, false]);
  });
});
