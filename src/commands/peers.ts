import type {Command} from "commander";
import type {PeersView} from "../codecs/api/peers.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

type Peer = PeersView["peers"][number];

/** Fields of a peer as one line of text. */
const peerFields = ({id, direction, address, latencyMs, score, validator, connectedAtMs, agent}: Peer): TextField[] => [
  id,
  direction,
  address,
  latencyMs,
  score,
  validator,
  new Date(Number(connectedAtMs)).toISOString(),
  agent || null,
];

/** Its addresses, or its bare id where it takes no sessions. */
const ownLines = (self: string, listen: readonly string[]): TextField[][] =>
  listen.length > 0 ? listen.map((each) => [each]) : [[self]];

export const peersCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("peers", {
      summary: "show who a node is connected to",
      description:
        "Prints one line for each connected peer: its id, who dialled, its address, latency in milliseconds, score from 0 " +
        "to 100, its account where it votes, since when, and what it calls itself. With --self it prints the node's own " +
        "addresses instead, as --peer of another node takes them.",
      examples: [
        {does: "how many there are", run: "qsdm peers | wc -l"},
        {does: "validators that are missing", run: "qsdm peers --json | jq '[.data.peers[].validator] | unique'"},
        {does: "what another node needs to reach this one", run: "qsdm peers --self"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["validators", "status", "node run"],
    }),
  )
    .option("--self", "print the node's own addresses", false)
    .action(async (flags: ClientFlags & {readonly self: boolean}) => {
      await withClient(io, flags, async (client) => {
        const {self, listen, peers} = await client.peers();
        const document = {
          self,
          listen,
          peers: peers.map(({connectedAtMs, ...peer}) => ({
            ...peer,
            connectedAt: new Date(Number(connectedAtMs)).toISOString(),
          })),
        };
        io.result(documentOf(document), flags.self ? ownLines(self, listen) : peers.map(peerFields));
      });
    });
