import type {Command} from "commander";
import type {EventBody} from "../../codecs/api/events.js";
import {flag, list, mapOf, object, omitEmpty, optional, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {enrollmentRoute, enrollmentsRoute} from "../../node/api/routes/enrollment.js";
import {choiceFlag, countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller, Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

const PHASES = ["active", "pending_unbond", "revoked"] as const;
type Phase = (typeof PHASES)[number];
const PAGES_MAX = 10_000;

/** What a watcher reads of a record: no more than it tells, so that any node's records will do. */
const seenRecord = object({
  nodeId: text,
  phase: text,
  stakeDust: omitEmpty(u64, 0n),
  slashable: omitEmpty(flag, false),
  enrolledAtHeight: omitEmpty(u64, 0n),
  unbondMaturesAtHeight: omitEmpty(u64, 0n),
  revokedAtHeight: omitEmpty(u64, 0n),
});
type SeenRecord = ValueOf<typeof seenRecord>;
const seenPage = object({records: list(seenRecord), nextCursor: optional(text), hasMore: omitEmpty(flag, false)});

/** Records by node id. */
type Registry = ReadonlyMap<string, SeenRecord>;

/** Which enrollments are watched. */
export interface EnrollmentFilter {
  readonly nodeId: string | null;
  readonly phase: Phase | null;
  readonly limit: number | null;
}

async function readPages(client: Client, {phase, limit}: EnrollmentFilter): Promise<Registry> {
  const found = new Map<string, SeenRecord>();
  let cursor: string | null = null;
  for (let pages = 1; ; pages++) {
    const page: ValueOf<typeof seenPage> = await client.ask(enrollmentsRoute, seenPage, {phase, limit, cursor});
    for (const record of page.records) found.set(record.nodeId, record);
    if (!page.hasMore) return found;
    if (!page.nextCursor || page.nextCursor === cursor || pages >= PAGES_MAX)
      throw new UnavailableError("PAGING_BROKEN", `the node says there is more after page ${pages} but not where`);
    cursor = page.nextCursor;
  }
}

async function readOne(client: Client, nodeId: string): Promise<Registry> {
  try {
    return new Map([[nodeId, await client.ask(enrollmentRoute, seenRecord, {nodeId})]]);
  } catch (error) {
    if (error instanceof QsdmError && error.details.http_status === 404) return new Map();
    throw error;
  }
}

const sortedKeys = (...maps: readonly ReadonlyMap<string, unknown>[]): string[] =>
  [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();

/** What became of one record between two looks. */
function changeOf(before: SeenRecord | undefined, after: SeenRecord | undefined, ts: string): WatchEvent | null {
  if (!after) return before ? watchEvent("dropped", ts, {node_id: before.nodeId, prev_phase: before.phase}) : null;
  const {nodeId, phase, stakeDust, slashable, ...heights} = after;
  const about = {
    enrolled_at_height: heights.enrolledAtHeight,
    unbond_matures_at_height: heights.unbondMaturesAtHeight,
    revoked_at_height: heights.revokedAtHeight,
  };
  const now = {node_id: nodeId, phase};
  if (!before) return watchEvent("new", ts, {...now, stake_dust: stakeDust, slashable, ...about});
  const stake = {stake_dust: stakeDust, ...stakeChange(before.stakeDust, stakeDust)};
  if (before.phase !== phase)
    return watchEvent("transition", ts, {...now, prev_phase: before.phase, ...stake, slashable, ...about});
  return before.stakeDust === stakeDust ? null : watchEvent("stake_delta", ts, {...now, ...stake, slashable});
}

const stakeChange = (before: bigint, after: bigint) =>
  before === after ? {} : {prev_stake_dust: before, delta_dust: after - before};

function enrollmentPoller(io: Io, client: Client, filter: EnrollmentFilter): Poller<Registry> {
  const ts = (): string => timeText(io.host.now());
  const diff = (before: Registry, after: Registry): WatchEvent[] =>
    sortedKeys(before, after)
      .map((id) => changeOf(before.get(id), after.get(id), ts()))
      .filter((event) => event !== null);
  return {
    shape: mapOf(seenRecord),
    snapshot: () => (filter.nodeId === null ? readPages(client, filter) : readOne(client, filter.nodeId)),
    existing: (first) => diff(new Map(), first),
    diff,
  };
}

/** An event of the stream; beside the reference's members it has the block's height, and its number. */
function ofStream(seq: bigint, body: EventBody<"enrollments">, ts: string): WatchEvent {
  const {event, height, nodeId, owner, phase, prevPhase, stakeDust, prevStakeDust, slashable} = body;
  return watchEvent(event, ts, {
    node_id: nodeId,
    phase,
    prev_phase: prevPhase,
    stake_dust: stakeDust,
    ...(prevStakeDust === null ? {} : stakeChange(prevStakeDust, stakeDust)),
    slashable,
    enrolled_at_height: body.enrolledAtHeight,
    unbond_matures_at_height: body.unbondMaturesAtHeight,
    revoked_at_height: body.revokedAtHeight,
    height,
    owner,
    seq,
  });
}

interface Flags extends WatchFlags {
  readonly phase?: Phase;
  readonly nodeId?: string;
  readonly limit?: number;
  readonly includeExisting: boolean;
}

/** @throws UsageError FLAG_CONFLICT, FLAG_INVALID */
function filterOf({phase, nodeId, limit}: Flags): EnrollmentFilter {
  if (nodeId?.includes("/"))
    throw new UsageError("FLAG_INVALID", "--node-id must not contain a slash", {hint: "name one enrolled node"});
  if (nodeId !== undefined && phase !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--node-id and --phase exclude each other", {
      hint: "one node is watched through all its phases",
    });
  return {phase: phase ?? null, nodeId: nodeId ?? null, limit: limit || null};
}

export const watchEnrollmentsCommand = (io: Io): Command =>
  defineWatch("enrollments", {
    summary: "follow enrollments through their phases",
    description:
      "Tells of each enrollment that is new, changes its phase or its stake, or is dropped when its bond has been returned.",
    examples: [
      {does: "everything from now on", run: "qsdm watch enrollments"},
      {
        does: "one rig, from where the last run stopped",
        run: "qsdm watch enrollments --node-id rig1 --cursor-file rig1.cursor",
      },
      {
        does: "a message for every slashed or ended record",
        run: "qsdm watch enrollments --phase revoked --exec 'jq -r .node_id | mail -s revoked ops'",
      },
    ],
    seeAlso: ["enrollments", "enrollment-status", "watch slashes"],
  })
    .option("--phase <phase>", `only records that enter or leave this phase: ${PHASES.join(", ")}`, choiceFlag(PHASES))
    .option("--node-id <id>", "only this node")
    .option("--limit <count>", "records in a page when the node is polled, at most 500", countFlag(0, 500))
    .option("--include-existing", "tell of the enrollments that are there already, first", false)
    .action(async (flags: Flags) => {
      const filter = filterOf(flags);
      await watch(
        io,
        flags,
        (client): Subject<Registry> => ({
          name: "enrollments",
          poller: enrollmentPoller(io, client, filter),
          tellsExisting: flags.includeExisting,
          streamed: {
            topics: ["enrollments"],
            convert({seq, topic, body}) {
              if (topic !== "enrollments") return null;
              const {nodeId, phase} = filter;
              const meant =
                (nodeId === null || body.nodeId === nodeId) &&
                (phase === null || body.phase === phase || body.prevPhase === phase);
              return meant ? ofStream(seq, body, timeText(io.host.now())) : null;
            },
          },
        }),
      );
    });
