/**
 * One custodian of the strict profile. It trusts no coordinator: packages, approvals, tickets and numbers are checked
 * here, and what is used up is on its disk before anything of it leaves.
 */
import {bytesOfHex, concat, equalBytes, hexOf} from "../../../codecs/bytes.js";
import {encodeElements} from "../../../codecs/quorum/element.js";
import {secretNames} from "../../../codecs/quorum/ir.js";
import {type ProgramPackage, programPackage} from "../../../codecs/quorum/program-package.js";
import type {Certificate, CustodianStatus} from "../../../codecs/quorum/strict/calls.js";
import {jobDigest} from "../../../codecs/quorum/strict/job.js";
import {type ContentOf, digestOf, isSignedBy, type Signed, sign} from "../../../codecs/quorum/strict/statement.js";
import {
  approval,
  type Box,
  EVALUATIONS_MAX,
  maskRequest,
  maskShares,
  prepared,
  WIRES_MAX,
  withdrawal,
} from "../../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {unpackElements} from "../field/bytes.js";
import {type Arithmetic, elementAt} from "../field/vector.js";
import {watchOf} from "../policy/watch.js";
import {runningIr} from "../program/running.js";
import {copiesMax} from "../program/side-by-side.js";
import {costOf, wiresOf} from "../verified/cost.js";
import {masksAt, pointOf} from "../verified/stock.js";
import {CLOCK_SKEW_MS, checkRosterDigest, checkStatement, STATEMENT_LIFE_MS} from "./admission.js";
import {Anomalies} from "./anomalies.js";
import {checkFits} from "./fit.js";
import {Revisions} from "./holdings.js";
import {Columns} from "./leases.js";
import type {Members} from "./members.js";
import {rangesOf} from "./numbers.js";
import {leftOfTotal} from "./payment.js";
import {Reservations} from "./reservations.js";
import {Results} from "./results.js";
import {checkStake, type Stakes} from "./stake.js";
import {checkActive, standingOf} from "./standing.js";
import {
  replacesApproval,
  type SignedApproval,
  type SignedWithdrawal,
  type StockKind,
  type StrictStore,
} from "./store.js";

export interface CustodianPorts {
  readonly members: Members;
  readonly place: number;
  readonly store: StrictStore;
  readonly verify: VerifySignature;
  readonly field: Arithmetic;
  readonly stakes: Stakes;
  sign(message: Uint8Array): Uint8Array;
  random(size: number): Uint8Array;
  /** Bytes that only the holder of `publicKey` reads. `bound` is what they belong to. */
  seal(publicKey: Uint8Array, plaintext: Uint8Array, bound: Uint8Array): Box;
  /** What was sealed to this custodian. @throws DecodeError BOX_INVALID */
  unseal(box: Box, bound: Uint8Array): Uint8Array;
}

/** Most programs. */
export const PROGRAMS_MAX = 1_024;

export class StrictCustodian {
  readonly reservations = new Reservations();
  readonly results = new Results();
  readonly revisions = new Revisions();
  readonly anomalies = new Anomalies();

  constructor(readonly ports: CustodianPorts) {}

  /** @throws DecodeError as the package's codec; RuleError POLICY_UNKNOWN, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE, PROGRAMS_TOO_MANY */
  install(bytes: Uint8Array): ProgramPackage {
    const {store, members} = this.ports;
    const program = programPackage.decode(bytes);
    if (store.program(program.programId)) return program;
    checkFits(program, members);
    if (store.programs().length >= PROGRAMS_MAX)
      throw new RuleError("PROGRAMS_TOO_MANY", `${PROGRAMS_MAX} programs are installed`);
    store.saveProgram(program);
    return program;
  }

  /** @throws RuleError PROGRAM_UNKNOWN, APPROVAL_INVALID, ROSTER_MISMATCH */
  approve(signed: SignedApproval, nowMs: number): void {
    const {store} = this.ports;
    const {programId} = this.program(signed.content.programId);
    checkApproval(signed, this.ports, nowMs);
    const known = store.approvals(programId).find(({content}) => content.custodian === signed.content.custodian);
    if (known && !replacesApproval(known, signed)) return;
    store.saveApproval(signed);
    this.revisions.changed(programId);
  }

  /**
   * Takes a custodian's word for a program back, or gives it again. What is older than what is known changes nothing.
   * @throws RuleError PROGRAM_UNKNOWN, WITHDRAWAL_INVALID, ROSTER_MISMATCH
   */
  suspend(signed: SignedWithdrawal, nowMs: number): void {
    const {store} = this.ports;
    const {programId, custodian, timeMs} = signed.content;
    const program = this.program(programId);
    checkWithdrawal(signed, this.ports, nowMs);
    const known = store.withdrawals(program.programId).find(({content}) => content.custodian === custodian);
    if (known && known.content.timeMs >= timeMs) return;
    store.saveWithdrawal(signed);
    this.revisions.changed(program.programId);
  }

  /**
   * Gives a client this custodian's shares of as many masks as the program has inputs and outputs, for each evaluation, from
   * number `first` on.
   * @throws RuleError PROGRAM_UNKNOWN, PROGRAM_INACTIVE, EVALUATIONS_TOO_MANY, RESERVATIONS_TOO_MANY, STOCK_EXHAUSTED, and as
   * `checkStatement` and `checkStake`
   */
  masks(
    request: Signed<ContentOf<typeof maskRequest>>,
    first: bigint,
    nowMs: number,
  ): Signed<ContentOf<typeof maskShares>> {
    const {store, place, members, field} = this.ports;
    const {programId, client, sealingKey, evaluations} = request.content;
    checkStatement(maskRequest, request, {...this.ports, nowMs});
    const program = this.activeProgram(programId, nowMs);
    checkStake(program, client, {...this.ports, nowMs});
    const keys = store.keys() ?? stale("it has no keys yet");
    const count = masksFor(program, evaluations);
    this.reservations.checkRoom(client, {evaluations, masks: count}, BigInt(nowMs));
    const range = {first, count};
    const taken = (store.lease("mask", range) && store.take("mask", range)) || exhausted("mask");
    const digest = digestOf(maskRequest, request);
    const masks = masksAt(taken, {n: members.n, t: members.k - 1, field}, pointOf(digest));
    const reservation = {
      epoch: keys.epoch,
      client,
      programId: program.programId,
      request: digest,
      expiresAtMs: BigInt(nowMs + STATEMENT_LIFE_MS),
    };
    const columns = new Columns(range, masks);
    const wires = wiresOf(program);
    for (let at = 0; at < count; at += wires) {
      const part = columns.part(at, at + wires);
      this.reservations.add({...reservation, first: part.first, count: wires, masks: part.matrix()});
    }
    // The MACs stay here: with them the client could move what it sends.
    const shown = Array.from({length: count}, (_, at) =>
      [0, 2, 3].map((row) => unpackElements(elementAt(masks, row * count + at))[0]!),
    ).flat();
    const box = this.ports.seal(sealingKey, encodeElements(shown), boundOf(digest, place));
    const content = {request: digest, custodian: place, epoch: keys.epoch, first, count, box};
    return sign(maskShares, content, (message) => this.ports.sign(message));
  }

  /**
   * Uses what a job prepared, once every custodian has it on its disk.
   * @throws RuleError CERTIFICATE_INVALID, STALE_EPOCH
   */
  commit(certificate: Certificate): void {
    const {members, store, verify} = this.ports;
    const {job} = certificate;
    checkCertificate(members, certificate, verify);
    const before = store.keys()?.epoch;
    const done = store.commit(jobDigest(job));
    // Certificates come again with every coordinator that connects.
    if (store.keys()?.epoch !== before) this.reservations.clear();
    if (done) store.saveCertificate(certificate);
    else if (isBehind(store, job)) stale(`job ${job.run} was done without it`);
  }

  /** What it tells the coordinator at that place, of whose stock alone it speaks. */
  status(nowMs: number, coordinator: number): Omit<CustodianStatus, "attestation"> {
    const {store} = this.ports;
    return {
      epoch: store.keys()?.epoch ?? 0n,
      pending: store.pending(),
      run: store.run(),
      nextTriple: store.nextOf("triple", coordinator),
      nextMask: store.nextOf("mask", coordinator),
      triples: rangesOf(coordinator, store.ranges("triple")),
      masks: rangesOf(coordinator, store.ranges("mask")),
      programs: store.programs().map((program) => ({
        programId: bytesOfHex(program.programId),
        ...standingOf(program, this.ports, nowMs),
        sharing: store.sharing(program.programId)?.run ?? 0n,
        budgetLeft: leftOfTotal(store, program),
        revision: this.revisions.of(program.programId),
      })),
    };
  }

  /** @throws RuleError RETIRED */
  checkServing(): void {
    if (this.ports.store.retired())
      throw new RuleError("RETIRED", "this custodian has handed its secrets over and erased them", {
        hint: "ask the custodians of the next roster",
      });
  }

  /** @throws RuleError PROGRAM_UNKNOWN */
  program(programId: Uint8Array): ProgramPackage {
    const program = this.ports.store.program(hexOf(programId));
    if (program) return program;
    throw new RuleError("PROGRAM_UNKNOWN", `program ${hexOf(programId)} is not installed`, {
      hint: "deploy it first: qsdm quorum deploy",
    });
  }

  /** @throws RuleError PROGRAM_UNKNOWN, PROGRAM_INACTIVE, PROGRAM_SUSPENDED, RETIRED */
  activeProgram(programId: Uint8Array, nowMs: number): ProgramPackage {
    this.checkServing();
    const program = this.program(programId);
    checkActive(program, standingOf(program, this.ports, nowMs), this.ports.members.k);
    return program;
  }
}

/** Whether every custodian acknowledged a job. @throws RuleError CERTIFICATE_INVALID */
export function checkCertificate(
  members: Members,
  {job, acknowledgements}: Certificate,
  verify: VerifySignature,
): void {
  const digest = jobDigest(job);
  for (let place = 0; place < members.n; place++) {
    const signed = acknowledgements.find(({content}) => content.custodian === place);
    const key = members.custodian(place)!.card.signingKey;
    if (!signed || !equalBytes(signed.content.job, digest) || !isSignedBy(prepared, signed, key, verify))
      throw new RuleError("CERTIFICATE_INVALID", `${members.namesOf([place])} has not acknowledged job ${job.run}`);
  }
}

/** @throws RuleError APPROVAL_INVALID, ROSTER_MISMATCH */
export function checkApproval(
  signed: SignedApproval,
  {members, verify}: Pick<CustodianPorts, "members" | "verify">,
  nowMs: number,
): void {
  const {roster, custodian, notAfterMs} = signed.content;
  checkRosterDigest(members, roster);
  const key = members.custodian(custodian)?.card.signingKey;
  if (!key || !isSignedBy(approval, signed, key, verify))
    throw new RuleError("APPROVAL_INVALID", "the approval is not signed by a custodian of the roster");
  if (notAfterMs < BigInt(nowMs)) throw new RuleError("APPROVAL_INVALID", "the approval has expired");
}

/** @throws RuleError WITHDRAWAL_INVALID, ROSTER_MISMATCH */
export function checkWithdrawal(
  signed: SignedWithdrawal,
  {members, verify}: Pick<CustodianPorts, "members" | "verify">,
  nowMs: number,
): void {
  const {roster, custodian, timeMs} = signed.content;
  checkRosterDigest(members, roster);
  const key = members.custodian(custodian)?.card.signingKey;
  if (!key || !isSignedBy(withdrawal, signed, key, verify))
    throw new RuleError("WITHDRAWAL_INVALID", "the suspension is not signed by a custodian of the roster");
  // Of two the later holds, so one from the future would hold for ever.
  if (timeMs > BigInt(nowMs + CLOCK_SKEW_MS))
    throw new RuleError("WITHDRAWAL_INVALID", "the suspension is of a time to come", {hint: "compare the clocks"});
}

/** Masks that so many evaluations take. @throws RuleError EVALUATIONS_TOO_MANY */
export function masksFor(program: Pick<ProgramPackage, "ir" | "policy">, evaluations: number): number {
  const most = evaluationsAtOnce(program);
  if (evaluations >= 1 && evaluations <= most) return evaluations * wiresOf(program);
  throw new RuleError("EVALUATIONS_TOO_MANY", `${evaluations} evaluations were asked for at once, at most ${most} are`);
}

/** Triples that evaluations side by side take together: no more than can be made for one, whoever the custodians are. */
const TRIPLES_AT_ONCE = 16_384;

/**
 * Evaluations that one request of masks, and one ticket, may be for: one where time has to lie between them, or each is compared
 * with the one before.
 */
export function evaluationsAtOnce(program: Pick<ProgramPackage, "ir" | "policy">): number {
  if (program.policy.minSpacingMs !== undefined || watchOf(program.policy)) return 1;
  const ir = runningIr(program);
  const byTriples = Math.floor(TRIPLES_AT_ONCE / costOf(ir).triples);
  return Math.max(1, Math.min(EVALUATIONS_MAX, Math.floor(WIRES_MAX / wiresOf(program)), copiesMax(ir), byTriples));
}

/** What a box belongs to: a statement, and who sealed it or is to open it. */
export const boundOf = (digest: Uint8Array, place: number): Uint8Array => concat(digest, Uint8Array.of(place));

export const hasSecrets = ({ir}: Pick<ProgramPackage, "ir">): boolean => secretNames(ir).length > 0;

const isBehind = (store: StrictStore, {kind, run}: Certificate["job"]): boolean =>
  kind === "refresh" && (store.keys()?.epoch ?? 0n) < run;

/** @throws RuleError STALE_EPOCH */
export function stale(why: string): never {
  throw new RuleError("STALE_EPOCH", `this custodian is behind the others: ${why}`, {
    hint: "qsdm quorum reshare makes new keys; --recover NAME gives a custodian its shares back",
  });
}

/** @throws RuleError STOCK_EXHAUSTED */
export function exhausted(kind: StockKind): never {
  throw new RuleError("STOCK_EXHAUSTED", `not enough unused ${kind}s`, {hint: "make more: qsdm quorum pool --add N"});
}
