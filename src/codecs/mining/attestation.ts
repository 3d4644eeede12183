/**
 * What a proof says about the node that made it, whichever bundle it carries. `readHmac` reads a bundle of
 * `nvidia-hmac-v1`: canonically where rules ask, as leniently as the reference where people do.
 */
import {DecodeError} from "../../errors.js";
import {quoteText} from "../go/quote.js";
import {decodeHmacBundle, HMAC_ATTESTATION, type HmacBundle} from "./hmac-bundle.js";
import {decodeKeyBundle, KEY_ATTESTATION} from "./key-bundle.js";
import type {Proof} from "./proof.js";

type ReadHmac = (text: string) => HmacBundle;

/**
 * Id of the node that stands behind a proof.
 * @throws DecodeError ATTESTATION_TYPE_UNKNOWN, or what the bundle's decoder throws
 */
export function nodeIdOfProof({attestation: {type, bundle}}: Proof, readHmac: ReadHmac = decodeHmacBundle): string {
  if (type === HMAC_ATTESTATION) return readHmac(bundle).nodeId;
  if (type === KEY_ATTESTATION) return decodeKeyBundle(bundle).nodeId;
  throw unknownType(type);
}

/**
 * When the challenge was issued that a proof answers, in Unix seconds: the time that is signed. A node key signs the
 * whole proof; a MAC covers its bundle alone.
 * @throws DecodeError ATTESTATION_TYPE_UNKNOWN, or what the bundle's decoder throws
 */
export function issuedAtOfProof({attestation}: Proof, readHmac: ReadHmac = decodeHmacBundle): bigint {
  const {type, bundle, issuedAt} = attestation;
  if (type === HMAC_ATTESTATION) return readHmac(bundle).issuedAt;
  if (type === KEY_ATTESTATION && decodeKeyBundle(bundle)) return issuedAt;
  throw unknownType(type);
}

const unknownType = (type: string): DecodeError =>
  new DecodeError("ATTESTATION_TYPE_UNKNOWN", `attestation type ${quoteText(type)} is unknown`);
