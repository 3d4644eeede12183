/** Pictures of none, one and many points, and what the commands draw of a node. */
import {describe, expect, test} from "vitest";
import type {Panel} from "../../../src/commands/plot/panel.js";
import {svgOf} from "../../../src/commands/plot/svg.js";
import {chartOf} from "../../../src/commands/plot/terminal.js";
import {EMPTY_STORE, serve, view} from "../../support/api.js";
import {deskOf} from "../against-node.js";

const panel = (values: readonly number[], title = "base fee, dust"): Panel => ({
  title,
  points: values.map((value, i) => ({height: 100 + i, value})),
});
const many = (count: number): readonly number[] => Array.from({length: count}, (_, i) => (i === 777 ? 5_000 : i % 7));
/** Rows that a line goes through. */
const drawnRows = (text: string): number => text.split("\n").filter((row) => /[─│╭╮╯╰]/.test(row)).length;

describe("in the terminal", () => {
  test("nothing is said, one value is a line, and so are equal ones", () => {
    expect(chartOf([panel([])])).toBe("base fee, dust: nothing yet");
    for (const values of [[1_000], [1_000, 1_000, 1_000]]) {
      const text = chartOf([panel(values)]);
      expect(text).toContain("1,000 ┼");
      expect(drawnRows(text)).toBe(1);
    }
    expect(chartOf([panel([1_000])])).toMatch(/^base fee, dust, height 100\n/);
    expect(chartOf([panel([0, 0])])).toContain("0 ┼─");
    expect(chartOf([panel([0, 0])])).not.toContain("−");
  });

  test("many values fit in 80 columns and keep their highest", () => {
    const text = chartOf([panel(many(2_000)), panel([1, 2])]);
    expect(Math.max(...text.split("\n").map(({length}) => length))).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^base fee, dust, heights 100 to 2099\n +5,000 [┤┼]/);
    expect(drawnRows(text)).toBeGreaterThan(8);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    expect(text).not.toMatch(/\u001b/);
  });
});

describe("as SVG", () => {
  test("nothing is said, one value is a dot, and many are one line between their extremes", () => {
    expect(svgOf([panel([])])).toContain(">nothing yet</text>");
    expect(svgOf([])).toMatch(/^<svg [^>]*>\n<rect [^>]*\/>\n<\/svg>\n$/);
    const one = svgOf([panel([7])]);
    expect(one).toMatch(/<circle cx="[\d.]+" cy="[\d.]+" r="3"/);
    const path = /<path d="M([^"]+)"/.exec(svgOf([panel(many(2_000))]))![1]!;
    const points = path.split("L").map((each) => each.split(",").map(Number));
    expect(points).toHaveLength(2_000);
    // From left to right, and the highest value on top.
    expect(points.every(([x], i) => i === 0 || x! > points[i - 1]![0]!)).toBe(true);
    const ys = points.map(([, y]) => y!);
    expect(Math.min(...ys)).toBe(ys[777]);
  });

  test("nothing of a title is markup, and no number is none", () => {
    const text = svgOf([panel([1, 2], `a<b & "c"`), panel([0]), panel([])]);
    expect(text).toContain("a&lt;b &amp; &quot;c&quot;");
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe("of a node", () => {
  const header = (height: bigint) => ({
    ...{chainId: "qsdm-test", height, epoch: 0n, view: height, timeMs: height, parentId: "aa".repeat(32)},
    ...{parentStateRoot: "aa".repeat(32), parentReceiptsRoot: "aa".repeat(32), transactionsRoot: "aa".repeat(32)},
    ...{proofsRoot: "aa".repeat(32), coinbaseRoot: "aa".repeat(32), batchesRoot: "aa".repeat(32)},
    ...{transactionCount: 0, proofCount: 0, coinbaseCount: 0, batchCount: 0, proposer: "bb".repeat(32)},
    ...{baseFeeDust: 1_000n + height, gasUsed: 10n * height},
  });
  const point = (height: bigint) => ({
    height,
    minedDust: 0n,
    burnedDust: 10n * height,
    balancesDust: 7n,
    bondsDust: 5n,
  });
  const desk = async () => {
    const {url} = await serve({
      view: () => view(),
      store: {...EMPTY_STORE, header},
      supplyHistory: {everyBlocks: 2n, points: [point(10n), point(12n)]},
    });
    return deskOf(url, new Uint8Array());
  };

  test("fees are drawn from headers, in the terminal, into a file and as data", async () => {
    const at = await desk();
    const drawn = await at.qsdm("fees estimate --plot");
    expect(drawn.out).toMatch(/^base fee, dust, heights 0 to 12\n/);
    expect(drawn.out).toContain("gas of the block, heights 0 to 12\n");
    const file = await at.qsdm("fees estimate --plot /fees.svg");
    expect(file.out).toBe("/fees.svg\n");
    expect(Buffer.from(file.host.files.get("/fees.svg")!).toString()).toMatch(/^<svg /);
    const {data} = JSON.parse((await at.qsdm("fees estimate --plot --json")).out);
    expect(data.tip).toBe("12");
    expect(data.blocks).toHaveLength(13);
    expect(data.blocks[3]).toEqual({height: "3", base_fee_dust: "1003", gas_used: "30"});
  });

  test("the supply is drawn from what the node remembers", async () => {
    const at = await desk();
    const drawn = await at.qsdm("supply --plot");
    for (const name of ["mined", "burned", "balances", "bonds"])
      expect(drawn.out).toContain(`${name}, CELL, heights 10 to 12\n`);
    const {data} = JSON.parse((await at.qsdm("supply --plot --json")).out);
    expect(data).toMatchObject({height: "12", every_blocks: "2", points: [{burned_dust: "100"}, {burned_dust: "120"}]});
    expect((await at.qsdm("supply --plot=/s.svg --json")).out).toContain('"path":"/s.svg"');
  });

  test.each([
    ["supply --plot /s.png", 2, "PLOT_FORM"],
    ["fees estimate --plot /s", 2, "PLOT_FORM"],
    ["fees estimate --plot --gas 1", 2, "FLAG_CONFLICT"],
  ])("%s is refused", async (line, status, code) => {
    const ran = await (await desk()).qsdm(`${line} --json`);
    expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([status, code]);
  });

  test("a file that is there stays, unless --force says otherwise", async () => {
    const at = await desk();
    const files = {"/s.svg": "mine"};
    const ran = await at.qsdm("supply --plot /s.svg --json", {files});
    expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([2, "FILE_EXISTS"]);
    expect((await at.qsdm("supply --plot /s.svg --force", {files})).status).toBe(0);
  });
});
