/**
 * A custodian's part in giving secrets to the next roster's custodians: each of its shares is shared among them, and one of a
 * random mask beside, behind which the next ones check that what all handed over is of one polynomial.
 */
import {bytesOfHex, concat, equalBytes, hexOf, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {encodeElements} from "../../../codecs/quorum/element.js";
import {secretNames} from "../../../codecs/quorum/ir.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Ask, Certificate, CustodianMethods} from "../../../codecs/quorum/strict/calls.js";
import type {SignedRoster} from "../../../codecs/quorum/strict/roster.js";
import {erasure, handover, takeoverPayload} from "../../../codecs/quorum/strict/rotation.js";
import {type ContentOf, isSignedBy, type Signed, sign} from "../../../codecs/quorum/strict/statement.js";
import {BOX_ELEMENTS_MAX} from "../../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {unpackElements} from "../field/bytes.js";
import {fieldSource} from "../field/random.js";
import {share} from "../sharing/shamir.js";
import {SharedRandomness} from "../verified/prss.js";
import {checkCertificate, type StrictCustodian, stale} from "./custodian.js";
import {checkFits} from "./fit.js";
import {beginRun, partyOf} from "./job-parts.js";
import type {Members} from "./members.js";
import {standingOf} from "./standing.js";
import {successorsOf} from "./succession.js";

export type SignedHandover = Signed<ContentOf<typeof handover>>;

/** What a box of a handover belongs to. */
export const handoverBound = (
  {from, to, run}: Pick<ContentOf<typeof handover>, "from" | "to" | "run">,
  sender: number,
  receiver: number,
): Uint8Array => concat(sha3(utf8(`qvm/handover-box/1 ${run}`), from, to), Uint8Array.of(sender, receiver));

/**
 * What the next custodians show of their machines is looked at before.
 * @throws RuleError SUCCESSION_INVALID, STALE_EPOCH, JOB_REPEATED, JOB_INVALID, RETIRED, as `heldBy`; PROGRAM_TOO_COSTLY,
 * PROGRAM_TOO_WIDE, ORGANISATIONS_TOO_FEW and the like of a program that the next custodians could not run; HANDOVER_TOO_WIDE
 */
export function handOver(
  custodian: StrictCustodian,
  {next, run, without}: Omit<Ask<CustodianMethods["handover"]>, "shown">,
  nowMs: number,
): SignedHandover {
  const {members, store, place, verify, random} = custodian.ports;
  custodian.checkServing();
  const successors = successorsOf(members, next, verify);
  const keys = store.keys() ?? stale("it has no keys yet");
  const {held, left} = heldBy(custodian, without, nowMs);
  for (const {program} of held) checkFitsNext(program, successors);
  checkRoom(held.map(({program}) => program));
  const named = {
    ...{from: members.digest, to: successors.digest, run, left},
    sharings: held.map(({program, sharing}) => ({programId: bytesOfHex(program.programId), run: sharing.run})),
  };
  // On the disk before anything leaves: a mask that two handovers share would show what it hides.
  beginRun(custodian, run);
  const randomness = new SharedRandomness(partyOf(custodian), keys.sets, maskName(named));
  const [mask] = unpackElements(randomness.randoms(1));
  const shares = held.flatMap(({program, sharing}) =>
    secretNames(program.ir).map((name) => sharing.secrets.get(name)!.share),
  );
  const draw = fieldSource(random);
  const dealt = [...shares, mask!].map((value) => share(value, successors, draw));
  const boxes = successors.roster.custodians.map(({card}, to) =>
    custodian.ports.seal(
      card.sealingKey,
      encodeElements(dealt.map((each) => each[to]!.y)),
      handoverBound(named, place, to),
    ),
  );
  return sign(handover, {...named, custodian: place, boxes}, (message) => custodian.ports.sign(message));
}

/**
 * What is handed over, in order of id, and what is left behind: only what K custodians suspended, or one coordinator could have
 * the secrets of a program lost.
 * @throws RuleError PROGRAM_UNKNOWN, PROGRAM_NOT_SUSPENDED
 */
function heldBy(custodian: StrictCustodian, without: readonly Uint8Array[], nowMs: number) {
  const {store} = custodian.ports;
  const left = [...new Set(without.map((programId) => custodian.program(programId).programId))].sort();
  for (const programId of left)
    if (!isEnded(custodian, programId, nowMs))
      throw new RuleError(
        "PROGRAM_NOT_SUSPENDED",
        `program ${programId} is left behind when K custodians suspended it`,
        {
          hint: `each of them: qsdm quorum suspend ${programId}`,
        },
      );
  const held = store.programs().flatMap((program) => {
    const sharing = left.includes(program.programId) ? null : store.sharing(program.programId);
    return sharing ? [{program, sharing}] : [];
  });
  held.sort((a, b) => (a.program.programId < b.program.programId ? -1 : 1));
  return {held, left: left.map((programId) => bytesOfHex(programId))};
}

/** Whether K custodians ended a program. */
const isEnded = ({ports}: StrictCustodian, programId: string, nowMs: number): boolean =>
  standingOf(ports.store.program(programId)!, ports, nowMs).withdrawals >= ports.members.k;

/** Secrets and the mask go in one box. @throws RuleError HANDOVER_TOO_WIDE */
export function checkRoom(programs: readonly Pick<ProgramPackage, "ir">[]): void {
  const secrets = programs.reduce((sum, {ir}) => sum + secretNames(ir).length, 0);
  const most = BOX_ELEMENTS_MAX - 1;
  if (secrets <= most) return;
  throw new RuleError(
    "HANDOVER_TOO_WIDE",
    `programs have ${secrets} secrets together, and at most ${most} are handed over`,
    {
      hint: "suspend programs that are no longer used, and leave them behind: qsdm quorum rotate --without PROGRAM_ID",
      details: {secrets, most},
    },
  );
}

/** Before anything is handed over: the next custodians would take nothing at all. @throws RuleError as `checkFits` */
function checkFitsNext(program: ProgramPackage, successors: Members): void {
  try {
    checkFits(program, successors);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    const {programId} = program;
    throw new RuleError(cause.code, `the next custodians could not run program ${programId}: ${cause.message}`, {
      hint: `another threshold, or without its secrets, once K custodians suspended it: qsdm quorum rotate --without ${programId}`,
      details: {...cause.details, program_id: programId},
      cause,
    });
  }
}

/** What the mask of a handover is drawn for: all custodians draw the same one if they hand over the same. */
const maskName = ({
  from,
  to,
  run,
  sharings,
}: Pick<ContentOf<typeof handover>, "from" | "to" | "run" | "sharings">): Uint8Array =>
  sha3(
    utf8(`qvm/handover-mask/1 ${run}`),
    ...[from, to],
    ...sharings.flatMap((each) => [each.programId, utf8(`${each.run}`)]),
  );

/**
 * Forgets what the next custodians have, once all of them signed that they do.
 * @throws RuleError SUCCESSION_INVALID, CERTIFICATE_INVALID
 */
export function retire(
  custodian: StrictCustodian,
  {next, certificate}: {readonly next: SignedRoster; readonly certificate: Certificate},
  nowMs: number,
): Signed<ContentOf<typeof erasure>> {
  const {members, store, place, verify} = custodian.ports;
  const successors = successorsOf(members, next, verify);
  checkCertificate(successors, certificate, verify);
  if (!takesOver(certificate, {custodian, successors: successors.digest, nowMs}))
    throw new RuleError("CERTIFICATE_INVALID", "the job took over something else than this custodian's secrets");
  store.retire();
  custodian.reservations.clear();
  const content = {from: members.digest, to: successors.digest, custodian: place, timeMs: BigInt(nowMs)};
  return sign(erasure, content, (message) => custodian.ports.sign(message));
}

/** Places of those who signed that they have nothing left of what they handed from one roster to the other. */
export function erasedBy(
  erasures: readonly Signed<ContentOf<typeof erasure>>[],
  {from, to, verify}: {readonly from: Members; readonly to: Members; readonly verify: VerifySignature},
): readonly number[] {
  return erasures.flatMap((each) => {
    const {content} = each;
    const key = from.custodian(content.custodian)?.card.signingKey;
    // A key may be in many rosters: what was erased of another one says nothing of this one.
    if (!key || !equalBytes(content.from, from.digest) || !equalBytes(content.to, to.digest)) return [];
    return isSignedBy(erasure, each, key, verify) ? [content.custodian] : [];
  });
}

/** Whether a job of the next roster took over all secrets that are held now, but those of programs that are to be left behind. */
function takesOver(
  {job}: Certificate,
  {
    custodian,
    successors,
    nowMs,
  }: {readonly custodian: StrictCustodian; readonly successors: Uint8Array; readonly nowMs: number},
): boolean {
  const {store, members} = custodian.ports;
  if (job.kind !== "takeover" || !equalBytes(job.roster, successors)) return false;
  const [first] = takeoverPayload.decode(job.payload).handovers;
  if (!first || !equalBytes(first.content.from, members.digest) || !equalBytes(first.content.to, successors))
    return false;
  const left = new Set(first.content.left.map((programId) => hexOf(programId)));
  const taken = new Map(first.content.sharings.map(({programId, run}) => [hexOf(programId), run]));
  return store.programs().every(({programId}) => {
    const sharing = store.sharing(programId);
    return (
      !sharing || taken.get(programId) === sharing.run || (left.has(programId) && isEnded(custodian, programId, nowMs))
    );
  });
}
