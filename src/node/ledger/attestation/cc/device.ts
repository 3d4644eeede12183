/**
 * Who a device is: a digest of the key that its certificate names, and nothing that it says of itself. The reference
 * takes any id beside any certificate (quirk Q27), so that one genuine device can be any number of them.
 */
import {hexOf} from "../../../../codecs/bytes.js";
import {sha256} from "../../../../codecs/hash.js";
import type {Certificate} from "../../../../codecs/x509/certificate.js";

/** 16 bytes in lowercase hex. */
export const deviceIdOf = ({publicKey}: Pick<Certificate, "publicKey">): string =>
  hexOf(sha256(publicKey).subarray(0, 16));

/** The GPU id under which such a device is enrolled: `GPU-` and the device id in groups, as nvidia-smi prints ids. */
export const gpuUuidOf = (deviceId: string): string =>
  `GPU-${deviceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`;
