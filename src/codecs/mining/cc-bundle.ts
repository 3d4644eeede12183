/**
 * Evidence of attestation type `nvidia-cc-v1`: a certificate chain and a quote signed by its leaf.
 *
 * J-html JSON of the members below, then padded base64.
 * Source: mining protocol, sections 17.1 and 17.2. Vectors: cc-bundle.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {base64Of, bytesOfBase64, utf8} from "../bytes.js";
import {readBase64} from "../go/base64.js";
import {hexOrNull, readHex} from "../go/hex.js";
import {prefixed, readFirst} from "../go/readers.js";
import {type GoValue, goStruct, member} from "../go/struct.js";
import {goInt64, goList, goText} from "../go/types.js";
import {canonicalCodec} from "../json.js";

export const CC_ATTESTATION = "nvidia-cc-v1";
/** Longest bundle, in bytes of JSON. */
export const CC_BUNDLE_MAX_BYTES = 65_536;
export const CC_CHAIN_MAX = 8;
export const CC_SIGNER_ID_MAX_BYTES = 128;
export const CC_CHALLENGE_SIG_MAX_BYTES = 8_192;

const bundleWire = goStruct("cc.Bundle", {
  /** Hex. */
  deviceUuid: member("device_uuid", goText()),
  /** Base64 of DER, leaf first. */
  certChain: member("cert_chain", goList(goText())),
  quote: member(
    "quote",
    goStruct("cc.Quote", {
      /** Hex of 32 bytes. */
      challengeNonce: member("challenge_nonce", goText()),
      /** Unix seconds. */
      issuedAt: member("issued_at", goInt64),
      challengeSignerId: member("challenge_signer_id", goText()),
      /** Hex. */
      challengeSig: member("challenge_sig", goText()),
      /** Base64 of an ASN.1 ECDSA signature. */
      signature: member("signature", goText()),
    }),
  ),
  pcr: member(
    "pcr",
    goStruct("cc.PCR", {
      firmwareVer: member("firmware_ver", goText()),
      driverVer: member("driver_ver", goText()),
    }),
  ),
});
export type CcBundle = GoValue<typeof bundleWire>;

const CODE = "BUNDLE_INVALID";
const refuse = (message: string): never => {
  throw new DecodeError(CODE, message);
};

/** The field rules, in the reference's order. @throws DecodeError BUNDLE_INVALID */
export function checkCcBundle({deviceUuid, certChain, quote, pcr}: CcBundle): void {
  if (deviceUuid === "") refuse("device_uuid empty");
  prefixed({code: CODE, prefix: "device_uuid not hex: "}, () => readHex(deviceUuid));
  if (certChain.length === 0) refuse("cert_chain empty");
  if (certChain.length > CC_CHAIN_MAX) refuse(`cert_chain ${certChain.length} entries exceeds ${CC_CHAIN_MAX} cap`);
  if (quote.challengeNonce === "") refuse("quote.challenge_nonce empty");
  if (hexOrNull(quote.challengeNonce)?.length !== 32) refuse("quote.challenge_nonce must be 32 hex bytes");
  if (quote.issuedAt <= 0n) refuse(`quote.issued_at must be positive, got ${quote.issuedAt}`);
  checkSigner(quote);
  if (quote.signature === "") refuse("quote.signature empty");
  prefixed({code: CODE, prefix: "quote.signature not base64: "}, () => readBase64(quote.signature));
  if (pcr.firmwareVer === "" || pcr.driverVer === "") refuse("pcr.firmware_ver and pcr.driver_ver are required");
}

function checkSigner({challengeSignerId, challengeSig}: CcBundle["quote"]): void {
  const idBytes = utf8(challengeSignerId).length;
  if (idBytes === 0) refuse("quote.challenge_signer_id empty");
  if (idBytes > CC_SIGNER_ID_MAX_BYTES)
    refuse(`quote.challenge_signer_id ${idBytes} bytes exceeds ${CC_SIGNER_ID_MAX_BYTES} cap`);
  if (challengeSig === "") refuse("quote.challenge_sig empty");
  const signature = hexOrNull(challengeSig);
  if (signature === null || signature.length > CC_CHALLENGE_SIG_MAX_BYTES)
    refuse(`quote.challenge_sig must be non-empty hex up to ${CC_CHALLENGE_SIG_MAX_BYTES} bytes`);
}

const codec = canonicalCodec<CcBundle>({
  what: "attestation bundle",
  maxBytes: CC_BUNDLE_MAX_BYTES,
  write(bundle) {
    prefixed({code: CODE, prefix: "cc: encode: "}, () => checkCcBundle(bundle));
    const json = bundleWire.write(bundle, "html");
    const size = Buffer.byteLength(json);
    if (size > CC_BUNDLE_MAX_BYTES) refuse(`cc: encode: bundle ${size} bytes exceeds ${CC_BUNDLE_MAX_BYTES} cap`);
    return json;
  },
  read(bytes) {
    if (bytes.length > CC_BUNDLE_MAX_BYTES)
      refuse(`cc: bundle ${bytes.length} bytes exceeds ${CC_BUNDLE_MAX_BYTES} cap`);
    const bundle = readFirst(bundleWire, bytes, {code: CODE, prefix: "cc: bundle json: ", unknown: "refuse"});
    prefixed({code: CODE, prefix: "cc: bundle: "}, () => checkCcBundle(bundle));
    return bundle;
  },
});

/** Text for `attestation.bundle`. @throws DecodeError BUNDLE_INVALID */
export const encodeCcBundle = (bundle: CcBundle): string => base64Of(codec.encode(bundle));

/** @throws DecodeError BASE64_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL, BUNDLE_INVALID */
export function decodeCcBundle(text: string): CcBundle {
  // Four characters for three bytes: a longer text cannot pass, and is not worth decoding.
  if (text.length > CC_BUNDLE_MAX_BYTES * 2)
    throw new DecodeError("JSON_TOO_LARGE", `attestation bundle is ${text.length} characters of base64`);
  return codec.decode(bytesOfBase64(text));
}

/** Ignores what follows the object (quirk Q25). @throws DecodeError BUNDLE_INVALID with the reference's text */
export function readCcBundleCompat(text: string): CcBundle {
  if (text === "") refuse("cc: bundle base64 empty");
  return codec.readCompat(prefixed({code: CODE, prefix: "cc: bundle base64 decode: "}, () => readBase64(text)));
}
