/** Secrets go from the custodians of one roster to those of the next. */
import {bytesOfHex} from "../../../codecs/bytes.js";
import {type SharedAttestations, sharedNonce} from "../../../codecs/quorum/strict/attestation.js";
import {UsageError} from "../../../errors.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {erasedBy} from "../../../node/quorum/strict/handover.js";
import {Members} from "../../../node/quorum/strict/members.js";
import {successorsOf} from "../../../node/quorum/strict/succession.js";
import type {Io} from "../../io.js";
import {atCoordinator, readParty, type StrictFlags} from "./files.js";

export interface RotationFlags extends StrictFlags {
  readonly timeout?: number;
  readonly to?: string;
  readonly toKey?: string;
  readonly without?: readonly string[];
  readonly keep: boolean;
}

const PROGRAM_ID = /^[0-9a-f]{64}$/;
/** Many rounds, and as many processes as both rosters have custodians. */
const ROTATION_MS = 600_000;

export async function rotateStrictly(io: Io, {to, toKey, without = [], keep, ...flags}: RotationFlags): Promise<void> {
  if (to === undefined || toKey === undefined)
    throw new UsageError("NEXT_ROSTER_REQUIRED", "the custodians of which roster get the secrets?", {
      hint: "add --to ROSTER and --to-key KEY, of a custodian of it",
    });
  const timeout = flags.timeout ?? ROTATION_MS;
  const next = {roster: to, key: toKey, timeout};
  const {roster: previous} = await readParty(io, flags);
  const {roster: following} = await readParty(io, next);
  const {verify} = await loadMlDsa(87, "few");
  const members = Members.of(previous, verify);
  const successors = successorsOf(members, following, verify);
  const names = previous.content.custodians.map(({card}) => card.name);
  // No party's name is as long as an id.
  const left = without.filter((each) => PROGRAM_ID.test(each));
  const out = without.filter((each) => !left.includes(each)).map((name) => ({name, place: names.indexOf(name)}));
  const unknown = out.find(({place}) => place < 0);
  if (unknown)
    throw new UsageError("CUSTODIAN_UNKNOWN", `no custodian of ${flags.roster} is called ${unknown.name}`, {
      hint: "--without takes the name of a custodian, or the id of a program, 64 hex digits",
    });
  const lost = left.length > 0 ? ` Those of ${left.join(", ")} are lost for good.` : "";
  if (!keep)
    await io.confirm(`Erase the keys and secrets of the present custodians once the next ones have them?${lost}`);
  const progress = io.progress("handing secrets over");
  try {
    const at = {...flags, timeout};
    const shown = successors.roster.attestation && (await shownFor(io, at, next));
    const given = await atCoordinator(io, at, (client) =>
      client.call("handover", {next: following, without: left.map((programId) => bytesOfHex(programId)), shown}),
    );
    const handovers = given.handovers.filter(({content}) => !out.some(({place}) => place === content.custodian));
    progress.log("the next custodians check what they got");
    const payload = {previous, next: following, handovers};
    const {certificate} = await atCoordinator(io, next, (client) =>
      client.call("takeover", {payload, packages: given.packages}),
    );
    const programs = handovers[0]?.content.sharings.length ?? 0;
    let erased: readonly string[] = [];
    if (!keep) {
      progress.log("the present custodians erase their shares");
      const {erasures} = await atCoordinator(io, at, (client) => client.call("retire", {next: following, certificate}));
      erased = erasedBy(erasures, {from: members, to: successors, verify}).map((place) => names[place]!);
      for (const name of names.filter((each) => !erased.includes(each))) io.warn(`${name} has not erased its shares`);
    }
    io.result({programs, left_behind: left, handed_over: handovers.length, erased}, [
      [programs, handovers.length, erased.join(",")],
    ]);
  } finally {
    progress.done();
  }
}

/** What the next custodians show of their machines, for nonces of the present ones. */
async function shownFor(io: Io, at: StrictFlags, next: StrictFlags): Promise<SharedAttestations> {
  const {nonces} = await atCoordinator(io, at, (client) => client.call("challenge", {}));
  const {attestations} = await atCoordinator(io, next, (client) => client.call("attest", {nonce: sharedNonce(nonces)}));
  return {nonces, attestations: attestations.filter((each) => each !== null)};
}
