/** Answer of `GET /api/v1/validators`, a route of ours. */
import {flag, list, object, optional, text, u64, type ValueOf} from "./shape.js";

export const validatorList = object({
  height: u64,
  validators: list(
    object({
      account: text,
      power: u64,
      /** Its node's id among others. */
      peerId: text,
      /** What the chain knows of the GPU beside it; absent where it never attested. */
      attestation: optional(
        object({
          deviceId: text,
          gpuArch: text,
          driver: text,
          firmware: text,
          attestedAtHeight: u64,
          expiresAtHeight: u64,
          /** Whether it counts at the tip. */
          active: flag,
        }),
      ),
    }),
  ),
});
export type ValidatorListView = ValueOf<typeof validatorList>;
