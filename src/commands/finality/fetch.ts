import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

interface Flags extends ClientFlags {
  readonly out: string;
  readonly force: boolean;
}

export const finalityFetchCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("finality fetch", {
      summary: "get the proof that a block is final",
      description:
        "Asks a node for the finality proof of one block and writes its bytes to --out, without checking it: that is what " +
        "qsdm finality verify is for, which trusts no node. --json has the proof as hex where it is not written to a file.",
      examples: [
        {does: "a proof of block 1200", run: "qsdm finality fetch 1200 --out final.bin"},
        {
          does: "fetch and check at once",
          run: "qsdm finality fetch 1200 | qsdm finality verify - --genesis genesis.json",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {
        3: "The node has no block of that height.",
        4: "The node cannot be reached, or the blocks that prove this one final are still to come.",
      },
      seeAlso: ["finality verify", "block"],
    }),
  )
    .argument("<height>", "height of the block, at least 1", u64Flag)
    .option("--out <path>", "file for the proof; - is standard output", "-")
    .option("--force", "replace an existing file", false)
    .action(async (height: bigint, flags: Flags) => {
      const {out, force} = flags;
      if (out === "-") io.checkBinary();
      await withClient(io, flags, async (client) => {
        const {proof, blockId} = await client.finality({height});
        const data = {height, block_id: blockId, size_bytes: proof.length};
        if (out === "-") return io.bytes(proof, {...data, proof_hex: hexOf(proof)});
        await io.writeFile(out, proof, {force});
        io.result({...data, path: out}, out);
      });
    });
