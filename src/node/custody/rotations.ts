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
import type {Job} from "../../codecs/quorum/strict/job.js";
import {rosterDigest, type SignedRoster} from "../../codecs/quorum/strict/roster.js";
import {takeoverPayload} from "../../codecs/quorum/strict/rotation.js";
import {UnavailableError} from "../../errors.js";
import type {Members} from "../quorum/strict/members.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import type {AuditDesk} from "./audit-desk.js";
import type {CustodianCalls} from "./custodian-calls.js";
import type {MethodName} from "./rpc.js";

/** How a coordinator runs jobs of everyone, one after the other. */
export interface EveryonesJobs {
  readonly members: Members;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly audit: AuditDesk;
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** A number above all that went before. */
  nextRun(): Promise<bigint>;
  /** Of the present keys, which are made where there are none. */
  epoch(): Promise<bigint>;
  agree(job: Pick<Job, "kind" | "epoch" | "payload">): Promise<Certificate>;
}

export function rotationHandlers(
  jobs: EveryonesJobs,
): Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> {
  const {handover, takeover, retire} = coordinatorMethods;
  return {
    handover: async (body) => handover.answer.encode(await handOver(jobs, handover.ask.decode(body).next)),
    takeover: async (body) => takeover.answer.encode({certificate: await takeOver(jobs, takeover.ask.decode(body))}),
    retire: async (body) => retire.answer.encode(await retireAll(jobs, retire.ask.decode(body))),
  };
}

/** @throws what a custodian refuses with; UnavailableError CUSTODIANS_MISSING */
const handOver = (
  {custodians, members, store, audit, alone, nextRun}: EveryonesJobs,
  next: SignedRoster,
): Promise<Answer<CoordinatorMethods["handover"]>> =>
  alone(async () => {
    const run = await nextRun();
    audit.enter({event: "handover", subject: rosterDigest(next.content)});
    const {answers, error} = await custodians.all("handover", {next, run});
    const needed = 2 * members.k - 1;
    if (answers.length < needed) throw error ?? missing(answers.length, needed);
    const handovers = answers.map(({answer}) => answer.handover);
    const handed = new Set(handovers[0]!.content.sharings.map(({programId}) => hexOf(programId)));
    const packages = store.programs().filter(({programId}) => handed.has(programId));
    return {handovers, packages: packages.map((each) => programPackage.encode(each))};
  });

/** @throws RuleError HANDOVER_WRONG and what custodians refuse with; UnavailableError CUSTODIANS_MISSING */
const takeOver = (
  {custodians, members, store, alone, epoch, agree}: EveryonesJobs,
  {payload, packages}: Ask<CoordinatorMethods["takeover"]>,
): Promise<Certificate> =>
  alone(async () => {
    for (const bytes of packages) {
      const {answers, error} = await custodians.all("install", {package: bytes});
      if (answers.length < members.n) throw error ?? missing(answers.length, members.n);
      store.saveProgram(programPackage.decode(bytes));
    }
    return agree({kind: "takeover", epoch: await epoch(), payload: takeoverPayload.encode(payload)});
  });

/** @throws what a custodian refuses with, when none erases; UnavailableError CUSTODIANS_MISSING */
async function retireAll(
  {custodians, audit}: EveryonesJobs,
  {next, certificate}: Ask<CoordinatorMethods["retire"]>,
): Promise<Answer<CoordinatorMethods["retire"]>> {
  audit.enter({event: "retire", subject: rosterDigest(next.content)});
  const {answers, error} = await custodians.all("retire", {next, certificate});
  if (answers.length === 0) throw error ?? missing(0, 1);
  return {erasures: answers.map(({answer}) => answer.erasure)};
}

const missing = (present: number, needed: number): UnavailableError =>
  new UnavailableError("CUSTODIANS_MISSING", `only ${present}/${needed} custodians take part`);
