/**
 * What a node key signs of a proof. Apart from the bundle itself, so that reading a bundle loads no CBOR.
 * Source: docs/decisions/0011-strict-mining.md.
 */
import {DecodeError} from "../../errors.js";
import {encodeCbor} from "../cbor/cbor.js";
import {quoteText} from "../go/quote.js";
import {decodeDraftBundle, KEY_ATTESTATION, withKeyBundle} from "./key-bundle.js";
import {encodeProof, type Proof} from "./proof.js";

/**
 * Bytes that the node key signs: domain, chain, and the canonical proof with an empty signature inside its bundle.
 * Whether the bundle has its signature already makes no difference.
 * @throws DecodeError when the attestation is not a key bundle
 */
export function keySigningBytes(chainId: string, proof: Proof): Uint8Array {
  const {type, bundle} = proof.attestation;
  if (type !== KEY_ATTESTATION)
    throw new DecodeError(
      "BUNDLE_INVALID",
      `key bundle: attestation type is ${quoteText(type)}, want "${KEY_ATTESTATION}"`,
    );
  const unsigned = withKeyBundle(proof, {...decodeDraftBundle(bundle), signature: new Uint8Array(0)});
  return encodeCbor(["qsdm/proof/v3", chainId, encodeProof(unsigned)]);
}
