import type {Command} from "commander";
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {UsageError} from "../../errors.js";
import {KEY_FILE_MAX_BYTES, parseSeedFile} from "../../node/keys/key-file.js";
import {signerOfSeed} from "../../node/keys/signer.js";
import {macEvidence, type SealedEvidence, sealWithKey} from "../../node/mining/attest.js";
import {certifiedEvidence} from "../../node/mining/attest-cc.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {type DeviceFlags, readDevice} from "./device.js";
import {sourceOf} from "./evidence-source.js";
import {type ReportFlags, readReport} from "./report.js";
import {addRigFlags, type RigFlags, readRig} from "./rig.js";
import {type AttestFlags, addAttestFlags, readSolution, writeAttested} from "./solution.js";

type Sources = Partial<Pick<DeviceFlags, "deviceKeyFile" | "certChain" | "firmwareVer">> &
  Partial<Pick<ReportFlags, "reportFile">> & {readonly hmacKeyFile?: string};
type Flags = AttestFlags & RigFlags & Sources & {readonly nodeKeyFile: string; readonly chainId: string};

const SOURCES = {
  hmacKeyFile: "--hmac-key-file",
  deviceKeyFile: "--device-key-file",
  reportFile: "--report-file",
} as const;

async function evidenceOf(
  io: Io,
  flags: Flags,
  solution: {readonly proof: Proof; readonly challenge: Challenge},
): Promise<SealedEvidence> {
  const {nodeId, certChain} = flags;
  const source = sourceOf(flags, SOURCES);
  if (source === "hmacKeyFile") {
    const rig = await readRig(io, flags, flags.hmacKeyFile!);
    return macEvidence(solution.proof, rig, solution.challenge);
  }
  if (certChain === undefined)
    throw new UsageError("FLAG_REQUIRED", "--cert-chain is missing", {hint: "the device's certificates in PEM"});
  if (source === "reportFile")
    return await readReport(io, {...flags, certChain, reportFile: flags.reportFile!}, solution);
  const {deviceKeyFile = "", firmwareVer = ""} = flags;
  const device = await readDevice(io, {...flags, certChain, deviceKeyFile, firmwareVer});
  return certifiedEvidence(solution.proof, device, {challenge: solution.challenge, nodeId});
}

export const attestKeyCommand = (io: Io): Command =>
  addRigFlags(
    addAttestFlags(
      defineCommand("attest key", {
        summary: "attest a solution under the node key",
        description:
          "Builds a proof of type qsdm-key-v1 offline, as strict chains take it: evidence about the GPU, and over all " +
          "of it the signature of the key that the node is enrolled with. The evidence is a MAC (--hmac-key-file), a " +
          "certified quote (--device-key-file with --cert-chain), or a GPU's own measurement report (--report-file " +
          "with --cert-chain), asked for with the nonce that qsdm attest nonce prints.\n\n" +
          "Whoever signs two solutions for one height loses the bond. qsdm mine keeps a record against that; this " +
          "command does not.",
        examples: [
          {
            does: "answer a challenge with a MAC",
            run: "qsdm attest key --proof solved.json --challenge challenge.json --chain-id my-chain --node-id rig-1 --node-key-file rig.node --hmac-key-file rig.hmac --gpu-uuid GPU-1 --gpu-name 'NVIDIA GeForce RTX 4090' --gpu-arch ada-lovelace",
          },
          {
            does: "answer it with a report of the GPU",
            run: "qsdm attest key --proof solved.json --challenge challenge.json --chain-id my-chain --node-id rig-1 --node-key-file rig.node --report-file report.bin --cert-chain gpu.pem --gpu-arch hopper",
          },
        ],
        files: {
          "--node-key-file": "Seed of the node key, as hex.",
          "--hmac-key-file": "The MAC key as hex.",
          "--device-key-file": "The device's private key in PEM.",
          "--report-file": "Request and answer of the GPU, as bytes or hex.",
        },
        exit: {3: "The proof, the challenge, the report or a key cannot be read."},
        seeAlso: ["challenge", "attest hmac", "attest nonce", "attest gpu-id", "keygen node"],
      }),
    ),
  )
    .requiredOption("--node-id <id>", "the enrolled node")
    .requiredOption("--chain-id <id>", "the chain that the proof is for")
    .requiredOption("--node-key-file <path>", "seed of the key that signs proofs, as hex")
    .option("--hmac-key-file <path>", "key of the attestation MAC, as hex")
    .option("--cert-chain <path>", "PEM of the device's certificate and those above it")
    .option("--device-key-file <path>", "private key of the first certificate, in PEM")
    .option("--firmware-ver <version>", "version of the GPU's firmware, for a certified quote")
    .option("--report-file <path>", "a GPU's measurement report")
    .action(async (flags: Flags) => {
      const solution = await readSolution(io, flags);
      const evidence = await evidenceOf(io, flags, solution);
      const seed = await io.readFile(flags.nodeKeyFile, {flag: "--node-key-file", maxBytes: KEY_FILE_MAX_BYTES});
      const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
      const signer = signerOfSeed(await loadMlDsa(87, "few"), parseSeedFile(seed));
      const identity = {chainId: flags.chainId, sign: (message: Uint8Array) => signer.sign(message)};
      const {challenge, proof} = solution;
      await writeAttested(io, flags, sealWithKey(proof, evidence, {challenge, identity}));
    });
