import {appendFileSync, existsSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {beforeEach, expect, test, vi} from "vitest";
import {RejectionFile, type RejectionFileOptions} from "../../../../src/node/mining/rejections/file.js";
import {scratchDirectory} from "../../../support/chain.js";

const entry = (seq: bigint) => ({
  seq,
  recordedAtMs: 1_800_000_000_000n + seq,
  kind: "hashrate_out_of_band",
  reason: "",
  arch: "hopper",
  height: 5n,
  minerAddr: "ab".repeat(32),
  gpuName: "<NVIDIA & \u2028>",
  certSubject: "",
  detail: "d",
});

let path: string;
beforeEach(() => {
  path = join(scratchDirectory(), "rejections.jsonl");
});
const open = (change: Partial<RejectionFileOptions> = {}) =>
  new RejectionFile({path, softCap: 1_000, hardCapBytes: 0, ...change});
const seqs = () =>
  open()
    .load()
    .lines.map(({seq}) => Number(seq));

test("what is appended is loaded again, and only its owner can read the file", () => {
  expect(open().load()).toEqual({lines: [], skipped: 0});
  expect(existsSync(path)).toBe(false);
  open().append(entry(1n));
  open().append(entry(2n));
  expect(open().load()).toEqual({lines: [entry(1n), entry(2n)], skipped: 0});
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a line that a crash cut short is skipped, and the next starts on its own", () => {
  open().append(entry(1n));
  writeFileSync(path, readFileSync(path).subarray(0, -20));
  open().append(entry(2n));
  expect(seqs()).toEqual([2]);
});

test.each([
  ["an empty line", "\n\n"],
  ["no JSON", "nothing\n"],
  ["a wrong member", '{"Seq":"x"}\n'],
  ["a time that is none", '{"Seq":1,"RecordedAt":"yesterday"}\n'],
])("%s is skipped", (_what, text) => {
  writeFileSync(path, text);
  open().append(entry(7n));
  expect(seqs()).toEqual([7]);
});

test("a line longer than any that is written is skipped, and counted like others that cannot be read", () => {
  open().append(entry(1n));
  appendFileSync(path, `\n{"Seq":2,"Detail":"${"x".repeat(65_536)}"}\nnothing\n`);
  open().append(entry(3n));
  expect(seqs()).toEqual([1, 3]);
  expect(open().load().skipped).toBe(2);
});

test("a line that could not be read back is not written", () => {
  const append = () => open().append({...entry(1n), minerAddr: "<".repeat(60_000)});
  expect(append).toThrow(expect.objectContaining({code: "REJECTION_TOO_LONG"}));
  expect(existsSync(path)).toBe(false);
});

test("after the soft cap the newest lines alone remain", () => {
  const file = open({softCap: 3});
  for (let seq = 1n; seq <= 7n; seq++) file.append(entry(seq));
  expect(seqs()).toEqual([4, 5, 6, 7]);
});

test("a file that is full of few long lines makes room for new ones, and is seldom read for it", () => {
  open().append({...entry(101n), detail: "d".repeat(100)});
  // The two line feeds around a line count besides.
  const cap = 10 * statSync(path).size + 2;
  const file = open({hardCapBytes: cap});
  const load = vi.spyOn(file, "load");
  for (let seq = 102n; seq <= 200n; seq++) {
    file.append({...entry(seq), detail: "d".repeat(100)});
    expect(statSync(path).size).toBeLessThanOrEqual(cap);
  }
  expect(load.mock.calls.length).toBeLessThanOrEqual(99 / 5);
  const kept = seqs();
  expect(kept.length).toBeGreaterThanOrEqual(5);
  expect(kept).toEqual(kept.map((_seq, i) => 201 - kept.length + i));
});

test("a file that is full of what cannot be read takes new lines", () => {
  writeFileSync(path, "x".repeat(10_000));
  open({hardCapBytes: 10_000}).append(entry(1n));
  expect(seqs()).toEqual([1]);
});

test("a line larger than the hard cap is refused and costs the others nothing", () => {
  open().append(entry(1n));
  const small = open({hardCapBytes: 100});
  const load = vi.spyOn(small, "load");
  expect(() => small.append(entry(9n))).toThrow("recentrejects: persist hard cap exceeded");
  expect(load).not.toHaveBeenCalled();
  expect(seqs()).toEqual([1]);
});
