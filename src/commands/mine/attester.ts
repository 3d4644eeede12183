/** How a rig proves its GPU: a MAC, a certified quote, or the GPU's own report, as the chain asks for it. */
import {spdmNonce} from "../../codecs/mining/spdm-bundle.js";
import type {Certificate} from "../../codecs/x509/certificate.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import type {ComputeBackend} from "../../node/compute/backend.js";
import {KEY_FILE_MAX_BYTES, parseHmacKeyFile, parseSeedFile} from "../../node/keys/key-file.js";
import {signerOfSeed} from "../../node/keys/signer.js";
import {deviceIdOf, gpuUuidOf} from "../../node/ledger/attestation/cc/device.js";
import {attestWithMac, macEvidence, type Rig, type SealedEvidence, sealWithKey} from "../../node/mining/attest.js";
import {attestWithCertificate, type CcDevice, certifiedEvidence} from "../../node/mining/attest-cc.js";
import {reportedEvidence} from "../../node/mining/attest-spdm.js";
import type {MinerPorts} from "../../node/mining/ports.js";
import {readCertificates, readDevice} from "../attest/device.js";
import {sourceOf} from "../attest/evidence-source.js";
import {checkAnswers, reportIn} from "../attest/report.js";
import type {Io} from "../io.js";
import {runReportProgram} from "./report-program.js";
import {MINE_SOURCES, required, type SigningFlags, type Terms} from "./terms.js";

type Attest = MinerPorts["attest"];
/** Evidence for the bundle that the node key signs. */
type GiveEvidence = (...given: Parameters<Attest>) => SealedEvidence | Promise<SealedEvidence>;
interface Given {
  readonly flags: SigningFlags;
  readonly terms: Terms;
}

/**
 * How the rig signs, as the chain asks for it.
 * @throws UsageError EVIDENCE_SOURCE, EVIDENCE_STRICT_ONLY, GPU_OTHER_DEVICE, FLAG_REQUIRED; DecodeError KEY_FILE_INVALID
 */
export async function attester(
  io: Io,
  flags: SigningFlags,
  terms: Terms,
  backend: Pick<ComputeBackend, "mlDsa">,
): Promise<Attest> {
  const given = {flags: {...flags, gpuArch: flags.gpuArch.toLowerCase()}, terms};
  if (!terms.strict) return compatAttester(io, given);
  const evidence = await evidenceSource(io, given);
  const file = required(flags.nodeKeyFile, "--node-key-file");
  const seed = parseSeedFile(await io.readFile(file, {flag: "--node-key-file", maxBytes: KEY_FILE_MAX_BYTES}));
  const signer = signerOfSeed(await backend.mlDsa(87, "few"), seed);
  const identity = {chainId: terms.chainId, sign: (message: Uint8Array) => signer.sign(message)};
  return async (solution, challenge, signal) =>
    sealWithKey(solution, await evidence(solution, challenge, signal), {challenge, identity});
}

async function compatAttester(io: Io, given: Given): Promise<Attest> {
  switch (sourceOf(given.flags, MINE_SOURCES)) {
    case "hmacKeyFile": {
      const rig = await rigOf(io, given.flags, given.terms);
      return async (solution, challenge) => attestWithMac(solution, rig, challenge);
    }
    case "deviceKeyFile": {
      const device = await deviceOf(io, given.flags);
      return async (solution, challenge) => attestWithCertificate(solution, device, challenge);
    }
    case "reportExec":
      throw new UsageError("EVIDENCE_STRICT_ONLY", "a GPU's own report is evidence on strict chains only", {
        hint: "this chain takes a MAC (--hmac-key-file) or a certified quote (--device-key-file)",
      });
  }
}

async function evidenceSource(io: Io, {flags, terms}: Given): Promise<GiveEvidence> {
  const {nodeId} = terms.record;
  switch (sourceOf(flags, MINE_SOURCES)) {
    case "hmacKeyFile": {
      const rig = await rigOf(io, flags, terms);
      return (solution, challenge) => macEvidence(solution, rig, challenge);
    }
    case "deviceKeyFile": {
      const [certificate] = await certificatesOf(io, flags);
      const device = await deviceOf(io, flags);
      checkEnrolled(certificate, terms);
      return (solution, challenge) => certifiedEvidence(solution, device, {challenge, nodeId});
    }
    case "reportExec": {
      // The first certificate belongs to a firmware, the second to the device.
      const certificates = await certificatesOf(io, flags);
      const [leaf, device = leaf] = certificates;
      checkEnrolled(device, terms);
      const certChain = certificates.map(({der}) => der);
      return async (solution, challenge, signal) => {
        const nonce = spdmNonce(solution, {nodeId, challenge});
        const asked = {nonce, nodeId, height: solution.height};
        const report = answerTo(nonce, await runReportProgram(flags.reportExec!, asked, signal));
        return reportedEvidence({report, certChain}, {challenge, nodeId, gpuArch: flags.gpuArch});
      };
    }
  }
}

/** What the program printed, as a report that answers `nonce`. @throws UnavailableError REPORT_PROGRAM_FAILED */
function answerTo(nonce: Uint8Array, printed: Uint8Array): Uint8Array {
  try {
    const report = reportIn(printed);
    checkAnswers(report, nonce);
    return report;
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new UnavailableError("REPORT_PROGRAM_FAILED", `--report-exec printed no report: ${cause.message}`, {
      hint: "the GPU has to sign over the nonce that is on its standard input",
      cause,
    });
  }
}

/** What the rig says of itself under its MAC key. @throws UsageError FLAG_REQUIRED; DecodeError KEY_FILE_INVALID */
export async function rigOf(
  io: Pick<Io, "readFile">,
  flags: SigningFlags,
  {record}: Pick<Terms, "record">,
): Promise<Rig> {
  const keyFile = required(flags.hmacKeyFile, "--hmac-key-file");
  return {
    nodeId: record.nodeId,
    gpuUuid: flags.gpuUuid ?? record.gpuUuid,
    gpuName: flags.gpuName,
    gpuArch: flags.gpuArch.toLowerCase(),
    computeCap: flags.computeCap ?? "",
    cudaVersion: flags.cudaVersion ?? "",
    driverVer: flags.driverVer ?? "",
    hmacKey: parseHmacKeyFile(await io.readFile(keyFile, {flag: "--hmac-key-file", maxBytes: KEY_FILE_MAX_BYTES})),
  };
}

const certificatesOf = (io: Io, {certChain}: SigningFlags): ReturnType<typeof readCertificates> =>
  readCertificates(io, required(certChain, "--cert-chain"), "--cert-chain");

async function deviceOf(io: Io, flags: SigningFlags): Promise<CcDevice> {
  const {deviceKeyFile, certChain, firmwareVer, driverVer, gpuArch} = flags;
  return readDevice(io, {
    deviceKeyFile: required(deviceKeyFile, "--device-key-file"),
    certChain: required(certChain, "--cert-chain"),
    firmwareVer: required(firmwareVer, "--firmware-ver"),
    driverVer: required(driverVer, "--driver-ver"),
    gpuArch,
  });
}

/** @throws UsageError GPU_OTHER_DEVICE when the chain would refuse every proof of this device */
function checkEnrolled(device: Certificate, {record}: Terms): void {
  const id = gpuUuidOf(deviceIdOf(device));
  if (record.gpuUuid.toLowerCase() === id.toLowerCase()) return;
  throw new UsageError("GPU_OTHER_DEVICE", `node ${record.nodeId} is enrolled with ${record.gpuUuid}, not ${id}`, {
    hint: "enroll the device under the id that qsdm attest gpu-id prints",
  });
}
