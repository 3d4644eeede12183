/** `qsdm/enroll/v3`: locks the bond and registers one GPU under the node's own ML-DSA key. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {ENROLL_V3_CONTRACT, nodeKeyClaim, strictEnrollment} from "../../../codecs/chain/payloads.js";
import {type Enrollment, enrollment as enrollmentCodec} from "../../../codecs/enrollment.js";
import {checkEnrollment} from "../../../codecs/enrollment-fields.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Call, Contract} from "../chain/contract.js";
import {accountAt, debit} from "../monetary/supply.js";
import {enrollments, gpuBindings} from "../state/stores.js";
import type {EnrollmentRecord} from "./record.js";
import {gpuIdentity, insertRecord} from "./registry.js";

interface Given {
  readonly enrollment: Enrollment;
  readonly nodeKey: Uint8Array;
  readonly possession: Uint8Array;
}

/** What the payload asks for, checked as far as it can be without state. */
function read({payload, sender}: UnsignedEnvelope, {params}: Pick<BlockContext, "params">): Given {
  try {
    const {payload: inner, nodeKey, possession} = strictEnrollment.decode(payload);
    const enrollment = enrollmentCodec.decode(inner);
    checkEnrollment(enrollment, sender, params.enrollment.bondDust);
    return {enrollment, nodeKey, possession};
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const code = cause.code === "ENROLL_STAKE_MISMATCH" ? "ENROLLMENT_STAKE_MISMATCH" : "ENROLLMENT_DECODE_FAILED";
    throw new RuleError(code, cause.message, {cause});
  }
}

function checkState({state, block, content}: Call, {enrollment}: Given): void {
  const {nodeId, gpuUuid, stakeDust} = enrollment;
  const known = state.get(enrollments, nodeId);
  if (known)
    throw new RuleError(
      "ENROLLMENT_NODE_ID_BOUND",
      `node id ${nodeId} is enrolled since height ${known.enrolledAtHeight}`,
      {
        hint: known.revokedAtHeight === null ? "choose another --node-id" : "wait until the old bond is returned",
      },
    );
  const bound = state.get(gpuBindings, gpuIdentity(gpuUuid, block.params));
  if (bound) throw new RuleError("ENROLLMENT_GPU_BOUND", `gpu ${gpuUuid} backs node ${bound.nodeId}`);
  const {balanceDust} = accountAt(state, content.sender);
  if (balanceDust < stakeDust)
    throw new RuleError(
      "ENROLLMENT_INSUFFICIENT_BALANCE",
      `the bond is ${stakeDust} dust, ${content.sender} has ${balanceDust}`,
      {
        details: {balance_dust: balanceDust, needed_dust: stakeDust},
      },
    );
}

function checkPossession({block, content}: Call, {enrollment, nodeKey, possession}: Given): void {
  const claim = nodeKeyClaim(content.chainId, content.sender, enrollment.nodeId, nodeKey);
  if (!block.verifySignature(nodeKey, claim, possession))
    throw new RuleError("ENROLLMENT_SIGNATURE_INVALID", "the node key did not sign for this owner and node id");
}

export const enrollContract: Contract = {
  id: ENROLL_V3_CONTRACT,

  check: (content, block) => void read(content, block),

  apply(call) {
    const given = read(call.content, call.block);
    checkState(call, given);
    checkPossession(call, given);
    const {nodeId, gpuUuid, hmacKey, stakeDust, memo} = given.enrollment;
    const owner = call.content.sender;
    const record: EnrollmentRecord = {
      nodeId,
      owner,
      gpuUuid,
      hmacKey: hmacKey!,
      nodeKey: given.nodeKey,
      stakeDust,
      bondMode: "upfront",
      requiredStakeDust: call.block.params.enrollment.bondDust,
      enrolledAtHeight: call.block.height,
      revokedAtHeight: null,
      unbondMaturesAtHeight: null,
      memo,
    };
    debit(call.state, owner, stakeDust);
    insertRecord(call.state, record, call.block.params);
    return {events: [{type: "enrollment-applied", nodeId, owner, stakeDust}], slash: null};
  },

  rejected: ({content}, reason) => ({type: "enrollment-rejected", sender: content.sender, reason}),
};
