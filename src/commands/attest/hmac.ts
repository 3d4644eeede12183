import type {Command} from "commander";
import {attestWithMac} from "../../node/mining/attest.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addRigFlags, type RigFlags, readRig} from "./rig.js";
import {type AttestFlags, addAttestFlags, readSolution, writeAttested} from "./solution.js";

export const attestHmacCommand = (io: Io): Command =>
  addRigFlags(
    addAttestFlags(
      defineCommand("attest hmac", {
        summary: "attest a solution with the rig's MAC key",
        description:
          "Builds evidence of type nvidia-hmac-v1 offline and prints the proof that carries it, in its canonical JSON. " +
          "Chains with compat rules take such a proof as it is; on strict chains qsdm attest key puts the evidence " +
          "under the node key.",
        examples: [
          {
            does: "answer a challenge",
            run: "qsdm attest hmac --proof solved.json --challenge challenge.json --node-id rig-1 --gpu-uuid GPU-1 --gpu-name 'NVIDIA GeForce RTX 4090' --gpu-arch ada-lovelace --hmac-key-file rig.hmac --out proof.json",
          },
        ],
        files: {"--hmac-key-file": "The MAC key as hex."},
        exit: {3: "The proof, the challenge or the key cannot be read."},
        seeAlso: ["challenge", "attest key", "attest cc", "keygen hmac"],
      }),
    ),
  )
    .requiredOption("--node-id <id>", "the enrolled node")
    .requiredOption("--hmac-key-file <path>", "key of the attestation MAC, as hex; - reads standard input")
    .action(async (flags: AttestFlags & RigFlags & {hmacKeyFile: string}) => {
      const {proof, challenge} = await readSolution(io, flags);
      const rig = await readRig(io, flags, flags.hmacKeyFile);
      await writeAttested(io, flags, attestWithMac(proof, rig, challenge));
    });
