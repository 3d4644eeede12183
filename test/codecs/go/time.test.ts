/** Times of RFC 3339: its own examples (section 5.8), and what Go writes (node specification, section 2.1). */
import fc from "fast-check";
import {expect, test} from "vitest";
import {formatNanoseconds, nanosecondsOf} from "../../../src/codecs/go/time.js";

test.each([
  ["1985-04-12T23:20:50.52Z", 482_196_050_520_000_000n],
  ["1996-12-19T16:39:57-08:00", 851_042_397_000_000_000n],
  ["1996-12-20T00:39:57Z", 851_042_397_000_000_000n],
  ["1970-01-01T00:00:00Z", 0n],
  ["1970-01-01T08:00:00.000000001+08:00", 1n],
  ["2554-07-21T23:34:33.709551615Z", 18_446_744_073_709_551_615n],
  ["2024-02-29T00:00:00Z", 1_709_164_800_000_000_000n],
])("%s is a time", (text, ns) => expect(nanosecondsOf(text)).toBe(ns));

test.each([
  "",
  "1937-01-01T12:00:27.87+00:20",
  "1969-12-31T23:59:59.999999999Z",
  "1990-12-31T23:59:60Z",
  "2023-02-29T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01 00:00:00Z",
  "2026-01-01t00:00:00z",
  "2026-01-01T00:00:00",
  "2026-01-01T00:00:00.Z",
  "2026-01-01T00:00:00.0000000001Z",
  "2026-01-01T00:00:00+24:00",
  "2026-01-01T00:00:00+0800",
  "2026-01-01T00:00:00Z\n",
  "2554-07-21T23:34:33.709551616Z",
])("%j is none", (text) => expect(nanosecondsOf(text)).toBeNull());

test("what is written is read back, without zeros at its end", () => {
  expect(formatNanoseconds(482_196_050_520_000_000n)).toBe("1985-04-12T23:20:50.52Z");
  expect(formatNanoseconds(851_042_397_000_000_000n)).toBe("1996-12-20T00:39:57Z");
  fc.assert(
    fc.property(fc.bigInt({min: 0n, max: (1n << 64n) - 1n}), (ns) => {
      const text = formatNanoseconds(ns);
      expect(nanosecondsOf(text)).toBe(ns);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$/);
    }),
  );
});
