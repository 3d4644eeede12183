/** The bundle of `nvidia-hmac-v1` that a proof carries, bare or inside a bundle of `qsdm-key-v1`. */
import {type HmacBundle, readHmacBundleCompat} from "./hmac-bundle.js";
import {decodeKeyBundle, KEY_ATTESTATION} from "./key-bundle.js";
import type {Proof} from "./proof.js";

/** Whom a proof names. @throws DecodeError when the bundle cannot be read */
export const nodeIdOf = ({attestation}: Proof): string =>
  attestation.type === KEY_ATTESTATION
    ? decodeKeyBundle(attestation.bundle).nodeId
    : readHmacBundleCompat(attestation.bundle).nodeId;

/** What a rig says about itself and its time. @throws DecodeError when the bundle cannot be read */
export const hmacBundleOf = ({attestation}: Proof): HmacBundle =>
  readHmacBundleCompat(
    attestation.type === KEY_ATTESTATION ? decodeKeyBundle(attestation.bundle).evidence : attestation.bundle,
  );
