import type {Command} from "commander";
import type {Status} from "../codecs/api/status.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** Fields of a status as one line of text. */
export const statusFields = ({network, chainTip, nodeId, version, peers, uptime, qsdm}: Status): TextField[] => [
  network,
  chainTip,
  qsdm?.blockId ?? null,
  qsdm?.rules ?? null,
  qsdm?.poolSize ?? null,
  peers,
  uptime,
  version,
  nodeId,
  qsdm?.sync.state ?? null,
];

export const statusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("status", {
      summary: "show where a node's chain stands",
      description:
        "Prints one line: chain, height of the tip, its block id, the rules in force, transactions waiting, peers, uptime, " +
        "version, node id, and following or catching-up. --json has the whole answer, with emission, supply and the forms that the node takes; a - in " +
        "the line is what a node of another program does not tell.",
      examples: [
        {does: "the height", run: "qsdm status | cut -f 2"},
        {does: "the supply equation", run: "qsdm status --json | jq .data.qsdm.supply"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["health", "node run"],
    }),
  ).action(async (flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const status = await client.status();
      io.result(documentOf(status), [statusFields(status)]);
    });
  });
