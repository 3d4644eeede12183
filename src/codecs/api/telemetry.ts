/** Answers of the telemetry check (spec/mining-protocol.md 22.1); the members around a verdict are ours. */

import {DecodeError} from "../../errors.js";
import {JsonNumber} from "./json.js";
import {
  count,
  flag,
  list,
  named,
  object,
  omitEmpty,
  optional,
  type Shape,
  text,
  time,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

/** A share or a factor, which no amount ever is. */
const ratio: Shape<number> = {
  write: (value) => String(value),
  read(json, path) {
    const value = json instanceof JsonNumber ? Number(json.text) : Number.NaN;
    if (Number.isNaN(value)) throw new DecodeError("ANSWER_INVALID", `${path} is not a number`);
    return value;
  },
  schema: {type: "number", minimum: 0},
};

const mismatch = object({
  field: text,
  got: text,
  expected: optional(list(text)),
  severity: word("major", "minor"),
});

/** What the check made of one claim. Empty lists are left out. */
export const verdict = object({
  kind: word("match", "mismatch", "unknown_sku", "skipped"),
  mismatches: optional(list(mismatch)),
  matchedReferences: optional(list(text)),
  catalogueSize: named("catalog_size", count),
});
export type VerdictView = ValueOf<typeof verdict>;

/** `GET /api/v1/mining/spec-anomalies`: newest first. */
export const anomalyPage = object({
  catalogueSize: named("catalog_size", count),
  records: list(
    object({
      recordedAtMs: named("recorded_at", time),
      nodeId: text,
      minerAddr: text,
      height: u64,
      gpuName: text,
      gpuArch: text,
      computeCap: text,
      driverVer: text,
      verdict,
    }),
  ),
});

/** `GET /api/v1/mining/penalty`. */
export const penaltyView = object({
  minerAddr: text,
  windowSize: count,
  windowFilled: count,
  mismatchCount: count,
  unknownSkuCount: count,
  matchCount: count,
  mismatchPct: ratio,
  thresholdPct: ratio,
  overThreshold: flag,
  belowMinObservations: flag,
  multiplier: ratio,
  lastObservedAt: omitEmpty(u64, 0n),
});
