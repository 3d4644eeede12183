/** A GPU's own report as evidence for the bundle that a node key signs: docs/decisions/0031-spdm-reports.md. */
import {base64Of} from "../../codecs/bytes.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import {encodeSpdmBundle, SPDM_ATTESTATION} from "../../codecs/mining/spdm-bundle.js";
import {spdmReport} from "../../codecs/mining/spdm-report.js";
import type {SealedEvidence} from "./attest.js";

/** What NVIDIA's tools give for a nonce. */
export interface GpuReport {
  /** Request and answer, as they went over the bus. */
  readonly report: Uint8Array;
  /** DER, leaf first, each issued by the next. */
  readonly certChain: readonly Uint8Array[];
}

/** @param gpu the report whose nonce is `spdmNonce` of solution, node and challenge @throws DecodeError */
export function reportedEvidence(
  {report, certChain}: GpuReport,
  {challenge, nodeId, gpuArch}: {readonly challenge: Challenge; readonly nodeId: string; readonly gpuArch: string},
): SealedEvidence {
  spdmReport.decode(report);
  const evidence = encodeSpdmBundle({certChain: certChain.map((der) => base64Of(der)), challenge, report});
  return {evidence, evidenceType: SPDM_ATTESTATION, nodeId, gpuArch};
}
