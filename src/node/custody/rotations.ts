/** What a coordinator does when one roster follows another: it carries what the old custodians seal to the new ones. */
import {hexOf} from "../../codecs/bytes.js";
import {programPackage} from "../../codecs/quorum/program-package.js";
import {
  type Answer,
  type Ask,
  type Certificate,
  type CoordinatorMethods,
  coordinatorMethods,
} from "../../codecs/quorum/strict/calls.js";
import {rosterDigest} from "../../codecs/quorum/strict/roster.js";
import {takeoverPayload} from "../../codecs/quorum/strict/rotation.js";
import type {Members} from "../quorum/strict/members.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import type {AuditDesk} from "./audit-desk.js";
import type {CustodianCalls} from "./custodian-calls.js";
import {missing} from "./failures.js";
import type {Jobs} from "./jobs.js";
import type {MethodName} from "./rpc.js";

export interface RotationPorts {
  readonly members: Members;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly audit: AuditDesk;
  readonly jobs: Jobs;
}

export function rotationHandlers(
  ports: RotationPorts,
): Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> {
  const {handover, takeover, retire} = coordinatorMethods;
  return {
    handover: async (body) => handover.answer.encode(await handOver(ports, handover.ask.decode(body))),
    takeover: async (body) => takeover.answer.encode({certificate: await takeOver(ports, takeover.ask.decode(body))}),
    retire: async (body) => retire.answer.encode(await retireAll(ports, retire.ask.decode(body))),
  };
}

/** @throws what a custodian refuses with; UnavailableError CUSTODIANS_MISSING */
const handOver = (
  {custodians, members, store, audit, jobs}: RotationPorts,
  {next, without, shown}: Ask<CoordinatorMethods["handover"]>,
): Promise<Answer<CoordinatorMethods["handover"]>> =>
  jobs.alone(async () => {
    const run = await jobs.nextRun();
    audit.enter({event: "handover", subject: rosterDigest(next.content)});
    const {answers, error} = await custodians.all("handover", {next, run, without, shown});
    const needed = 2 * members.k - 1;
    if (answers.length < needed) throw error ?? missing(answers.length, needed);
    const handovers = answers.map(({answer}) => answer.handover);
    const handed = new Set(handovers[0]!.content.sharings.map(({programId}) => hexOf(programId)));
    const packages = store.programs().filter(({programId}) => handed.has(programId));
    return {handovers, packages: packages.map((each) => programPackage.encode(each))};
  });

/** @throws RuleError HANDOVER_WRONG and what custodians refuse with; UnavailableError CUSTODIANS_MISSING */
const takeOver = (
  {custodians, members, store, jobs}: RotationPorts,
  {payload, packages}: Ask<CoordinatorMethods["takeover"]>,
): Promise<Certificate> =>
  jobs.alone(async () => {
    for (const bytes of packages) {
      const {answers, error} = await custodians.all("install", {package: bytes});
      if (answers.length < members.n) throw error ?? missing(answers.length, members.n);
      store.saveProgram(programPackage.decode(bytes));
    }
    return jobs.agree({kind: "takeover", epoch: await jobs.lastingEpoch(), payload: takeoverPayload.encode(payload)});
  });

/** @throws what a custodian refuses with, when none erases; UnavailableError CUSTODIANS_MISSING */
async function retireAll(
  {custodians, audit}: RotationPorts,
  {next, certificate}: Ask<CoordinatorMethods["retire"]>,
): Promise<Answer<CoordinatorMethods["retire"]>> {
  audit.enter({event: "retire", subject: rosterDigest(next.content)});
  const {answers, error} = await custodians.all("retire", {next, certificate});
  if (answers.length === 0) throw error ?? missing(0, 1);
  return {erasures: answers.map(({answer}) => answer.erasure)};
}
