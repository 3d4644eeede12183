import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {spdmNonce} from "../../codecs/mining/spdm-bundle.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addSolutionFlags, readSolution, type SolutionFlags} from "./solution.js";

export const attestNonceCommand = (io: Io): Command =>
  addSolutionFlags(
    defineCommand("attest nonce", {
      summary: "print the nonce to ask a GPU's report with",
      description:
        "Prints 32 bytes as hex that stand for one solution, one node and one challenge. A report that a GPU signs over " +
        "them is evidence for qsdm attest key --report-file, within the minute that the challenge is good for.",
      examples: [
        {
          does: "what to ask the GPU",
          run: "qsdm attest nonce --proof solved.json --challenge challenge.json --node-id rig-1",
        },
      ],
      exit: {3: "The proof or the challenge cannot be read."},
      seeAlso: ["challenge", "attest key"],
    }),
  )
    .requiredOption("--node-id <id>", "the enrolled node")
    .action(async (flags: SolutionFlags & {nodeId: string}) => {
      const {proof, challenge} = await readSolution(io, flags);
      const nonce = hexOf(spdmNonce(proof, {nodeId: flags.nodeId, challenge}));
      io.result({nonce, node_id: flags.nodeId, issued_at: challenge.issuedAt}, nonce);
    });
