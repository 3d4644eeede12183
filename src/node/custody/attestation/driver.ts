/** What a kind of attestation needs of the machine that it runs on. */
import type {AttestationKind} from "../../../codecs/quorum/strict/attestation-policy.js";

export interface AttestationDriver {
  readonly kind: AttestationKind;
  /**
   * A report of this machine over 64 bytes, in the form of the kind.
   * @throws UnavailableError ATTESTATION_UNAVAILABLE
   */
  collect(userData: Uint8Array): Promise<Uint8Array>;
}
