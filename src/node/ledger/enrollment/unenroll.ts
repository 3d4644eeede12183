/** `qsdm/unenroll/v3`: the owner takes a node off the network, and its bond comes back after the unbond window. */
import {UNENROLL_V3_CONTRACT} from "../../../codecs/chain/payloads.js";
import {type Unenrollment, unenrollment} from "../../../codecs/enrollment.js";
import {checkUnenrollment} from "../../../codecs/enrollment-fields.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {Contract} from "../chain/contract.js";
import {applyUnenrollment} from "./apply.js";

/** The checks of a payload that need no state. @throws RuleError UNENROLLMENT_DECODE_FAILED */
export function checkedUnenrollment(read: () => Unenrollment, sender: string): Unenrollment {
  try {
    const payload = read();
    checkUnenrollment(payload, sender);
    return payload;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("UNENROLLMENT_DECODE_FAILED", cause.message, {cause});
  }
}

export const unenrollContract: Contract = {
  id: UNENROLL_V3_CONTRACT,

  check: ({payload, sender}) => void checkedUnenrollment(() => unenrollment.decode(payload), sender),

  // Its place among the bonds that mature is for that of the GPU's binding.
  adds: () => 0,

  apply(call) {
    const {payload, sender} = call.content;
    return applyUnenrollment(
      call,
      checkedUnenrollment(() => unenrollment.decode(payload), sender),
    );
  },

  rejected: ({content}, reason) => ({type: "unenrollment-rejected", sender: content.sender, reason}),
};
