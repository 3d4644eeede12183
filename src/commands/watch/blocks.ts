import type {Command} from "commander";
import {count, list, named, object, omitEmpty, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import type {Client} from "../../node/api/client.js";
import {headersRoute} from "../../node/api/routes/chain.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller, Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

/** What a watcher reads of a header. */
const seenHeader = object({
  height: u64,
  hash: omitEmpty(text, ""),
  timestamp: omitEmpty(text, ""),
  txCount: omitEmpty(count, 0),
});
const seenPage = object({tip: u64, headers: list(seenHeader)});
const PAGE_MAX = 200;

/** The newest height, and the headers that came since the look before. */
const seen = object({tip: u64, headers: named("headers", list(seenHeader))});
type Seen = ValueOf<typeof seen>;

function blockPoller(io: Io, client: Client): Poller<Seen> {
  const tell = ({headers}: Seen): WatchEvent[] =>
    headers.map(({height, hash, timestamp, txCount}) =>
      watchEvent("block", timestamp || timeText(io.host.now()), {height, hash, transaction_count: txCount}),
    );
  return {
    shape: seen,
    async snapshot(before) {
      if (!before) return client.ask(headersRoute, seenPage, {from: null, to: null, limit: 1});
      const headers: Seen["headers"][number][] = [];
      for (let from = before.tip + 1n; ; from = headers.at(-1)!.height + 1n) {
        const page = await client.ask(headersRoute, seenPage, {from, to: null, limit: PAGE_MAX});
        headers.push(...page.headers.filter(({height}) => height >= from));
        const last = headers.at(-1)?.height ?? before.tip;
        if (page.headers.length === 0 || last >= page.tip) return {tip: last, headers};
      }
    },
    existing: tell,
    diff: (_before, after) => tell(after),
  };
}

interface Flags extends WatchFlags {
  readonly includeExisting: boolean;
}

export const watchBlocksCommand = (io: Io): Command =>
  defineWatch("blocks", {
    summary: "follow the chain block by block",
    description:
      "Tells of each block: height, id, and how many transactions and proofs it holds. No height is left out.",
    examples: [
      {does: "block times as they come", run: "qsdm watch blocks --json | jq -r .ts"},
      {
        does: "an archive of everything that the node still tells",
        run: "qsdm watch blocks --after 0 --cursor-file blocks.cursor",
      },
    ],
    seeAlso: ["block", "status", "watch proofs"],
  })
    .option("--include-existing", "tell of the newest block, first", false)
    .action(async (flags: Flags) => {
      await watch(
        io,
        flags,
        (client): Subject<Seen> => ({
          name: "blocks",
          poller: blockPoller(io, client),
          tellsExisting: flags.includeExisting,
          streamed: {
            topics: ["blocks"],
            convert({seq, topic, body}) {
              if (topic !== "blocks") return null;
              return watchEvent("block", timeText(body.timeMs), {
                height: body.height,
                hash: body.blockId,
                transaction_count: body.transactionCount,
                proof_count: body.proofCount,
                seq,
              });
            },
          },
        }),
      );
    });
