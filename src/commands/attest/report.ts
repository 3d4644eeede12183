/** A GPU's own report on the command line. */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {spdmNonce} from "../../codecs/mining/spdm-bundle.js";
import {SPDM_REPORT_MAX_BYTES, spdmReport} from "../../codecs/mining/spdm-report.js";
import {UsageError} from "../../errors.js";
import type {SealedEvidence} from "../../node/mining/attest.js";
import {reportedEvidence} from "../../node/mining/attest-spdm.js";
import type {Io} from "../io.js";
import {readCertificates} from "./device.js";

/** A report as hex, and some white space. */
export const REPORT_TEXT_MAX_BYTES = 3 * SPDM_REPORT_MAX_BYTES;

export interface ReportFlags {
  readonly reportFile: string;
  readonly certChain: string;
  readonly nodeId: string;
  readonly gpuArch: string;
}

/** @throws DecodeError REPORT_INVALID, CERTIFICATES_INVALID; UsageError REPORT_NONCE_OTHER */
export async function readReport(
  io: Io,
  {reportFile, certChain, nodeId, gpuArch}: ReportFlags,
  {proof, challenge}: {readonly proof: Proof; readonly challenge: Challenge},
): Promise<SealedEvidence> {
  const report = await readReportFile(io, reportFile);
  checkAnswers(report, spdmNonce(proof, {nodeId, challenge}));
  const certificates = await readCertificates(io, certChain, "--cert-chain");
  const gpu = {report, certChain: certificates.map(({der}) => der)};
  return reportedEvidence(gpu, {challenge, nodeId, gpuArch});
}

/**
 * Unless `report` answers the nonce `wanted`, which `qsdm attest` with `command` prints:
 * @throws UsageError REPORT_NONCE_OTHER; DecodeError REPORT_INVALID
 */
export function checkAnswers(report: Uint8Array, wanted: Uint8Array, command = "nonce"): void {
  const {requestNonce} = spdmReport.decode(report);
  if (!equalBytes(requestNonce, wanted))
    throw new UsageError(
      "REPORT_NONCE_OTHER",
      `the report answers nonce ${hexOf(requestNonce)}, want ${hexOf(wanted)}`,
      {
        hint: `ask the GPU for a report with the nonce that qsdm attest ${command} prints`,
      },
    );
}

/** The bytes of a report's file. @throws DecodeError INPUT_TOO_LARGE */
export const readReportFile = async (io: Io, path: string): Promise<Uint8Array> =>
  reportIn(await io.readFile(path, {flag: "--report-file", maxBytes: REPORT_TEXT_MAX_BYTES}));

/** Reports are bytes; NVIDIA's tools write them as hex. */
export function reportIn(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString("latin1").trim();
  return /^[0-9a-fA-F]+$/.test(text) ? bytesOfHex(text.toLowerCase()) : file;
}
