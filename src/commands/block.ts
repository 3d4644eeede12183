import type {Command} from "commander";
import type {BlockView} from "../codecs/api/chain.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import {u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** Fields of a block as one line of text. */
export const blockFields = (block: BlockView): TextField[] => [
  block.height,
  block.id,
  block.parentId || null,
  new Date(Number(block.timeMs)).toISOString(),
  block.proposer,
  block.transactionCount,
  block.proofCount,
  block.stateRoot,
];

export const blockCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("block", {
      summary: "show one block",
      description:
        "Prints one line: height, block id, id of the parent, time, proposer, number of transactions, number of proofs and " +
        "state root after the block. --json has the whole block, with its transactions, proofs and coinbase.",
      examples: [
        {does: "when a block was made", run: "qsdm block 1200 | cut -f 4"},
        {does: "the transactions in it", run: "qsdm block 1200 --json | jq -r '.data.transactions[].tx_id'"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "The node has no block of that height."},
      seeAlso: ["receipt", "status"],
    }),
  )
    .argument("<height>", "height of the block", u64Flag)
    .action(async (height: bigint, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const block = await client.block({height});
        const time = new Date(Number(block.timeMs)).toISOString();
        const {timeMs: _, ...rest} = block;
        io.result(documentOf({...rest, time}), [blockFields(block)]);
      });
    });
