/**
 * Holds the place of `nvidia-cc-v1` on chains that pin no root, where it is refused: a type that nothing answers
 * for must not read as "type unknown to the protocol". Source: QSDM mining protocol, section 17.7.
 */
import {CC_ATTESTATION} from "../../../codecs/mining/cc-bundle.js";
import type {CheckAttestation} from "./dispatcher.js";
import {AttestationError} from "./failure.js";

/** @throws AttestationError ATTESTATION_TYPE_UNKNOWN, always */
export const refuseCc: CheckAttestation = ({attestation: {type}}) => {
  const what =
    type === CC_ATTESTATION
      ? "nvidia-cc-v1 verifier not yet available in this build (Phase 2c-iv); upgrade required"
      : `StubVerifier received "${type}" but is only registered for "${CC_ATTESTATION}" — dispatcher routing bug`;
  throw new AttestationError("type_unknown", `cc: ${what}`);
};
