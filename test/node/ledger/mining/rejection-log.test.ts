import {expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {formatRejection, REJECTION_LINE_MAX_BYTES} from "../../../../src/codecs/mining/rejection-line.js";
import {RejectionLimiter} from "../../../../src/node/ledger/mining/rejection-limiter.js";
import {RejectionLog} from "../../../../src/node/ledger/mining/rejection-log.js";

const ALL = {cursor: 0n, limit: 500, kind: null, reason: null, arch: null, sinceMs: 0n};

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

test("an entry of the longest texts, all of them escaped, makes a line that is read back", () => {
  const log = new RejectionLog();
  const long = "<".repeat(60_000);
  log.record({...claim, arch: long, minerAddr: long, gpuName: long, certSubject: long, detail: long}, 0n);
  const [entry] = log.list(ALL).entries;
  expect([entry!.arch, entry!.minerAddr]).toEqual(Array(2).fill(`${"<".repeat(256)}…`));
  expect(utf8(formatRejection(entry!)).length).toBeLessThan(REJECTION_LINE_MAX_BYTES);
});

test("a page is never longer than 500", () => {
  const log = new RejectionLog();
  for (let n = 0n; n < 1_000n; n++) log.record(claim, n);
  const page = log.list({...ALL, limit: 100_000});
  expect([page.entries.length, page.nextCursor, page.hasMore]).toEqual([500, 500n, true]);
});

test("a restored log keeps the newest, and goes on counting after the largest number", () => {
  const log = new RejectionLog(2);
  log.restore([3n, 9n, 7n].map((seq) => ({...claim, seq, recordedAtMs: seq})));
  expect(log.list(ALL).entries.map(({seq}) => seq)).toEqual([9n, 7n]);
  expect(log.record(claim, 10n)?.seq).toBe(10n);
});

test("an address that makes too many entries is left out until it has waited", () => {
  const log = new RejectionLog(100, new RejectionLimiter({perSecond: 2, burst: 0, idleSeconds: 0}));
  const from = (minerAddr: string, nowMs: bigint) => log.record({...claim, minerAddr}, nowMs)?.seq ?? 0n;
  const first = Array.from({length: 12}, () => from("a", 0n));
  expect(first).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 0n, 0n]);
  expect([from("a", 499n), from("b", 499n), from("", 499n), from("a", 500n), from("a", 500n)]).toEqual([
    0n,
    11n,
    12n,
    13n,
    0n,
  ]);
  expect(log.limitedTotal).toBe(4);
});

test("quiet addresses are forgotten", () => {
  const limiter = new RejectionLimiter({perSecond: 1, burst: 1, idleSeconds: 10});
  for (let n = 0; n < 1_023; n++) limiter.admit(`address ${n}`, 0n);
  expect(limiter.size).toBe(1_023);
  limiter.admit("late", 10_001n);
  expect(limiter.size).toBe(1);
});

test("of too many addresses the one that was quiet longest is forgotten", () => {
  const limiter = new RejectionLimiter({perSecond: 1, burst: 1, idleSeconds: 0}, 3);
  for (const address of ["a", "b", "c", "a", "d"]) limiter.admit(address, 0n);
  expect(limiter.size).toBe(3);
  // "b" starts anew; "a" asked after it, and still has to wait.
  expect([limiter.admit("a", 0n), limiter.admit("b", 0n)]).toEqual([false, true]);
});

test("there is a limit of addresses unless one is given", () => {
  const limiter = new RejectionLimiter({perSecond: 1, burst: 1, idleSeconds: 0});
  for (let n = 0; n < 20_100; n++) limiter.admit(`address ${n}`, 0n);
  expect(limiter.size).toBe(20_000);
});
