/**
 * Which confidential-computing devices a chain believes: pinned roots, and the oldest versions that still count. Both
 * are chain parameters, since every verifier of a block must come to one answer.
 */

import {hexOf} from "../../../../codecs/bytes.js";
import type {DeviceTrustParams} from "../../../../codecs/chain/genesis.js";
import {type Certificate, decodeCertificate} from "../../../../codecs/x509/certificate.js";
import {QsdmError, RuleError} from "../../../../errors.js";

export interface DeviceTrust extends Omit<DeviceTrustParams, "roots"> {
  /** At least one. */
  readonly roots: readonly Certificate[];
}

const refuse = (why: string, cause?: unknown): never => {
  throw new RuleError("DEVICE_ROOTS_INVALID", `cc: ${why}`, cause === undefined ? {} : {cause});
};

/** `params` with its roots read. @throws RuleError DEVICE_ROOTS_INVALID */
export function readDeviceTrust(params: DeviceTrustParams): DeviceTrust {
  if (params.roots.length === 0) refuse("VerifierConfig.PinnedRoots must contain at least one root");
  const roots = params.roots.map((der, i) => {
    if (der.length === 0) return refuse(`PinnedRoots[${i}].DER empty`);
    try {
      return decodeCertificate(der);
    } catch (cause) {
      if (!(cause instanceof QsdmError)) throw cause;
      return refuse(`PinnedRoots[${i}] parse: ${cause.message}`, cause);
    }
  });
  const distinct = new Map(roots.map((root) => [hexOf(root.der), root]));
  return {...params, roots: [...distinct.values()]};
}

/** `params` with its roots read, or null where the chain pins none. @throws RuleError DEVICE_ROOTS_INVALID */
export const deviceTrustOf = (params: DeviceTrustParams): DeviceTrust | null =>
  params.roots.length === 0 ? null : readDeviceTrust(params);
