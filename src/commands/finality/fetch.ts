import type {Command} from "commander";
import type {FinalityView} from "../../codecs/api/finality.js";
import {hexOf} from "../../codecs/bytes.js";
import {
  EPOCH_STEPS_MAX,
  FINALITY_BUNDLE_MAX_BYTES,
  finalityBundle,
  finalityProof,
  type StateProof,
  stateProof,
} from "../../codecs/chain/finality.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
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
        "qsdm finality verify is for, which trusts no node. Where other validators vote on the block than on the first one, " +
        "the proof comes with a step for each epoch between. --json has it as hex where it is not written to a file.",
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
        const {proof, blockId} = await withSteps(client, await client.finality({height}));
        const data = {height, block_id: blockId, size_bytes: proof.length};
        if (out === "-") return io.bytes(proof, {...data, proof_hex: hexOf(proof)});
        await io.writeFile(out, proof, {force});
        io.result({...data, path: out}, out);
      });
    });

/** A proof with the steps from the genesis to its epoch, where that is not the first. */
async function withSteps(client: Client, {proof, blockId}: FinalityView): Promise<Omit<FinalityView, "height">> {
  const finality = finalityProof.decode(proof);
  const epoch = finality.headers[0]?.epoch ?? 0n;
  if (epoch === 0n) return {proof, blockId};
  const tooFar = (): never => {
    throw new RuleError("FINALITY_TOO_FAR", `the block is of epoch ${epoch}: a file holds no proof over so many`, {
      hint: "qsdm light sync goes over any number of epochs",
    });
  };
  if (epoch > BigInt(EPOCH_STEPS_MAX)) tooFar();
  const steps: StateProof[] = [];
  let sizeBytes = proof.length;
  for (let number = 1n; number <= epoch; number++) {
    const step = await client.epochStep({number});
    sizeBytes += step.proof.length;
    if (sizeBytes > FINALITY_BUNDLE_MAX_BYTES) tooFar();
    steps.push(stateProof.decode(step.proof));
  }
  return {proof: finalityBundle.encode({steps, finality}), blockId};
}
