import type {Command} from "commander";
import {flag, list, mapOf, nullable, object, omitEmpty, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import {textOf} from "../../codecs/bytes.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {slashReceiptsRoute} from "../../node/api/routes/receipts.js";
import {slashReceiptRoute} from "../../node/api/routes/slash.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller, Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

const IDS_MAX = 1_000;
const ID_MAX_BYTES = 256;
const IDS_FILE_MAX_BYTES = 4 * 1024 * 1024;

/** What a watcher reads of a receipt. */
const seenReceipt = object({
  txId: omitEmpty(text, ""),
  outcome: text,
  height: omitEmpty(u64, 0n),
  slasher: omitEmpty(text, ""),
  nodeId: omitEmpty(text, ""),
  evidenceKind: omitEmpty(text, ""),
  slashedDust: omitEmpty(u64, 0n),
  rewardedDust: omitEmpty(u64, 0n),
  burnedDust: omitEmpty(u64, 0n),
  autoRevoked: omitEmpty(flag, false),
  autoRevokeRemainingDust: omitEmpty(u64, 0n),
  rejectReason: omitEmpty(text, ""),
  error: omitEmpty(text, ""),
});
type SeenReceipt = ValueOf<typeof seenReceipt>;
const seenList = object({records: list(seenReceipt)});

/** Receipts by transaction id; `null` while a slash has none. */
type Receipts = ReadonlyMap<string, SeenReceipt | null>;

/** What a slash came to. */
export const resolved = (txId: string, receipt: SeenReceipt, ts: string): WatchEvent =>
  watchEvent("slash_resolved", ts, {
    node_id: receipt.nodeId,
    tx_id: txId,
    outcome: receipt.outcome,
    height: receipt.height,
    evidence_kind: receipt.evidenceKind,
    slasher: receipt.slasher,
    slashed_dust: receipt.slashedDust,
    rewarded_dust: receipt.rewardedDust,
    burned_dust: receipt.burnedDust,
    auto_revoked: receipt.autoRevoked,
    auto_revoke_remaining_dust: receipt.autoRevokeRemainingDust,
    reject_reason: receipt.rejectReason,
    error: receipt.error,
  });

async function readReceipt(client: Client, txId: string): Promise<SeenReceipt | null> {
  try {
    const receipt = await client.ask(slashReceiptRoute, seenReceipt, {txId});
    if (receipt.txId !== "" && receipt.txId !== txId)
      throw new UnavailableError("RECEIPT_MISMATCH", `asked for the receipt of ${txId}, got that of ${receipt.txId}`);
    return receipt;
  } catch (error) {
    if (error instanceof QsdmError && error.details.http_status === 404) return null;
    throw error;
  }
}

interface Wanted {
  readonly txIds: readonly string[];
  readonly includePending: boolean;
  readonly exitOnResolved: boolean;
}

/** Receipts of the wanted ids. An id that cannot be had now stays as it was; all of them failing is a failure. */
async function readWanted(client: Client, txIds: readonly string[], before: Receipts | null): Promise<Receipts> {
  const now = new Map<string, SeenReceipt | null>();
  let failure: unknown = null;
  let answers = 0;
  for (const txId of txIds)
    try {
      now.set(txId, await readReceipt(client, txId));
      answers++;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      failure = error;
      const known = before?.get(txId);
      if (known !== undefined) now.set(txId, known);
    }
  if (answers === 0 && failure !== null) throw failure;
  return now;
}

const latest = async (client: Client): Promise<Receipts> => {
  const {records} = await client.ask(slashReceiptsRoute, seenList, {
    outcome: null,
    kind: null,
    since: null,
    limit: null,
  });
  return new Map(records.map((receipt) => [receipt.txId, receipt]));
};

function slashPoller(io: Io, client: Client, {txIds, includePending, exitOnResolved}: Wanted): Poller<Receipts> {
  const change = (
    txId: string,
    before: SeenReceipt | null | undefined,
    after: SeenReceipt | null,
  ): WatchEvent | null => {
    const ts = timeText(io.host.now());
    if (!after && before) return watchEvent("slash_evicted", ts, {tx_id: txId, prev_outcome: before.outcome});
    if (!after) return before === undefined && includePending ? watchEvent("slash_pending", ts, {tx_id: txId}) : null;
    if (!before) return resolved(txId, after, ts);
    if (before.outcome === after.outcome) return null;
    const outcomes = {outcome: after.outcome, prev_outcome: before.outcome};
    return watchEvent("slash_outcome_change", ts, {tx_id: txId, ...outcomes});
  };
  const diff = (before: Receipts, after: Receipts): WatchEvent[] =>
    [...after.keys()]
      .sort()
      .map((txId) => change(txId, before.get(txId), after.get(txId)!))
      .filter((event) => event !== null);
  return {
    shape: mapOf(nullable(seenReceipt)),
    snapshot: (before) => (txIds.length === 0 ? latest(client) : readWanted(client, txIds, before)),
    existing: (first) => diff(new Map(), first),
    diff,
    done: (now) => exitOnResolved && txIds.every((txId) => now.get(txId)),
  };
}

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
