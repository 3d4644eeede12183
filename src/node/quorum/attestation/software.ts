/** Attestation by a key in a file, for tests: whoever holds the file says what it wants, and nothing is protected. */
import {equalBytes} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";
import {softwareReport} from "../../../codecs/quorum/strict/attestation.js";
import {isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import {type AttestationVerifier, reject} from "./verifier.js";

export const softwareVerifier: AttestationVerifier = {
  kind: "insecure-software",
  verify(report, userData, {verify}) {
    const signed = softwareReport.decode(report);
    const {publicKey, userData: named, measurement, version} = signed.content;
    if (!equalBytes(named, userData)) reject("the report was made for other keys, another roster or another nonce");
    if (!isSignedBy(softwareReport, signed, publicKey, verify)) reject("the report's signature does not verify");
    return {measurement, anchor: sha256(publicKey), versions: [version]};
  },
};
