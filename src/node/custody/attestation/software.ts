/** INSECURE: reports under a key in a file, for tests. They say what they were told to say. */
import {softwareReport} from "../../../codecs/quorum/strict/attestation.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import type {Signer} from "../../keys/signer.js";
import type {AttestationDriver} from "./driver.js";

export interface SoftwareMeasured {
  readonly measurement: Uint8Array;
  readonly version: number;
}

/** @param signer ML-DSA-87 */
export const softwareDriver = (
  signer: Pick<Signer, "publicKey" | "sign">,
  {measurement, version}: SoftwareMeasured,
): AttestationDriver => ({
  kind: "insecure-software",
  async collect(userData) {
    const content = {publicKey: signer.publicKey, userData, measurement, version};
    return softwareReport.encode(sign(softwareReport, content, (message) => signer.sign(message)));
  },
});
