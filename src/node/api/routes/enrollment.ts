/** Enrollments: posting one, and reading the registry. */
import {accepted, type EnrollmentView, enrollmentPage, enrollmentView} from "../../../codecs/api/mining.js";
import {ENROLL_V3_CONTRACT, UNENROLL_V3_CONTRACT} from "../../../codecs/chain/payloads.js";
import {RuleError} from "../../../errors.js";
import {type EnrollmentRecord, phaseOf} from "../../ledger/enrollment/record.js";
import {PAGE_DEFAULT, PAGE_MAX} from "../../ledger/enrollment/registry.js";
import {cursorKind, inPath, limitKind, mayQuery, nodeIdKind, wordKind} from "../param.js";
import {json, route} from "../route.js";
import {EITHER_BODY, takeEither} from "./envelope.js";
import {enrollmentPayer} from "./payer.js";

export const enrollRoute = route({
  method: "POST",
  path: "/api/v1/mining/enroll",
  summary: "take an enrollment",
  auth: "public",
  errors: "text",
  cost: 3,
  params: {},
  body: EITHER_BODY,
  locked: true,
  payer: enrollmentPayer,
  reply: json(accepted),
  statuses: [202],
  handle: ({body}, ports) => takeEither(body, ports, {door: "enroll", contracts: [ENROLL_V3_CONTRACT]}),
});

export const unenrollRoute = route({
  method: "POST",
  path: "/api/v1/mining/unenroll",
  summary: "take the end of an enrollment",
  auth: "public",
  errors: "text",
  cost: 3,
  params: {},
  body: EITHER_BODY,
  locked: true,
  payer: enrollmentPayer,
  reply: json(accepted),
  statuses: [202],
  handle: ({body}, ports) => takeEither(body, ports, {door: "unenroll", contracts: [UNENROLL_V3_CONTRACT]}),
});

export const enrollmentRoute = route({
  method: "GET",
  path: "/api/v1/mining/enrollment/{node_id}",
  summary: "one enrollment",
  auth: "public",
  errors: "text",
  cost: 0.1,
  params: {nodeId: inPath(nodeIdKind, "the operator's handle for one GPU")},
  body: null,
  reply: json(enrollmentView),
  handle({nodeId}, ports) {
    const record = ports.node.view().enrollment(nodeId);
    if (record) return viewOfRecord(record);
    throw new RuleError("ENROLLMENT_NOT_FOUND", `no enrollment record for node_id ${nodeId}`, {
      hint: "a record is dropped once its bond has been returned",
    });
  },
});

export const enrollmentsRoute = route({
  method: "GET",
  path: "/api/v1/mining/enrollments",
  summary: "a page of enrollments in byte order of node id",
  auth: "public",
  errors: "text",
  cost: 2,
  params: {
    cursor: mayQuery(cursorKind, "node id to start after; it need not exist"),
    limit: mayQuery(limitKind, `records in a page, ${PAGE_DEFAULT} when left out or 0, at most ${PAGE_MAX}`),
    phase: mayQuery(wordKind("active", "pending_unbond", "revoked"), "records in this phase only"),
  },
  body: null,
  reply: json(enrollmentPage),
  handle({cursor, limit, phase}, ports) {
    const size = Math.min(limit || PAGE_DEFAULT, PAGE_MAX);
    const page = ports.node.view().enrollments({cursor, limit: size, phase});
    return {
      records: page.records.map(viewOfRecord),
      nextCursor: page.nextCursor ?? "",
      hasMore: page.nextCursor !== null,
      totalMatches: page.total,
      phase: phase ?? "",
    };
  },
});

/** A record as reads show it. */
export function viewOfRecord(record: EnrollmentRecord): EnrollmentView {
  const {nodeId, owner, gpuUuid, stakeDust, bondMode, requiredStakeDust, enrolledAtHeight} = record;
  const bondRemainingDust = requiredStakeDust > stakeDust ? requiredStakeDust - stakeDust : 0n;
  return {
    nodeId,
    owner,
    gpuUuid,
    stakeDust,
    bondMode,
    requiredStakeDust,
    bondRemainingDust,
    fullyBonded: bondRemainingDust === 0n,
    enrolledAtHeight,
    revokedAtHeight: record.revokedAtHeight,
    unbondMaturesAtHeight: record.unbondMaturesAtHeight,
    phase: phaseOf(record),
    slashable: stakeDust > 0n,
  };
}
