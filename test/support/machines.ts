/** Machines whose attestation is a key in a file, and what they run. */
import {sha256} from "../../src/codecs/hash.js";
import type {AttestationPolicy} from "../../src/codecs/quorum/strict/attestation-policy.js";
import {UnavailableError} from "../../src/errors.js";
import {loadMlDsa} from "../../src/node/compute/ml-dsa.js";
import type {AttestationDriver} from "../../src/node/custody/attestation/driver.js";
import {type SoftwareMeasured, softwareDriver} from "../../src/node/custody/attestation/software.js";
import {type Signer, signerOfSeed} from "../../src/node/keys/signer.js";

export const GOOD: SoftwareMeasured = {measurement: new Uint8Array(32).fill(1), version: 3};
export const BAD: SoftwareMeasured = {measurement: new Uint8Array(32).fill(2), version: 3};

export const softwareSigner = async (fill = 9): Promise<Signer> =>
  signerOfSeed(await loadMlDsa(87, "few"), new Uint8Array(32).fill(fill));

/** Accepts what `signer` says is `GOOD`. */
export const policyOf = ({publicKey}: Pick<Signer, "publicKey">, maxAgeS = 3_600): AttestationPolicy => ({
  accept: [
    {
      kind: "insecure-software",
      measurements: [GOOD.measurement],
      anchors: [sha256(publicKey)],
      leastVersions: [GOOD.version],
    },
  ],
  maxAgeS,
});

/** A machine that another image can be started on, or that stops giving reports. */
export class Machine implements AttestationDriver {
  readonly kind = "insecure-software";
  runs: SoftwareMeasured | null = GOOD;
  /** What it runs once this many reports were made. */
  afterwards: {readonly reports: number; readonly runs: SoftwareMeasured | null} | null = null;
  reports = 0;

  constructor(private readonly signer: Signer) {}

  async collect(userData: Uint8Array): Promise<Uint8Array> {
    if (this.afterwards && this.reports >= this.afterwards.reports) this.runs = this.afterwards.runs;
    this.reports++;
    if (!this.runs) throw new UnavailableError("ATTESTATION_UNAVAILABLE", "the machine gave no report");
    return softwareDriver(this.signer, this.runs).collect(userData);
  }
}
