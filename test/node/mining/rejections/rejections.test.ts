import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {expect, test, vi} from "vitest";
import {RejectionFile} from "../../../../src/node/mining/rejections/file.js";
import {DEFAULT_REJECTION_OPTIONS, Rejections} from "../../../../src/node/mining/rejections/rejections.js";
import {scratchDirectory} from "../../../support/chain.js";

const ALL = {cursor: 0n, limit: 500, kind: null, reason: null, arch: null, sinceMs: 0n};
const LONG = "<".repeat(60_000);
const claim = {
  kind: "archspoof_unknown_arch",
  reason: "unknown_arch",
  arch: LONG,
  height: 1n,
  minerAddr: LONG,
  gpuName: "",
  certSubject: "",
  detail: "",
};

function start(path: string) {
  const warn = vi.fn();
  const file = new RejectionFile({path, ...DEFAULT_REJECTION_OPTIONS});
  return {rejections: new Rejections(DEFAULT_REJECTION_OPTIONS, {file, log: {warn}}), warn};
}

test("a log of the longest claims starts again with what it held", () => {
  const path = join(scratchDirectory(), "rejections.jsonl");
  const recorded = start(path).rejections.record(claim, 7n);
  const {rejections, warn} = start(path);
  expect(rejections.list(ALL).entries).toEqual([recorded]);
  expect(warn).not.toHaveBeenCalled();
});

test("lines that cannot be read are told about and do not stop the start", () => {
  const path = join(scratchDirectory(), "rejections.jsonl");
  writeFileSync(path, `${"x".repeat(360_000)}\nnothing\n`);
  const {rejections, warn} = start(path);
  expect(rejections.list(ALL).entries).toEqual([]);
  expect(warn.mock.calls).toEqual([[{lines: 2}, expect.stringContaining("skipped")]]);
  expect(rejections.record(claim, 7n)?.seq).toBe(1n);
});
