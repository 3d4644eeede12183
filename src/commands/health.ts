import type {Command} from "commander";
import type {Health} from "../codecs/api/ledger.js";
import {UnavailableError} from "../errors.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** `health` itself. @throws UnavailableError NODE_DEGRADED */
export function checkHealth(health: Health): Health {
  if (health.status === "healthy") return health;
  throw new UnavailableError("NODE_DEGRADED", `the node calls itself ${health.status}`, {
    hint: "its log says why",
    details: {status: health.status, version: health.version},
  });
}

export const healthCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("health", {
      summary: "ask a node whether it is well",
      description: "Prints healthy and ends with status 0 when the node answers and its storage works.",
      examples: [{does: "wait for a node to come up", run: "until qsdm health >/dev/null 2>&1; do sleep 1; done"}],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {4: "The node does not answer, or is not well."},
      seeAlso: ["status", "node run"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const health = checkHealth(await client.health());
      io.result(documentOf(health), health.status);
    });
  });
