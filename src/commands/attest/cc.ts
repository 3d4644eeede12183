import type {Command} from "commander";
import {attestWithCertificate} from "../../node/mining/attest-cc.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {type DeviceFlags, readDevice} from "./device.js";
import {addArchitectureFlag} from "./rig.js";
import {type AttestFlags, addAttestFlags, readSolution, writeAttested} from "./solution.js";

export const attestCcCommand = (io: Io): Command =>
  addArchitectureFlag(
    addAttestFlags(
      defineCommand("attest cc", {
        summary: "attest a solution with a device's certificate",
        description:
          "Builds evidence of type nvidia-cc-v1 offline, signed with the key that the first certificate names, and " +
          "prints the proof that carries it. The device id in it is the digest of that key. Chains with compat rules " +
          "that pin a root above it take such a proof as it is; on strict chains qsdm attest key makes a quote that " +
          "also covers node and versions.",
        examples: [
          {
            does: "answer a challenge",
            run: "qsdm attest cc --proof solved.json --challenge challenge.json --cert-chain device.pem --device-key-file device.key --firmware-ver 96.00.5E --driver-ver 550.54.14 --gpu-arch hopper",
          },
        ],
        files: {"--device-key-file": "The device's private key in PEM.", "--cert-chain": "Its certificates in PEM."},
        exit: {3: "The proof, the challenge, the chain or the key cannot be read."},
        seeAlso: ["challenge", "attest key", "attest gpu-id", "node init"],
      }),
    ),
  )
    .requiredOption("--cert-chain <path>", "PEM of the device's certificate and those above it")
    .requiredOption("--device-key-file <path>", "private key of the first certificate, in PEM")
    .requiredOption("--firmware-ver <version>", "version of the GPU's firmware")
    .requiredOption("--driver-ver <version>", "version of the GPU driver")
    .action(async (flags: AttestFlags & DeviceFlags) => {
      const {proof, challenge} = await readSolution(io, flags);
      await writeAttested(io, flags, attestWithCertificate(proof, await readDevice(io, flags), challenge));
    });
