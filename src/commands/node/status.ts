import type {Command} from "commander";
import {UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {statusFields} from "../status.js";

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
        "status 4 when it is not, so that a supervisor can act on it.",
      examples: [{does: "wait until a node is ready", run: "until qsdm node status; do sleep 1; done"}],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {4: "The node does not answer, or is not ready."},
      seeAlso: ["status", "health", "node run"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const status = await readyStatus(client);
      io.result(documentOf(status), [statusFields(status)]);
    });
  });
