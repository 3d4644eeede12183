/** What a proof says about the node that made it, whichever of the two bundles it carries. */
import {DecodeError} from "../../errors.js";
import {quoteText} from "../go/quote.js";
import {decodeHmacBundle, HMAC_ATTESTATION, type HmacBundle} from "./hmac-bundle.js";
import {decodeKeyBundle, KEY_ATTESTATION} from "./key-bundle.js";
import type {Proof} from "./proof.js";

/**
 * Evidence about the GPU. Whether it names the same node as the key bundle around it is for the verifier to check.
 * @throws DecodeError ATTESTATION_TYPE_UNKNOWN, or what the bundle's decoder throws
 */
export function evidenceOfProof({attestation: {type, bundle}}: Proof): HmacBundle {
  if (type === HMAC_ATTESTATION) return decodeHmacBundle(bundle);
  if (type === KEY_ATTESTATION) return decodeHmacBundle(decodeKeyBundle(bundle).evidence);
  throw unknownType(type);
}

/**
 * Id of the node that stands behind a proof.
 * @throws DecodeError ATTESTATION_TYPE_UNKNOWN, or what the bundle's decoder throws
 */
export function nodeIdOfProof({attestation: {type, bundle}}: Proof): string {
  if (type === HMAC_ATTESTATION) return decodeHmacBundle(bundle).nodeId;
  if (type === KEY_ATTESTATION) return decodeKeyBundle(bundle).nodeId;
  throw unknownType(type);
}

const unknownType = (type: string): DecodeError =>
  new DecodeError("ATTESTATION_TYPE_UNKNOWN", `attestation type ${quoteText(type)} is unknown`);
