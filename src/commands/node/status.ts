import {type Command, Option} from "commander";
import {UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {formatDuration, pollFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {statusFields} from "../status.js";
import {watchStatus} from "./watch-status.js";

const INTERVAL_MS = 2_000;

interface Flags extends ClientFlags {
  readonly watch: boolean;
  /** Milliseconds. */
  readonly interval: number;
}

/**
 * A node's status once it is ready.
 * @throws UnavailableError NODE_NOT_READY, NODE_UNREACHABLE
 */
export async function readyStatus(client: Client): Promise<Awaited<ReturnType<Client["status"]>>> {
  const {status} = await client.healthReady();
  if (status !== "ready")
    throw new UnavailableError("NODE_NOT_READY", `the node calls itself ${status}`, {hint: "its log says why"});
  return await client.status();
}

export const nodeStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("node status", {
      summary: "tell whether a node is ready, and where its chain stands",
      description:
        "Prints the line of qsdm status when the node is ready to take writes and its chain advances; ends with " +
        "status 4 when it is not, so that a supervisor can act on it.\n\n" +
        "With --watch it looks again and again until Ctrl-C: on a terminal some lines that are drawn anew, elsewhere a line " +
        "for each look, and with --json an object a line. A node that is away is shown as such and looked at again.",
      examples: [
        {does: "wait until a node is ready", run: "until qsdm node status; do sleep 1; done"},
        {does: "watch its height", run: "qsdm node status --watch --json | jq --unbuffered .data.chain_tip"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {4: "The node does not answer, or is not ready."},
      seeAlso: ["status", "health", "node run"],
    }),
  )
    .option("--watch", "look again and again, until Ctrl-C", false)
    .addOption(
      new Option("--interval <duration>", "time between two looks of --watch")
        .argParser(pollFlag)
        .default(INTERVAL_MS, formatDuration(INTERVAL_MS)),
    )
    .action(async (flags: Flags) => {
      await withClient(io, flags, async (client) => {
        if (flags.watch) return watchStatus(io, flags.interval, () => readyStatus(client));
        const status = await readyStatus(client);
        io.result(documentOf(status), [statusFields(status)]);
      });
    });
