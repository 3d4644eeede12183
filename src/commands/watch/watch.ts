/** What all `qsdm watch` commands share: their flags, and the choice between stream and polling. */
import {type Command, Option} from "commander";
import {UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {type ClientFlags, withClient} from "../client.js";
import {type CommandDocs, defineCommand} from "../define.js";
import {durationFlag, formatDuration, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, type Settings, settingsEnvironment} from "../settings.js";
import {CursorFile} from "./cursor.js";
import {poll} from "./poll.js";
import {followStream} from "./stream.js";
import type {Subject} from "./subject.js";
import {Teller} from "./teller.js";

export interface WatchFlags extends ClientFlags {
  readonly interval: number;
  readonly once: boolean;
  readonly after?: bigint;
  readonly cursorFile?: string;
  readonly exec?: string;
}

const INTERVAL_MS = 30_000;
/** As the reference: 0 is the usual interval, and nobody asks more often than this. */
const INTERVAL_MIN_MS = 1_000;

export const intervalMs = ({interval}: WatchFlags): number =>
  interval === 0 ? INTERVAL_MS : Math.max(interval, INTERVAL_MIN_MS);

/** A watch command; chain its own flags and its action to the result. */
export const defineWatch = (
  name: string,
  {summary, description, examples, exit, files, seeAlso}: CommandDocs,
): Command =>
  addClientFlags(
    defineCommand(`watch ${name}`, {
      summary,
      description:
        `${description}\n\nOne event per line: time, kind, and named fields apart by tabs, or one JSON object under --json. ` +
        "A node of this program is followed through its event stream; any other is polled. When the node goes away the " +
        "watcher waits and comes back. Ctrl-C ends it in order, with status 0.",
      examples,
      environment: settingsEnvironment("api_url", "timeout"),
      files: {"--cursor-file": "Where the watcher has come to; replaced whole, mode 0600.", ...files},
      ...(exit === undefined ? {} : {exit}),
      ...(seeAlso === undefined ? {} : {seeAlso}),
    }),
  )
    .addOption(
      new Option("--interval <duration>", "time between two looks at a node without a stream, at least 1s")
        .argParser(durationFlag)
        .default(INTERVAL_MS, formatDuration(INTERVAL_MS)),
    )
    .option("--once", "look once, and end", false)
    .option("--cursor-file <path>", "go on where the last run stopped, and remember where this one does")
    .option("--after <number>", "start after this event of the stream; 0 is the oldest that is kept", u64Flag)
    .option("--exec <command>", "run this for each event, which is a line of JSON on its standard input");

/** Watches what `subjectOf` makes of a client, until there is nothing left to wait for or the command is interrupted. */
export async function watch<S>(
  io: Io,
  flags: WatchFlags,
  subjectOf: (client: Client, settings: Settings) => Subject<S> | Promise<Subject<S>>,
): Promise<void> {
  await withClient(io, flags, async (client, settings) => {
    const subject = await subjectOf(client, settings);
    const file = flags.cursorFile === undefined ? null : new CursorFile(io.host.disk, flags.cursorFile, subject.name);
    const resumed = (await file?.load()) ?? null;
    const teller = new Teller(io, flags.exec, file);
    try {
      const tipHeight = await followedTip(subject, flags, client);
      if (tipHeight !== null) await follow(io, subject, {flags, client, tipHeight, resumed, teller});
      else await pollSubject(io, subject, {flags, resumed, teller});
    } catch (error) {
      // Ctrl-C is how a watcher ends.
      if (!io.signal.aborted) throw error;
    }
  });
}

/**
 * Height of the node whose stream is read; `null` where it is polled. One look needs no stream.
 * @throws UsageError STREAM_REQUIRED
 */
async function followedTip<S>(subject: Subject<S>, {once, after}: WatchFlags, client: Client): Promise<bigint | null> {
  const {poller, streamed} = subject;
  if (streamed === null || (once && poller !== null)) {
    if (after !== undefined) throw needsStream("--after", once ? "--once" : `qsdm watch ${subject.name}`);
    return null;
  }
  if (once) throw needsStream(`qsdm watch ${subject.name}`, "--once");
  const {qsdm} = await client.status();
  if (qsdm !== null) return qsdm.height;
  if (poller === null || after !== undefined)
    throw needsStream(after === undefined ? `qsdm watch ${subject.name}` : "--after", "this node");
  return null;
}

const needsStream = (what: string, without: string): UsageError =>
  new UsageError("STREAM_REQUIRED", `${what} reads an event stream, which ${without} does not have`, {
    hint: "leave it out, or name a node of this program with --api-url",
  });

interface Work {
  readonly flags: WatchFlags;
  readonly resumed: Awaited<ReturnType<CursorFile["load"]>>;
  readonly teller: Teller;
}

function follow<S>(
  io: Io,
  subject: Subject<S>,
  {flags, client, tipHeight, resumed, teller}: Work & {client: Client; tipHeight: bigint},
): Promise<void> {
  const {poller, tellsExisting} = subject;
  const told = tellsExisting && resumed === null && poller !== null;
  const plan = {
    after: flags.after ?? null,
    tipHeight,
    resumed,
    existing: async () => (told ? poller.existing(await poller.snapshot(null)) : []),
  };
  return followStream(io, client, subject.streamed!, {plan, teller});
}

function pollSubject<S>(io: Io, subject: Subject<S>, {flags, resumed, teller}: Work): Promise<void> {
  const {once} = flags;
  const {tellsExisting} = subject;
  return poll(io, subject.poller!, {intervalMs: intervalMs(flags), once, tellsExisting, resumed}, teller);
}
