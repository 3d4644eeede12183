import type {Command} from "commander";
import {
  VALIDATOR_ATTEST_CONTRACT,
  type ValidatorAttestation,
  validatorAttestation,
  validatorNonce,
} from "../../codecs/chain/validator-attestation.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {readCertificates} from "./device.js";
import {checkAnswers, readReportFile} from "./report.js";

interface Flags extends WriteFlags {
  readonly reportFile: string;
  readonly certChain: string;
  readonly gpuArch: string;
  readonly anchorHeight: bigint;
}

/**
 * The order that attests a validator.
 * @throws RuleError VALIDATOR_ATTESTATION_NOT_VALIDATOR; UsageError REPORT_NONCE_OTHER
 */
export async function orderValidatorAttestation(
  attestation: ValidatorAttestation,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "validators" | "block">},
): Promise<Order> {
  const {validators} = await client.validators();
  if (!validators.some(({account}) => account === sender))
    throw new RuleError("VALIDATOR_ATTESTATION_NOT_VALIDATOR", `${sender} is no validator's account`, {
      hint: "sign with the validator's keystore: --in FILE",
    });
  const {anchorHeight, report} = attestation;
  checkAnswers(report, validatorNonce((await client.block({height: anchorHeight})).id, sender), "validator-nonce");
  return {
    contract: VALIDATOR_ATTEST_CONTRACT,
    payload: validatorAttestation.encode(attestation),
    summary: {anchor_height: anchorHeight, gpu_arch: attestation.gpuArch},
    announcement: [`attest the GPU of validator ${sender} on ${terms.chainId}, against block ${anchorHeight}`],
    question: null,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm receipt {tx_id}",
  };
}

export const attestValidatorCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("attest validator", {
      summary: "put a validator's GPU report on the chain",
      description:
        "Submits a GPU's measurement report, asked for with the nonce that qsdm attest validator-nonce prints, as a " +
        "transaction of the validator's account. The chain checks report and certificates and counts the validator as " +
        "attested for an hour of blocks. Prints the transaction id.",
      examples: [
        {
          does: "attest, and wait for the block",
          run: "qsdm attest validator --report-file report.bin --cert-chain gpu.pem --gpu-arch hopper --anchor-height 1200 --in validator.json --wait",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {
        "--report-file": "Request and answer of the GPU, as bytes or hex.",
        "--cert-chain": "Certificates in PEM.",
      },
      exit: {3: "Not a validator, or no such report.", 5: "--wait ended before a block decided."},
      seeAlso: ["attest validator-nonce", "attest gpu-id", "node init"],
    })
      .requiredOption("--report-file <path>", "the GPU's measurement report")
      .requiredOption("--cert-chain <path>", "PEM of the GPU's certificates, leaf first")
      .requiredOption("--gpu-arch <name>", "hopper or blackwell")
      .requiredOption("--anchor-height <height>", "height that the nonce stands for", u64Flag),
  ).action(async ({reportFile, certChain, gpuArch, anchorHeight, ...flags}: Flags) => {
    const report = await readReportFile(io, reportFile);
    const certificates = await readCertificates(io, certChain, "--cert-chain");
    const attestation = {anchorHeight, gpuArch, certChain: certificates.map(({der}) => der), report};
    await submitOrder(io, flags, {build: (context) => orderValidatorAttestation(attestation, context)});
  });
