import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {EnrollmentView} from "../../codecs/api/mining.js";
import {loadBackend} from "../../node/compute/backend.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {attester} from "../mine/attester.js";
import {required, type SigningFlags, termsOf} from "../mine/terms.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {equivocate} from "./cheat.js";

interface Flags extends ClientFlags, SigningFlags {
  readonly outA: string;
  readonly outB: string;
  readonly force: boolean;
}

export const devnetEquivocateCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("devnet equivocate", {
      summary: "sign two proofs for one height, to see what it costs",
      description:
        "Does with a rig of yours what qsdm mine never does: it solves the present height twice, signs both solutions, " +
        "submits the first, and writes both to files. Anybody who has the two can take the rig's bond with qsdm slash. " +
        "Works on development networks only.",
      examples: [
        {
          does: "two proofs, and the evidence that they are",
          run: 'qsdm devnet equivocate --node-id rig1 --gpu-name "NVIDIA GeForce RTX 4090" --gpu-arch ada --hmac-key-file rig1.hmac --node-key-file rig1.key && qsdm slash-helper double-mining --proof-a proof-a.json --proof-b proof-b.json --out evidence.bin',
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      files: {"proof-a.json, proof-b.json": "The two proofs, unless --out-a and --out-b name others."},
      exit: {3: "The chain is no development network, or the node refused the proof."},
      seeAlso: ["slash-helper double-mining", "slash", "devnet", "mine"],
    }),
  )
    .option("--node-id <id>", "the enrolled node that cheats")
    .option("--gpu-uuid <uuid>", "as nvidia-smi -L prints it (default: the enrolled one)")
    .option("--gpu-name <name>", "model of the GPU as the driver names it", "")
    .option("--gpu-arch <name>", "hopper, blackwell, ada-lovelace, ampere or turing", "")
    .option("--hmac-key-file <path>", "key of the attestation MAC, as hex; - reads standard input")
    .option("--node-key-file <path>", "seed of the key that signs proofs, as hex")
    .option("--out-a <path>", "file for the first proof", "proof-a.json")
    .option("--out-b <path>", "file for the second", "proof-b.json")
    .option("--force", "replace existing files", false)
    .action(async ({outA, outB, force, ...flags}: Flags) => {
      const {height, proofs} = await withClient(io, flags, async (client) => {
        const terms = await termsOf(client, required(flags.nodeId, "--node-id"));
        if (io.asks) await io.confirm(questionOf(terms.record));
        const attest = await attester(io, flags, terms, await loadBackend());
        const {forkTensorHeight, strict, record} = terms;
        const boundNodeId = strict ? record.nodeId : null;
        return equivocate({address: record.owner, boundNodeId, forkTensorHeight, attest}, client, io.signal);
      });
      await io.writeFile(outA, proofs[0], {force});
      await io.writeFile(outB, proofs[1], {force});
      io.note(`${flags.nodeId} signed two proofs for height ${height}; the node has the first`);
      io.result({height, proof_a: outA, proof_b: outB}, [[height, outA, outB]]);
    });

const questionOf = ({nodeId, stakeDust}: EnrollmentView): string =>
  `Sign away the bond of ${nodeId}, ${formatCell(stakeDust)} CELL? This cannot be taken back.`;
