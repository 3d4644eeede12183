import {expect, test} from "vitest";
import {
  cellFlag,
  choiceFlag,
  countFlag,
  durationFlag,
  formatDuration,
  pollFlag,
  u64Flag,
} from "../../src/commands/flags.js";

const refused = expect.objectContaining({code: "FLAG_INVALID", exitCode: 2});

test("unsigned integers reach 2^64-1 and may be hex, octal or binary as in Go", () => {
  expect(u64Flag("18446744073709551615")).toBe(2n ** 64n - 1n);
  expect(["0", "0x1f", "0b101", "0o17"].map(u64Flag)).toEqual([0n, 31n, 5n, 15n]);
});

for (const text of ["", "-1", "1.5", "1e3", "1_000", "010", "18446744073709551616", " 1", "0x", "ten"])
  test(`"${text}" is no unsigned integer`, () => {
    expect(() => u64Flag(text)).toThrow(refused);
  });

test("counts keep their range", () => {
  expect(countFlag(1, 10)("10")).toBe(10);
  expect(() => countFlag(1, 10)("0")).toThrow(refused);
  expect(() => countFlag(1, 10)("11")).toThrow(refused);
});

test("amounts are exact", () => {
  expect(cellFlag("0.00000001")).toBe(1n);
  expect(cellFlag("10")).toBe(1_000_000_000n);
  for (const text of ["0.000000001", "-1", "1e3", "NaN", "Inf", ""]) expect(() => cellFlag(text)).toThrow(refused);
});

test("durations are Go's", () => {
  expect(["30s", "1h5m", "250ms", "1.5s", "0"].map(durationFlag)).toEqual([30_000, 3_900_000, 250, 1500, 0]);
  for (const text of ["30", "", "s", "-1s", "1d", "25000h"]) expect(() => durationFlag(text)).toThrow(refused);
  expect([30_000, 250].map(formatDuration)).toEqual(["30s", "250ms"]);
});

test("two looks at a node have a pause between them", () => {
  expect(pollFlag("10ms")).toBe(10);
  for (const text of ["0", "0s", "9ms", "soon"]) expect(() => pollFlag(text)).toThrow(refused);
});

test("a choice is one of a list", () => {
  expect(choiceFlag(["a", "b"])("b")).toBe("b");
  expect(() => choiceFlag(["a", "b"])("c")).toThrow(refused);
});
