/**
 * Evidence of attestation type `nvidia-hmac-v1`: what a rig says about its GPU, under the operator's MAC key.
 *
 * J-html JSON of the members below in this (alphabetical) order, then padded base64. The MAC covers the same JSON
 * without `hmac`, written anew from the values, so spacing and order in transit do not matter to it. The key is public
 * chain state in QSDM: the MAC identifies a node, it does not authenticate it.
 * Source: mining protocol, sections 15.1 to 15.3. Vectors: hmac-bundle.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {base64Of, bytesOfBase64, hexOf, utf8} from "../bytes.js";
import {readBase64} from "../go/base64.js";
import {prefixed, readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member} from "../go/struct.js";
import {goInt64, goText} from "../go/types.js";
import {hmacSha256, sha256} from "../hash.js";
import {canonicalCodec} from "../json.js";
import type {Proof} from "./proof.js";

export const HMAC_ATTESTATION = "nvidia-hmac-v1";
/** Longest bundle, in bytes of JSON, that strict rules take; honest ones stay below 1 KiB. */
export const HMAC_BUNDLE_MAX_BYTES = 8_192;

const BEFORE_MAC = {
  /** Hex of `challengeBind`. */
  challengeBind: member("challenge_bind", goText()),
  /** Lowercase hex. */
  challengeSig: member("challenge_sig", goText()),
  challengeSignerId: member("challenge_signer_id", goText()),
  computeCap: member("compute_cap", goText()),
  cudaVersion: member("cuda_version", goText()),
  driverVer: member("driver_ver", goText()),
  gpuName: member("gpu_name", goText()),
  gpuUuid: member("gpu_uuid", goText()),
};
const AFTER_MAC = {
  /** Unix seconds. */
  issuedAt: member("issued_at", goInt64),
  nodeId: member("node_id", goText()),
  /** Lowercase hex of the challenge's 32 bytes. */
  nonce: member("nonce", goText()),
};
const macContent = goStruct("hmac.Bundle", {...BEFORE_MAC, ...AFTER_MAC});
const bundleWire = goStruct("hmac.Bundle", {
  ...BEFORE_MAC,
  /** Lowercase hex of the MAC. */
  hmac: member("hmac", goText()),
  ...AFTER_MAC,
});
export type HmacBundle = GoValue<typeof bundleWire>;
/** A bundle before it is MACed. */
export type UnsignedHmacBundle = GoValue<typeof macContent>;

/** Bytes under the MAC. */
export const macMessage = (bundle: UnsignedHmacBundle): Uint8Array => utf8(macContent.write(bundle, "html"));

/** `bundle` with its MAC under `key`. */
export const signHmacBundle = (bundle: UnsignedHmacBundle, key: Uint8Array): HmacBundle => ({
  ...bundle,
  hmac: hexOf(hmacSha256(key, macMessage(bundle))),
});

/** What ties a bundle to a proof: 32 bytes over address, batch root and mix digest. */
export const challengeBind = ({
  minerAddr,
  batchRoot,
  mixDigest,
}: Pick<Proof, "minerAddr" | "batchRoot" | "mixDigest">) => sha256(utf8(minerAddr), batchRoot, mixDigest);

/** JSON bytes of a bundle, before base64. `readCompat` ignores order and spacing. */
export const hmacBundle = canonicalCodec<HmacBundle>({
  what: "attestation bundle",
  maxBytes: HMAC_BUNDLE_MAX_BYTES,
  write: (bundle) => bundleWire.write(bundle, "html"),
  read: (bytes) =>
    readStrict(bundleWire, bytes, {
      code: "BUNDLE_INVALID",
      prefix: "json decode: ",
      trailing: "trailing bytes after bundle JSON",
    }),
});

/** Text for `attestation.bundle`. */
export const encodeHmacBundle = (bundle: HmacBundle): string => base64Of(hmacBundle.encode(bundle));

/**
 * The bundle of canonical base64 of canonical JSON.
 * @throws DecodeError BASE64_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL, BUNDLE_INVALID
 */
export function decodeHmacBundle(text: string): HmacBundle {
  // Four characters for three bytes: a longer text cannot pass, and is not worth decoding.
  if (text.length > HMAC_BUNDLE_MAX_BYTES * 2)
    throw new DecodeError("JSON_TOO_LARGE", `attestation bundle is ${text.length} characters of base64`);
  return hmacBundle.decode(bytesOfBase64(text));
}

/** @throws DecodeError BUNDLE_INVALID with the reference's text */
export const readHmacBundleCompat = (text: string): HmacBundle =>
  hmacBundle.readCompat(prefixed({code: "BUNDLE_INVALID", prefix: "base64 decode: "}, () => readBase64(text)));
