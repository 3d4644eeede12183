/**
 * Bundle of attestation type `qsdm-key-v1`: evidence about its GPU, and the signature of the node that sent it.
 *
 * J-html JSON `{"evidence":...,"evidence_type":...,"node_id":...,"signature":...}`, then padded base64. `evidence` is
 * the inner bundle text as its own type carries it. The ML-DSA-87 key registered at enrollment signs the whole proof
 * with this signature left empty, so what a node has mined can be held against it, and against nobody else.
 * Source: docs/decisions/0011-strict-mining.md.
 */
import {DecodeError} from "../../errors.js";
import {base64Of, bytesOfBase64} from "../bytes.js";
import {quoteText} from "../go/quote.js";
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member} from "../go/struct.js";
import {goBytes, goText} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import {ML_DSA_87} from "../suite.js";
import {CC_ATTESTATION} from "./cc-bundle.js";
import {HMAC_ATTESTATION} from "./hmac-bundle.js";
import type {Proof} from "./proof.js";
import {SPDM_ATTESTATION} from "./spdm-bundle.js";

export const KEY_ATTESTATION = "qsdm-key-v1";
/** What may be inside. */
const EVIDENCE_TYPES: readonly string[] = [HMAC_ATTESTATION, CC_ATTESTATION, SPDM_ATTESTATION];
/** Longest bundle, in bytes of JSON: the signature takes 6,172 of them. */
export const KEY_BUNDLE_MAX_BYTES = 32_768;

const bundleWire = goStruct("qsdm.KeyBundle", {
  /** Base64 text of the inner bundle. */
  evidence: member("evidence", goText()),
  /** Attestation type of `evidence`. */
  evidenceType: member("evidence_type", goText()),
  nodeId: member("node_id", goText()),
  /** ML-DSA-87, 4,627 bytes. */
  signature: member("signature", goBytes),
});
type Wire = GoValue<typeof bundleWire>;
/** `signature` is empty only while it is being made. */
export type KeyBundle = Omit<Wire, "signature"> & {readonly signature: Uint8Array};

const refuse = (why: string): never => {
  throw new DecodeError("BUNDLE_INVALID", `key bundle: ${why}`);
};

const codec = canonicalCodec<KeyBundle>({
  what: "key bundle",
  maxBytes: KEY_BUNDLE_MAX_BYTES,
  write: (bundle) => bundleWire.write(bundle, "html"),
  read(bytes) {
    const wire = readStrict(bundleWire, bytes, {
      code: "BUNDLE_INVALID",
      prefix: "key bundle: ",
      trailing: "key bundle: data after the bundle",
    });
    if (!EVIDENCE_TYPES.includes(wire.evidenceType)) refuse(`evidence type ${quoteText(wire.evidenceType)} is unknown`);
    return {...wire, signature: wire.signature ?? refuse("signature is missing")};
  },
});

/** Text for `attestation.bundle`. */
export const encodeKeyBundle = (bundle: KeyBundle): string => base64Of(codec.encode(bundle));

/**
 * A bundle whose signature may still be missing.
 * @throws DecodeError BASE64_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL, BUNDLE_INVALID
 */
export function decodeDraftBundle(text: string): KeyBundle {
  // Four characters for three bytes: a longer text cannot pass, and is not worth decoding.
  if (text.length > KEY_BUNDLE_MAX_BYTES * 2)
    throw new DecodeError("JSON_TOO_LARGE", `key bundle is ${text.length} characters of base64`);
  return codec.decode(bytesOfBase64(text));
}

/**
 * A signed bundle.
 * @throws DecodeError BASE64_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL, BUNDLE_INVALID
 */
export function decodeKeyBundle(text: string): KeyBundle {
  const bundle = decodeDraftBundle(text);
  const {length} = bundle.signature;
  return length === ML_DSA_87.signatureBytes
    ? bundle
    : refuse(`signature is ${length} bytes, want ${ML_DSA_87.signatureBytes}`);
}

/** `proof` attested by `bundle`. */
export const withKeyBundle = (proof: Proof, bundle: KeyBundle): Proof => ({
  ...proof,
  attestation: {...proof.attestation, type: KEY_ATTESTATION, bundle: encodeKeyBundle(bundle)},
});
