/**
 * Evidence of attestation type `nvidia-spdm-v1`: a GPU's own measurement report and certificate chain, in NVIDIA's
 * framing, and the challenge that the report's nonce answers.
 *
 * J-html JSON of the members below, then padded base64.
 * Source: docs/decisions/0031-spdm-reports.md.
 */
import {DecodeError} from "../../errors.js";
import {base64Of, bytesOfBase64, bytesOfHex, concat, hexOf, utf8} from "../bytes.js";
import {readStrict} from "../go/readers.js";
import {goStruct, member} from "../go/struct.js";
import {goInt64, goList, goText} from "../go/types.js";
import {sha256} from "../hash.js";
import {canonicalCodec} from "../json.js";
import {type Challenge, challengeSigningBytes} from "./challenge.js";
import {challengeBind} from "./hmac-bundle.js";
import type {Proof} from "./proof.js";

export const SPDM_ATTESTATION = "nvidia-spdm-v1";
/** Longest bundle, in bytes of JSON: a real one has about 11 KiB. */
export const SPDM_BUNDLE_MAX_BYTES = 18_432;
export const SPDM_CHAIN_MAX = 8;

const bundleWire = goStruct("qsdm.SpdmBundle", {
  /** Base64 of DER, leaf first, each issued by the next. */
  certChain: member("cert_chain", goList(goText())),
  challenge: member(
    "challenge",
    goStruct("qsdm.SpdmChallenge", {
      issuedAt: member("issued_at", goInt64),
      nonce: member("nonce", goText()),
      signature: member("signature", goText()),
      signerId: member("signer_id", goText()),
    }),
  ),
  /** Base64 of the report. */
  report: member("report", goText()),
});

export interface SpdmBundle {
  readonly certChain: readonly string[];
  readonly challenge: Challenge;
  readonly report: Uint8Array;
}

const refuse = (why: string): never => {
  throw new DecodeError("BUNDLE_INVALID", `spdm bundle: ${why}`);
};

const codec = canonicalCodec<SpdmBundle>({
  what: "measurement bundle",
  maxBytes: SPDM_BUNDLE_MAX_BYTES,
  write: ({certChain, challenge, report}) =>
    bundleWire.write(
      {
        certChain: [...certChain],
        challenge: {...challenge, nonce: hexOf(challenge.nonce), signature: hexOf(challenge.signature)},
        report: base64Of(report),
      },
      "html",
    ),
  read(bytes) {
    const {certChain, challenge, report} = readStrict(bundleWire, bytes, {
      code: "BUNDLE_INVALID",
      prefix: "spdm bundle: ",
      trailing: "spdm bundle: data after the bundle",
    });
    if (certChain.length < 2) refuse("a device has two certificates at least");
    if (certChain.length > SPDM_CHAIN_MAX) refuse(`${certChain.length} certificates, at most ${SPDM_CHAIN_MAX}`);
    if (challenge.signerId === "") refuse("the challenge names no signer");
    if (challenge.issuedAt <= 0n) refuse("the challenge has no time");
    const [nonce, signature] = [bytesOfHex(challenge.nonce, 32), bytesOfHex(challenge.signature)];
    return {certChain, challenge: {...challenge, nonce, signature}, report: bytesOfBase64(report)};
  },
});

/** Text for `evidence`. @throws DecodeError BUNDLE_INVALID */
export const encodeSpdmBundle = (bundle: SpdmBundle): string => base64Of(codec.encode(bundle));

/** @throws DecodeError BASE64_INVALID, HEX_INVALID, HEX_SIZE, JSON_TOO_LARGE, JSON_NOT_CANONICAL, BUNDLE_INVALID */
export function decodeSpdmBundle(text: string): SpdmBundle {
  // Four characters for three bytes: a longer text cannot pass, and is not worth decoding.
  if (text.length > SPDM_BUNDLE_MAX_BYTES * 2)
    throw new DecodeError("JSON_TOO_LARGE", `measurement bundle is ${text.length} characters of base64`);
  return codec.decode(bytesOfBase64(text));
}

const NONCE_DOMAIN = utf8("qsdm/spdm-nonce/v1\0");

/**
 * The nonce to ask a GPU's report with, 32 bytes: it ties the report to a solution, a node and a challenge, and so to a
 * minute.
 */
export const spdmNonce = (
  proof: Pick<Proof, "minerAddr" | "batchRoot" | "mixDigest">,
  {nodeId, challenge}: {readonly nodeId: string; readonly challenge: Omit<Challenge, "signature">},
): Uint8Array =>
  sha256(concat(NONCE_DOMAIN, challengeBind(proof), sha256(challengeSigningBytes(challenge)), utf8(nodeId)));
