/** Rejected claims about GPUs, from the node's log or its stream. */
import type {EventBody} from "../../codecs/api/events.js";
import {flag, list, named, object, omitEmpty, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import {UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {rejectionsRoute} from "../../node/api/routes/rejections.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller} from "./subject.js";

/** What a watcher reads of an entry. */
const seenEntry = object({
  seq: u64,
  recordedAt: text,
  kind: omitEmpty(text, ""),
  reason: omitEmpty(text, ""),
  arch: omitEmpty(text, ""),
  height: omitEmpty(u64, 0n),
  minerAddr: omitEmpty(text, ""),
  gpuName: omitEmpty(text, ""),
  certSubject: omitEmpty(text, ""),
  detail: omitEmpty(text, ""),
});
type SeenEntry = ValueOf<typeof seenEntry>;
const seenPage = object({
  records: named("records", list(seenEntry)),
  nextCursor: omitEmpty(u64, 0n),
  hasMore: omitEmpty(flag, false),
});
const PAGES_MAX = 10_000;

/** Which rejections are told; an empty list takes any. */
export interface RejectionFilter {
  readonly reasons: readonly string[];
  readonly archs: readonly string[];
}

/** Number of the last entry, and those that came since the look before. */
const log = object({last: u64, entries: list(seenEntry)});
type Log = ValueOf<typeof log>;

const wanted = ({reasons, archs}: RejectionFilter, entry: {reason: string; arch: string}): boolean =>
  (reasons.length === 0 || reasons.includes(entry.reason)) &&
  (archs.length === 0 || archs.includes(entry.arch === "" ? "unknown" : entry.arch));

/** The only one of a list, for a node to filter by. */
const only = (values: readonly string[]): string | null => (values.length === 1 ? values[0]! : null);

/** Polls the log; events are named `kind`. */
export const rejectionPoller = (client: Client, filter: RejectionFilter, kind: string): Poller<Log> => {
  const tell = ({entries}: Log): WatchEvent[] =>
    entries.filter((entry) => wanted(filter, entry)).map((entry) => ofEntry(kind, entry));
  return {
    shape: log,
    async snapshot(before) {
      let last = before?.last ?? 0n;
      const entries: SeenEntry[] = [];
      for (let pages = 1; ; pages++) {
        const asked = {kind: null, since: null, limit: null, reason: only(filter.reasons), arch: only(filter.archs)};
        // Values of the reference that this program's own route would not name are for the node to judge.
        const page = await client.ask(rejectionsRoute, seenPage, {
          ...asked,
          cursor: last === 0n ? null : last,
        } as never);
        entries.push(...page.records);
        const next = page.records.reduce((most, {seq}) => (seq > most ? seq : most), last);
        if (!page.hasMore) return {last: next, entries};
        if (next === last || pages >= PAGES_MAX)
          throw new UnavailableError("PAGING_BROKEN", `the node says there is more after page ${pages} but not where`);
        last = next;
      }
    },
    existing: tell,
    diff: (_before, after) => tell(after),
  };
};

const ofEntry = (kind: string, {recordedAt, kind: what, ...entry}: SeenEntry): WatchEvent =>
  watchEvent(kind, recordedAt, {
    kind: what,
    height: entry.height,
    reason: entry.reason,
    arch: entry.arch,
    seq: entry.seq,
    miner_addr: entry.minerAddr,
    gpu_name: entry.gpuName,
    cert_subject: entry.certSubject,
    detail: entry.detail,
  });

/** An event of the stream; `seq` is the stream's number, `log_seq` the log's. */
export function rejectionOfStream(
  seq: bigint,
  body: EventBody<"rejections">,
  filter: RejectionFilter,
): WatchEvent | null {
  if (!wanted(filter, body)) return null;
  return watchEvent("rejection", timeText(body.recordedAtMs), {
    kind: body.kind,
    height: body.quotedHeight,
    reason: body.reason,
    arch: body.arch,
    log_seq: body.logSeq,
    miner_addr: body.minerAddr,
    gpu_name: body.gpuName,
    cert_subject: body.certSubject,
    detail: body.detail,
    seq,
  });
}
