import type {Command} from "commander";
import type {StreamView} from "../../codecs/api/streams.js";
import {STREAM_STATUSES, type StreamStatus} from "../../codecs/chain/stream.js";
import {UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {choiceFlag, countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {FIELDS_TEXT, streamFields} from "./fields.js";
import {streamNameFlag} from "./order.js";

/** Most that a node gives in one page. */
const PAGE_MAX = 500;

interface Wanted {
  readonly payer: string | null;
  readonly provider: string | null;
  readonly status: StreamStatus | null;
  readonly serviceId: string | null;
  readonly cursor: string | null;
  readonly limit: number | null;
}

/**
 * One page of streams, or with `all` every page from the cursor on.
 * @throws UnavailableError PAGING_BROKEN when the node's cursors lead nowhere
 */
export async function listStreams(
  wanted: Wanted,
  {client, all}: {client: Pick<Client, "streams">; all: boolean},
): Promise<{readonly streams: readonly StreamView[]; readonly nextCursor: string | null}> {
  const streams: StreamView[] = [];
  for (let {cursor} = wanted; ; ) {
    const page = await client.streams({...wanted, cursor});
    for (const each of page.streams) streams.push(each);
    const {nextCursor} = page;
    if (nextCursor === "" || !all) return {streams, nextCursor: nextCursor === "" ? null : nextCursor};
    if (cursor !== null && nextCursor <= cursor)
      throw new UnavailableError("PAGING_BROKEN", `the node goes on after "${nextCursor}", which it gave before`, {
        hint: "list page by page with --cursor",
      });
    cursor = nextCursor;
  }
}

interface Flags extends ClientFlags {
  readonly payer?: string;
  readonly provider?: string;
  readonly status?: StreamStatus;
  readonly serviceId?: string;
  readonly cursor?: string;
  readonly limit?: number;
  readonly all: boolean;
}

export const streamListCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("stream list", {
      summary: "list streams",
      description: `Prints streams in order of their ids, one line each: ${FIELDS_TEXT}.`,
      examples: [
        {does: "who uses a service now", run: "qsdm stream list --provider ADDRESS --status active --all"},
        {does: "what one account pays for", run: "qsdm stream list --payer ADDRESS"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["stream show", "stream claim"],
    }),
  )
    .option("--payer <address>", "streams that this account pays")
    .option("--provider <address>", "streams that pay this account")
    .option(
      "--status <state>",
      `streams in this state only: ${STREAM_STATUSES.join(", ")}`,
      choiceFlag(STREAM_STATUSES),
    )
    .option("--service-id <name>", "streams of this service only", streamNameFlag)
    .option("--limit <count>", `streams in a page, at most ${PAGE_MAX}`, countFlag(1, PAGE_MAX))
    .option("--cursor <id>", "start after this stream", streamNameFlag)
    .option("--all", "follow the pages to the end", false)
    .action(async (flags: Flags) => {
      const {payer = null, provider = null, status = null, serviceId = null, cursor = null, limit = null} = flags;
      await withClient(io, flags, async (client) => {
        const listed = await listStreams({payer, provider, status, serviceId, cursor, limit}, {client, all: flags.all});
        if (flags.all) io.note(`${listed.streams.length} streams`);
        else if (listed.nextCursor !== null) io.note(`there is more: --cursor ${listed.nextCursor}`);
        io.result(documentOf(listed), listed.streams.map(streamFields));
      });
    });
