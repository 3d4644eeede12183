import {expect, test} from "vitest";
import {RejectionLog} from "../../../../src/node/ledger/mining/rejection-log.js";
import vectors from "./rejection-log.vectors.json" with {type: "json"};

interface Step {
  readonly call: string;
  readonly [name: string]: unknown;
}

const textOr = (value: unknown): string => String(value ?? "");
const orNull = (value: unknown): string | null => (textOr(value) === "" ? null : textOr(value));

function take(log: RejectionLog, step: Step): object {
  if (step.call === "record") {
    const claim = {
      kind: textOr(step.kind),
      reason: textOr(step.reason),
      arch: textOr(step.arch),
      height: BigInt(textOr(step.height)),
      minerAddr: textOr(step.miner_addr),
      gpuName: textOr(step.gpu_name),
      certSubject: textOr(step.cert_subject),
      detail: textOr(step.detail),
    };
    const seq = log.record(claim, BigInt(textOr(step.now)) * 1_000n);
    return {len: log.size, seq: String(seq)};
  }
  if (step.call !== "list") return {};
  const {entries, nextCursor, hasMore} = log.list({
    cursor: BigInt(textOr(step.cursor)),
    limit: Number(step.limit),
    kind: orNull(step.kind),
    reason: orNull(step.reason),
    arch: orNull(step.arch),
    sinceMs: BigInt(textOr(step.since)) * 1_000n,
  });
  return {
    has_more: hasMore,
    next_cursor: String(nextCursor),
    seqs: entries.map(({seq}) => String(seq)),
    total_matches: String(entries.length + (hasMore ? 1 : 0)),
  };
}

const ALL = {cursor: 0n, limit: 500, kind: null, reason: null, arch: null, sinceMs: 0n};

for (const {name, input, expected} of vectors.cases)
  test(`${name}: keeps, cuts, filters and pages as the reference does`, () => {
    const log = new RejectionLog(input.max || undefined);
    expect(input.steps.map((step) => take(log, step))).toEqual(expected.results);
    const kept = log.list(ALL).entries.map(({detail, gpuName, minerAddr, recordedAtMs, seq}) => ({
      detail,
      gpu_name: gpuName,
      miner_addr: minerAddr,
      recorded_at: String(recordedAtMs / 1_000n),
      seq: String(seq),
    }));
    expect(kept).toEqual(expected.final);
  });

const claim = {
  kind: "archspoof_unknown_arch",
  reason: "unknown_arch",
  arch: "x",
  height: 1n,
  minerAddr: "",
  gpuName: "",
  certSubject: "",
  detail: "",
};

test("a log that overflows forgets its oldest entries and goes on counting", () => {
  const log = new RejectionLog(2);
  for (let n = 0n; n < 5n; n++) log.record(claim, n);
  expect(log.list(ALL).entries.map(({seq}) => seq)).toEqual([4n, 5n]);
});

test("texts are cut by code points, never inside one", () => {
  const log = new RejectionLog();
  log.record({...claim, gpuName: "😀".repeat(257), detail: "😀".repeat(200)}, 0n);
  const [entry] = log.list(ALL).entries;
  expect(entry!.gpuName).toBe(`${"😀".repeat(256)}…`);
  expect(entry!.detail).toBe("😀".repeat(200));
});

test("a page is never longer than 500", () => {
  const log = new RejectionLog();
  for (let n = 0n; n < 1_000n; n++) log.record(claim, n);
  const page = log.list({...ALL, limit: 100_000});
  expect([page.entries.length, page.nextCursor, page.hasMore]).toEqual([500, 500n, true]);
});
