import type {Command} from "commander";
import {mapOf, object, u64, type ValueOf} from "../../codecs/api/shape.js";
import {textOf} from "../../codecs/bytes.js";
import {UnavailableError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {readBody} from "../answer-body.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import {type RejectionFilter, rejectionPoller} from "./rejection-events.js";
import {addRejectionFlags, filterOf, type RejectionFlags} from "./rejections.js";
import type {Poller, Subject} from "./subject.js";
import {defineWatch, intervalMs, watch} from "./watch.js";

const METRICS_MAX_BYTES = 4 * 1024 * 1024;
const REASON_FAMILY = "qsdm_attest_archspoof_rejected_total";
const ARCH_FAMILY = "qsdm_attest_hashrate_rejected_total";
/** One sample without a timestamp; the reference's lines have one label. */
const SAMPLE = /^([a-z_]+)\{(reason|arch)="([^"]*)"\} (\d{1,20})(?:\.\d+)?$/;

/** Totals by label. */
const counters = object({reasons: mapOf(u64), archs: mapOf(u64)});
type Counters = ValueOf<typeof counters>;

/** The two families in a scrape; lines of another form are not theirs. */
export function countersIn(text: string): Counters {
  const reasons = new Map<string, bigint>();
  const archs = new Map<string, bigint>();
  for (const line of text.split("\n")) {
    const [, family, label, value, total] = SAMPLE.exec(line) ?? [];
    if (family === REASON_FAMILY && label === "reason") reasons.set(value!, BigInt(total!));
    if (family === ARCH_FAMILY && label === "arch") archs.set(value === "" ? "unknown" : value!, BigInt(total!));
  }
  return {reasons, archs};
}

async function scrape(io: Io, url: string): Promise<Counters> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(30_000)]);
  let status: number;
  let body: Uint8Array | null;
  try {
    const answer = await io.host.fetch(url, {headers: {accept: "text/plain"}, signal});
    status = answer.status;
    body = await readBody(answer, METRICS_MAX_BYTES);
  } catch (cause) {
    io.signal.throwIfAborted();
    throw new UnavailableError("NODE_UNREACHABLE", `cannot read the metrics at ${url}`, {
      cause,
      hint: "say where they are with --metrics-url or QSDM_METRICS_URL",
    });
  }
  if (status !== 200 || body === null)
    throw new UnavailableError(
      "METRICS_UNREADABLE",
      `${url} answers with status ${status}${body ? "" : ` and more than ${METRICS_MAX_BYTES} bytes`}`,
      {hint: "say where the metrics are with --metrics-url or QSDM_METRICS_URL"},
    );
  return countersIn(textOf(body));
}

/** Increases; a counter that fell was started over and is told once it passes where it was. */
function bursts(
  before: ReadonlyMap<string, bigint>,
  after: ReadonlyMap<string, bigint>,
  wanted: readonly string[],
): {name: string; delta: bigint; total: bigint}[] {
  return [...after]
    .map(([name, total]) => ({name, total, delta: total - (before.get(name) ?? 0n)}))
    .filter(({name, delta}) => delta > 0n && (wanted.length === 0 || wanted.includes(name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Never below what was seen: a restart of the node is no burst. */
const highest = (before: ReadonlyMap<string, bigint>, after: ReadonlyMap<string, bigint>): Map<string, bigint> =>
  new Map(
    [...new Set([...before.keys(), ...after.keys()])].map((name) => {
      const [was, is] = [before.get(name) ?? 0n, after.get(name) ?? 0n];
      return [name, was > is ? was : is];
    }),
  );

function counterPoller(io: Io, url: string, {reasons, archs}: RejectionFilter): Poller<Counters> {
  const diff = (before: Counters, after: Counters): WatchEvent[] => {
    const ts = timeText(io.host.now());
    return [
      ...bursts(before.reasons, after.reasons, reasons).map(({name, delta, total}) =>
        watchEvent("archspoof_burst", ts, {reason: name, delta_count: delta, total_count: total}),
      ),
      ...bursts(before.archs, after.archs, archs).map(({name, delta, total}) =>
        watchEvent("hashrate_burst", ts, {arch: name, delta_count: delta, total_count: total}),
      ),
    ];
  };
  return {
    shape: counters,
    async snapshot(before) {
      const now = await scrape(io, url);
      if (!before) return now;
      return {reasons: highest(before.reasons, now.reasons), archs: highest(before.archs, now.archs)};
    },
    existing: (first) => diff({reasons: new Map(), archs: new Map()}, first),
    diff,
  };
}

interface Flags extends RejectionFlags {
  readonly metricsUrl?: string;
  readonly detailed: boolean;
}

const metricsUrlOf = (io: Io, {metricsUrl}: Flags, client: Client): string =>
  metricsUrl ?? (io.host.env.QSDM_METRICS_URL || `${client.url}/api/metrics/prometheus`);

export const watchArchspoofCommand = (io: Io): Command =>
  addRejectionFlags(
    defineWatch("archspoof", {
      summary: "count refused claims about GPUs from a node's metrics",
      description:
        "The reference's watcher: reads two families of counters from the metrics and tells what was added since the last " +
        "look. --detailed reads the log of rejections instead, record by record; qsdm watch rejections does the same " +
        "through the event stream. Nodes of this program show their metrics to this machine only, unless told otherwise.",
      examples: [
        {does: "bursts of one kind", run: "qsdm watch archspoof --reason gpu_name_mismatch --interval 1m"},
        {does: "every record that is there", run: "qsdm watch archspoof --detailed --include-existing --once"},
      ],
      seeAlso: ["watch rejections"],
    }),
  )
    .option("--metrics-url <url>", "where the metrics are (default: $QSDM_METRICS_URL, or beside the API)")
    .option("--detailed", "tell of each record of the log instead of counting", false)
    .action(async (flags: Flags) => {
      const filter = filterOf(flags);
      const {detailed, includeExisting} = flags;
      if (flags.metricsUrl !== undefined && !/^https?:\/\//.test(flags.metricsUrl))
        throw new UsageError("FLAG_INVALID", "--metrics-url must be an http or https URL");
      const common = {tellsExisting: includeExisting, streamed: null};
      if (detailed)
        return watch(
          io,
          {...flags, interval: intervalMs(flags)},
          (client): Subject<Log> => ({
            ...common,
            name: "archspoof",
            poller: rejectionPoller(client, filter, "archspoof_rejection"),
          }),
        );
      return watch(
        io,
        flags,
        (client): Subject<Counters> => ({
          ...common,
          name: "archspoof counters",
          poller: counterPoller(io, metricsUrlOf(io, flags, client), filter),
        }),
      );
    });
type Log = Awaited<ReturnType<ReturnType<typeof rejectionPoller>["snapshot"]>>;
