import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {timeText} from "./event.js";
import {type Receipts, resolved, slashPoller} from "./slash-receipts.js";
import type {Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

const IDS_MAX = 1_000;
const ID_MAX_BYTES = 256;
const IDS_FILE_MAX_BYTES = 4 * 1024 * 1024;

interface Flags extends WatchFlags {
  readonly txId: readonly string[];
  readonly txIdsFile?: string;
  readonly includePending: boolean;
  readonly exitOnResolved: boolean;
  readonly outcome?: "applied" | "rejected";
  readonly nodeId?: string;
}

/** Ids of the flags, then of the file: one in a line, up to white space or a `#`. @throws UsageError TX_IDS_INVALID */
async function idsOf(io: Io, {txId, txIdsFile}: Flags): Promise<readonly string[]> {
  const file =
    txIdsFile === undefined
      ? ""
      : textOf(await io.readFile(txIdsFile, {flag: "--tx-ids-file", maxBytes: IDS_FILE_MAX_BYTES}));
  const lines = file.split("\n").map((line) => /^[^\s#]*/.exec(line.trim())![0]);
  const ids = [...new Set([...txId.map((id) => id.trim()), ...lines])].filter((id) => id !== "");
  const refuse = (why: string): never => {
    throw new UsageError("TX_IDS_INVALID", why, {hint: "pass the ids that qsdm slash printed"});
  };
  if ((txIdsFile !== undefined || txId.length > 0) && ids.length === 0) refuse("there is no transaction id");
  if (ids.length > IDS_MAX) refuse(`${ids.length} transaction ids, at most ${IDS_MAX} can be watched`);
  for (const id of ids) {
    if (id.includes("/")) refuse(`transaction id "${id}" has a slash in it`);
    if (Buffer.byteLength(id) > ID_MAX_BYTES) refuse(`transaction id "${id}" is longer than ${ID_MAX_BYTES} bytes`);
  }
  return ids;
}

export const watchSlashesCommand = (io: Io): Command =>
  defineWatch("slashes", {
    summary: "follow slashes to their outcome",
    description:
      "Tells what became of slashes: of those named, or on a node of this program of all. A polled node also tells when it " +
      "has forgotten a receipt, and when an outcome has changed.",
    examples: [
      {does: "all slashes from now on", run: "qsdm watch slashes"},
      {does: "wait for one, whatever becomes of it", run: 'qsdm watch slashes --tx-id "$TX" --exit-on-resolved'},
      {
        does: "what one rig has lost so far",
        run: "qsdm watch slashes --after 0 --node-id rig1 --json | jq .slashed_dust",
      },
    ],
    exit: {130: "Interrupted before every slash of --exit-on-resolved had an outcome."},
    seeAlso: ["slash", "slash-receipt", "watch proofs"],
  })
    .option(
      "--tx-id <id>",
      "a slash to follow; may be repeated",
      (id: string, ids: readonly string[]) => [...ids, id],
      [],
    )
    .option("--tx-ids-file <path>", "slashes to follow, one id in a line; - reads standard input")
    .option("--include-pending", "tell of slashes without an outcome, too", false)
    .option("--exit-on-resolved", "end when every slash has an outcome", false)
    .option("--outcome <outcome>", "from a stream, only these: applied, rejected", choiceFlag(["applied", "rejected"]))
    .option("--node-id <id>", "from a stream, only slashes of this node")
    .action(async (flags: Flags) => {
      const {includePending, exitOnResolved, outcome, nodeId, once} = flags;
      if (exitOnResolved && includePending)
        throw new UsageError("FLAG_CONFLICT", "--exit-on-resolved and --include-pending exclude each other");
      const txIds = await idsOf(io, flags);
      if (exitOnResolved && txIds.length === 0) throw namesNone("--exit-on-resolved waits for slashes that are named");
      await watch(io, flags, async (client): Promise<Subject<Receipts>> => {
        const anyOf = txIds.length === 0;
        if (anyOf && (await client.status()).qsdm === null)
          throw namesNone("a node of QSDM tells only of slashes that are named");
        return {
          name: "slashes",
          poller: slashPoller(io, client, {txIds, includePending, exitOnResolved}),
          tellsExisting: !anyOf || once,
          // Named slashes are asked for: their outcome may be older than the stream.
          streamed: anyOf
            ? {
                topics: ["slashes"],
                convert({seq, topic, body}) {
                  if (topic !== "slashes") return null;
                  if (outcome !== undefined && body.outcome !== outcome) return null;
                  if (nodeId !== undefined && body.nodeId !== nodeId) return null;
                  return {...resolved(body.txId, body, timeText(io.host.now())), seq};
                },
              }
            : null,
        };
      });
      if (exitOnResolved) io.signal.throwIfAborted();
    });

const namesNone = (why: string): UsageError =>
  new UsageError("TX_IDS_MISSING", why, {hint: "name them with --tx-id or --tx-ids-file"});
