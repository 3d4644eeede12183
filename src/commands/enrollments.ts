import type {Command} from "commander";
import type {EnrollmentPageView, EnrollmentView} from "../codecs/api/mining.js";
import {UnavailableError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import {choiceFlag, countFlag} from "./flags.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

const PHASES = ["active", "pending_unbond", "revoked"] as const;
export type PhaseName = (typeof PHASES)[number];
/** Most that a node gives in one page. */
const PAGE_MAX = 500;
/** A node that keeps saying there is more is not believed for ever. */
const PAGES_MAX = 10_000;

/** Fields of an enrollment as one line of text: the same for one record and for many. */
export const enrollmentFields = (view: EnrollmentView): TextField[] => [
  view.nodeId,
  view.phase,
  view.stakeDust,
  view.owner,
  view.gpuUuid,
  view.enrolledAtHeight,
  view.revokedAtHeight,
  view.unbondMaturesAtHeight,
];

/** What is listed. */
export interface Listing {
  readonly phase: PhaseName | null;
  readonly limit: number | null;
  readonly cursor: string | null;
}

export interface Listed {
  readonly records: readonly EnrollmentView[];
  /** Where to go on; `null` at the end. */
  readonly nextCursor: string | null;
  /** Matches in the whole registry when the last page was read. */
  readonly totalMatches: number;
  readonly pages: number;
}

/**
 * One page of enrollments, or with `all` every page from the cursor on.
 * @throws UnavailableError PAGING_BROKEN when the node's cursors lead nowhere
 */
export async function listEnrollments(
  listing: Listing,
  {client, all}: {client: Pick<Client, "enrollments">; all: boolean},
): Promise<Listed> {
  const records: EnrollmentView[] = [];
  let {cursor} = listing;
  for (let pages = 1; ; pages++) {
    const page: EnrollmentPageView = await client.enrollments({...listing, cursor});
    for (const record of page.records) records.push(record);
    const more = page.hasMore || page.nextCursor !== "";
    if (!more || !all)
      return {records, nextCursor: more ? page.nextCursor : null, totalMatches: page.totalMatches, pages};
    const stuck = page.nextCursor === "" || (cursor !== null && page.nextCursor <= cursor);
    if (stuck || pages >= PAGES_MAX)
      throw new UnavailableError("PAGING_BROKEN", `the node says there is more after page ${pages} but not where`, {
        hint: "list page by page with --cursor",
      });
    cursor = page.nextCursor;
  }
}

interface Flags extends ClientFlags {
  readonly phase?: PhaseName;
  readonly limit?: number;
  readonly cursor?: string;
  readonly all: boolean;
}

export const enrollmentsCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("enrollments", {
      summary: "list enrollments",
      description:
        "Prints enrollments in order of node id, one per line: node id, phase, stake in dust, owner, GPU, height of the " +
        "enrollment, height of its end, height at which the bond comes back.\n\n" +
        "A list that changes while it is read repeats nothing and skips nothing that was there all the time.",
      examples: [
        {does: "everybody who mines now", run: "qsdm enrollments --phase active --all"},
        {does: "the second page", run: "qsdm enrollments --limit 100 --cursor rig-099"},
        {
          does: "bonds of one owner",
          run: 'qsdm enrollments --all | awk -F"\\t" -v me="$ADDRESS" \'$4 == me {print $1, $3}\'',
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["enrollment-status", "enroll"],
    }),
  )
    .option("--phase <phase>", `only records in this phase: ${PHASES.join(", ")}`, choiceFlag(PHASES))
    .option("--limit <count>", `records in a page, at most ${PAGE_MAX}`, countFlag(1, PAGE_MAX))
    .option("--cursor <node-id>", "start after this node id")
    .option("--all", "follow the cursor to the end", false)
    .action(async ({phase, limit, cursor, all, ...flags}: Flags) => {
      await withClient(io, flags, async (client) => {
        const listing = {phase: phase ?? null, limit: limit ?? null, cursor: cursor ?? null};
        const listed = await listEnrollments(listing, {client, all});
        const {records, nextCursor, totalMatches, pages} = listed;
        if (all) io.note(`${records.length} enrollments in ${pages} ${pages === 1 ? "page" : "pages"}`);
        else if (nextCursor !== null)
          io.note(`${records.length} of ${totalMatches}; go on with --cursor ${nextCursor}, or pass --all`);
        const data = {
          records: records.map(documentOf),
          next_cursor: nextCursor,
          total_matches: totalMatches,
          phase: listing.phase,
          pages_walked: pages,
        };
        io.result(data, records.map(enrollmentFields));
      });
    });
