/** Answer of `GET /api/v1/attest/recent-rejections` (spec/mining-protocol.md 24.6). */
import {count, flag, list, named, object, omitEmpty, text, time, u64, type ValueOf} from "./shape.js";

const rejection = object({
  seq: u64,
  recordedAtMs: named("recorded_at", time),
  kind: text,
  reason: omitEmpty(text, ""),
  arch: omitEmpty(text, ""),
  height: omitEmpty(u64, 0n),
  minerAddr: omitEmpty(text, ""),
  gpuName: omitEmpty(text, ""),
  certSubject: omitEmpty(text, ""),
  detail: omitEmpty(text, ""),
});
export type RejectionView = ValueOf<typeof rejection>;

export const rejectionPage = object({
  records: list(rejection),
  nextCursor: omitEmpty(u64, 0n),
  hasMore: flag,
  /** Matches up to one beyond the page: not a total. */
  totalMatches: count,
  /** The filters that were applied. */
  filters: object({
    kind: omitEmpty(text, ""),
    reason: omitEmpty(text, ""),
    arch: omitEmpty(text, ""),
    since: omitEmpty(u64, 0n),
  }),
});
export type RejectionPageView = ValueOf<typeof rejectionPage>;
