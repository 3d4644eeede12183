import type {Command} from "commander";
import {UsageError} from "../../errors.js";
import {deviceIdOf, gpuUuidOf} from "../../node/ledger/attestation/cc/device.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {readCertificates} from "./device.js";

export const attestGpuIdCommand = (io: Io): Command =>
  defineCommand("attest gpu-id", {
    summary: "print the id under which a certified GPU is enrolled",
    description:
      "Prints the GPU id that a strict chain expects in the enrollment of a device with a certificate: a digest of the " +
      "device's key. For a quote that is the first certificate's; for a GPU's own report, with --report, the second's, " +
      "since the first belongs to a firmware.",
    examples: [
      {
        does: "enroll a GPU that reports for itself",
        run: 'qsdm enroll --node-id rig-1 --gpu-uuid "$(qsdm attest gpu-id --report --cert-chain gpu.pem)" --hmac-key-file rig.hmac --node-key-file rig.node',
      },
    ],
    exit: {3: "The chain cannot be read."},
    seeAlso: ["attest key", "attest cc", "enroll"],
  })
    .requiredOption("--cert-chain <path>", "PEM of the device's certificate and those above it")
    .option("--report", "the chain stands behind measurement reports", false)
    .action(async ({certChain, report}: {certChain: string; report: boolean}) => {
      const [leaf, issuer] = await readCertificates(io, certChain, "--cert-chain");
      const device = report ? issuer : leaf;
      if (!device)
        throw new UsageError("DEVICE_INVALID", "the chain has one certificate, a report's has two at least", {
          hint: "leave --report out for a certified quote",
        });
      const id = gpuUuidOf(deviceIdOf(device));
      io.result({gpu_uuid: id, device_id: deviceIdOf(device), common_name: device.commonName}, id);
    });
