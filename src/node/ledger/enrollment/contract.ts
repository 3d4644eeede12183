/** `qsdm/enroll/v3`: locks the bond and registers one GPU under the node's own ML-DSA key. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {
  ENROLL_V3_CONTRACT,
  nodeKeyClaim,
  type StrictEnrollment,
  strictEnrollment,
} from "../../../codecs/chain/payloads.js";
import {type Enrollment, enrollment as enrollmentCodec} from "../../../codecs/enrollment.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Call, Contract} from "../chain/contract.js";
import {applyEnrollment, checkEnrollable, checkedEnrollment} from "./apply.js";

interface Given extends Pick<StrictEnrollment, "nodeKey" | "possession"> {
  readonly enrollment: Enrollment;
}

/** What the payload asks for, checked as far as it can be without state. */
function read({payload, sender}: UnsignedEnvelope, {params}: Pick<BlockContext, "params">): Given {
  const outer = decodeOuter(payload);
  return {...outer, enrollment: checkedEnrollment(() => enrollmentCodec.decode(outer.payload), sender, params)};
}

function decodeOuter(payload: Uint8Array): StrictEnrollment {
  try {
    return strictEnrollment.decode(payload);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("ENROLLMENT_DECODE_FAILED", cause.message, {cause});
  }
}

function checkPossession({block, content}: Call, {enrollment, nodeKey, possession}: Given): void {
  const claim = nodeKeyClaim(content.chainId, content.sender, enrollment.nodeId, nodeKey);
  if (!block.verifySignature(nodeKey, claim, possession))
    throw new RuleError("ENROLLMENT_SIGNATURE_INVALID", "the node key did not sign for this owner and node id");
}

export const enrollContract: Contract = {
  id: ENROLL_V3_CONTRACT,

  check: (content, block) => void read(content, block),

  // The record, the GPU's binding, and where rewards fill the bond its place among those.
  adds: ({payload}) => (enrollmentCodec.decode(decodeOuter(payload).payload).bondMode === "mining_rewards" ? 3 : 2),

  apply(call) {
    const given = read(call.content, call.block);
    // Before the signature, which costs the most.
    checkEnrollable(call, call.content.sender, given.enrollment);
    checkPossession(call, given);
    return applyEnrollment(call, given.enrollment, given.nodeKey);
  },

  rejected: ({content}, reason) => ({type: "enrollment-rejected", sender: content.sender, reason}),
};
