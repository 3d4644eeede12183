/** `quorum-leader.json`: QBIND's quorum of two thirds, its turns of leaders, and what it refuses of signers. */
import {checkSigners, type SignerFault} from "../../../src/node/consensus/votes/certificate.js";
import {Committee, quorumPower} from "../../../src/node/consensus/votes/committee.js";
import {COMPAT_RULES} from "../../../src/node/ledger/params/rules.js";
import type {Adapters, Input, Output} from "../case.js";

const {leaderRotation: rotation, quorum} = COMPAT_RULES;
/** QBIND's names of what it refuses. */
const NAMES: Readonly<Record<SignerFault, string>> = {
  order: "DuplicateSigner",
  unknown: "NonMemberSigner",
  power: "InsufficientQuorum",
};

class Refused extends Error {
  constructor(readonly fault: SignerFault) {
    super(fault);
  }
}

function quorumLeader(input: Input): Output {
  const members = input
    .objects("validators")
    .map((each) => ({id: each.number("id"), power: each.big("votingPower")}))
    .sort((a, b) => a.id - b.id);
  const voters = members.map(({power}) => ({publicKey: new Uint8Array(), power}));
  const committee = new Committee(0n, voters, {rotation, quorum});
  const ids = input.list("signers").map(Number);
  // Whoever is no member has no place in the list: one past its end.
  const placeOf = (id: number): number => members.findIndex((each) => each.id === id);
  const signers = ids.map((id) => (placeOf(id) < 0 ? members.length : placeOf(id)));
  if (!input.has("views")) return verdictOn(signers, committee);
  const faults = Math.floor((members.length - 1) / 3);
  return {
    f: faults,
    quorumSize: 2 * faults + 1,
    twoThirdsVp: Number(quorumPower(committee.total, quorum)),
    hasQuorum: committee.isQuorum(signers),
    leaders: input.list("views").map((view) => members[committee.leader(BigInt(Number(view)))]!.id),
  };
}

/** What the reference calls what our check of signers says. */
export function verdictOn(signers: readonly number[], committee: Committee): Output {
  try {
    checkSigners(
      signers.map((validator) => ({validator})),
      committee,
      (_why, fault) => {
        throw new Refused(fault);
      },
    );
    return {ok: true, error: null};
  } catch (error) {
    if (error instanceof Refused) return {ok: false, error: NAMES[error.fault]};
    throw error;
  }
}

export const quorumLeaderAdapters: Adapters = {"quorum-leader": quorumLeader};
