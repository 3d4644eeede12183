/** Whom a proof names: the node id inside its attestation bundle, of either type. */
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import {decodeKeyBundle, KEY_ATTESTATION} from "../../codecs/mining/key-bundle.js";
import type {Proof} from "../../codecs/mining/proof.js";

/** @throws DecodeError when the bundle cannot be read */
export const nodeIdOf = ({attestation}: Proof): string =>
  attestation.type === KEY_ATTESTATION
    ? decodeKeyBundle(attestation.bundle).nodeId
    : readHmacBundleCompat(attestation.bundle).nodeId;
