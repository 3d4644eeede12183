/**
 * Secrets taken over from the custodians of the roster before. Every share of theirs came shared; a random combination of
 * all of a custodian's, hidden behind its share of a mask, is opened, and must lie on one polynomial with the others': at
 * least t + 1 of 2t + 1 are honest, so whoever handed over something else is off it.
 */
import {concat, equalBytes} from "../../../codecs/bytes.js";
import {decodeElements} from "../../../codecs/quorum/element.js";
import {secretNames} from "../../../codecs/quorum/ir.js";
import type {Job} from "../../../codecs/quorum/strict/job.js";
import {handover, type TakeoverPayload, takeoverPayload} from "../../../codecs/quorum/strict/rotation.js";
import {isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import {RuleError} from "../../../errors.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {dot, elementAt, ones, slice, type Vector} from "../field/vector.js";
import {authenticate, checkHidden} from "../verified/authenticated.js";
import {wrongPoints} from "../verified/decode.js";
import {namingNobody, open, weightsAt} from "../verified/opening.js";
import {compareHeard, type Protocol} from "../verified/protocol.js";
import {drawChallenges} from "../verified/prss.js";
import type {StrictCustodian} from "./custodian.js";
import {handoverBound, type SignedHandover} from "./handover.js";
import {beginRun, keep, lastingKeysFor, refuseJob, secretAt, sessionOf} from "./job-parts.js";
import {Members} from "./members.js";
import type {Sharing} from "./store.js";
import {successorsOf} from "./succession.js";

/** @throws RuleError SUCCESSION_INVALID, HANDOVER_INVALID, HANDOVER_WRONG, SECRETS_SHARED, JOB_INVALID, STALE_EPOCH, KEYS_PENDING */
export function* takeOver(custodian: StrictCustodian, job: Job): Protocol<Uint8Array> {
  const {store} = custodian.ports;
  const payload = takeoverPayload.decode(job.payload);
  const {previous, handovers} = checked(custodian, payload);
  const [{content: first}] = handovers as [SignedHandover, ...SignedHandover[]];
  const programs = first.sharings.map(({programId}) => custodian.program(programId));
  for (const {programId} of programs)
    if (store.sharing(programId)) throw new RuleError("SECRETS_SHARED", `the secrets of ${programId} are here already`);
  const names = programs.map(({ir}) => secretNames(ir));
  const count = names.flat().length;
  const given = handovers.map((each) => received(custodian, each, count + 1));
  const keys = lastingKeysFor(custodian, job);
  store.atomically(() => {
    if (first.run <= store.takenOver()) refuseJob("takes over what was tried before");
    store.beginTakeover(first.run);
    beginRun(custodian, job.run);
  });
  const session = sessionOf(custodian, keys, job);
  const {field} = session.party;
  const challenges = yield* drawChallenges(session.party);
  const weights = concat(challenges(count), ones(1));
  const combined = concat(...given.map((values) => dot(field, weights, values)));
  const opened = yield* namingNobody(open(session.party, combined));
  checkOnePolynomial(opened, handovers, previous);
  const dealers = handovers.slice(0, previous.k);
  const xs = dealers.map(({content}) => BigInt(content.custodian + 1));
  const matrix = concat(...given.slice(0, previous.k).map((values) => slice(values, 0, count)));
  const shares = count === 0 ? new Uint8Array() : field.combine(weightsAt(xs, 0n), matrix);
  const values = yield* namingNobody(authenticate(session, shares));
  yield* namingNobody(checkHidden(session, values));
  yield* compareHeard(session.party);
  let used = 0;
  const taken = programs.map(({programId}, at): Sharing => {
    const secrets = new Map(names[at]!.map((name) => [name, secretAt(values, used++)]));
    return {programId, run: job.run, epoch: job.epoch, secrets};
  });
  return keep(custodian, job, {sharings: taken});
}

/** What the roster before handed over, if it is enough and of one piece. */
function checked(
  {ports: {members, verify}}: StrictCustodian,
  {previous: before, next, handovers}: TakeoverPayload,
): {readonly previous: Members; readonly handovers: readonly SignedHandover[]} {
  const previous = Members.of(before, verify);
  if (!equalBytes(successorsOf(previous, next, verify).digest, members.digest)) invalid("is for another roster");
  const [first] = handovers;
  const needed = 2 * previous.k - 1;
  if (!first || handovers.length < needed) return invalid(`is of ${handovers.length} custodians, not of ${needed}`);
  const named = ({content}: SignedHandover): Uint8Array =>
    handover.content.encode({...content, custodian: 0, boxes: []});
  for (const [at, each] of handovers.entries()) {
    const {custodian, from, to, boxes} = each.content;
    const key = previous.custodian(custodian)?.card.signingKey;
    if (!key || !isSignedBy(handover, each, key, verify)) invalid(`of custodian ${custodian} is not signed by it`);
    if (at > 0 && custodian <= handovers[at - 1]!.content.custodian)
      invalid("names a custodian twice, or out of order");
    if (!equalBytes(from, previous.digest) || !equalBytes(to, members.digest)) invalid("is between other rosters");
    if (!equalBytes(named(each), named(first))) invalid("is of other secrets than the first");
    if (boxes.length !== members.n) invalid("seals shares for another number of custodians");
  }
  return {previous, handovers};
}

/** This custodian's part of what one handed over. @throws DecodeError BOX_INVALID */
function received({ports: {place, unseal}}: StrictCustodian, {content}: SignedHandover, count: number): Vector {
  const {boxes, custodian} = content;
  const plaintext = unseal(boxes[place]!, handoverBound(content, custodian, place));
  return packElements(decodeElements(plaintext, count));
}

/** @throws RuleError HANDOVER_WRONG, with names where they can be told */
function checkOnePolynomial(opened: Vector, handovers: readonly SignedHandover[], previous: Members): void {
  const points = handovers.map(({content}, at) => ({
    x: BigInt(content.custodian + 1),
    y: unpackElements(elementAt(opened, at))[0]!,
  }));
  const wrong = wrongPoints(points, previous.k - 1);
  if (wrong?.length === 0) return;
  const names = previous.namesOf((wrong ?? []).map((at) => handovers[at]!.content.custodian));
  const who = names.length === 0 ? "one of the custodians before, which cannot be told," : names.join(" and ");
  throw new RuleError("HANDOVER_WRONG", `${who} handed over something else than its shares`, {
    hint: "nothing was taken; try again without it: qsdm quorum rotate --without NAME",
    details: {custodians: names},
  });
}

function invalid(why: string): never {
  throw new RuleError("HANDOVER_INVALID", `the handover ${why}`);
}
