/**
 * Who takes part in a quorum: cards of parties, the roster that binds them to roles and addresses, and the roster with
 * the signatures of its custodians. Everything else that is signed names the roster by its digest.
 */
import {DecodeError} from "../../../errors.js";
import {decodeCbor} from "../../cbor/cbor.js";
import {type FieldValue, fixed, list, nullable, type RecordCodec, record, text, u32} from "../../cbor/record.js";
import {sha3} from "../../hash.js";
import {ML_DSA_87, ML_KEM_768} from "../../suite.js";
import {armored} from "./armor.js";
import {attestationPolicy} from "./attestation-policy.js";
import {statement} from "./statement.js";

export const CUSTODIANS_MAX = 16;
const COORDINATORS_MAX = 8;
const CLIENTS_MAX = 1_024;
const ROSTER_MAX_BYTES = 8 * 1024 * 1024;

const partyName = text({minBytes: 1, maxBytes: 63, pattern: /^[a-z0-9][a-z0-9-]*$/});
/** Who runs a party; empty where nobody asks. */
const organisation = text({maxBytes: 63, pattern: /^([a-z0-9][a-z0-9-]*)?$/});
/** host:port, the host perhaps an IPv6 address in brackets. */
const address = text({minBytes: 3, maxBytes: 262, pattern: /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):[0-9]{1,5}$/});

/** The public half of a party. */
export const card = record("qvm/card/1", {
  name: partyName,
  /** ML-DSA-87: approvals, tickets, results. */
  signingKey: fixed(ML_DSA_87.publicKeyBytes),
  /** SHA3-256 of the ML-DSA-44 key that proves the party in sessions. */
  channelId: fixed(32),
  /** ML-KEM-768: what is sealed to the party and carried by others. */
  sealingKey: fixed(ML_KEM_768.publicKeyBytes),
});
export type Card = FieldValue<typeof card>;
export const cardFile = armored("qsdm-quorum-card", card, 64 * 1024);

/** A party that listens. */
const service = record("qvm/service/1", {
  card,
  address,
  organisation,
});
export type RosterService = FieldValue<typeof service>;

const client = record("qvm/client/1", {card, organisation});
export type RosterClient = FieldValue<typeof client>;

export const roster = record("qvm/roster/2", {
  /** Drawn when the first roster is made. */
  quorum: fixed(32),
  /** One more with every change. */
  epoch: u32,
  /** Digest of the roster that this one follows; null in the first. */
  previous: nullable(fixed(32)),
  /** Custodians that suffice to open a value. */
  threshold: u32,
  /** Organisations that approvals of a program come from at least, and those of the next roster; 1 asks for none. */
  approvalOrganisations: u32,
  /** What custodians demand of each other's machines, and owners of theirs; null where nobody asks. */
  attestation: nullable(attestationPolicy),
  /** In order of x: the first is at x = 1. */
  custodians: list(service, CUSTODIANS_MAX),
  coordinators: list(service, COORDINATORS_MAX),
  clients: list(client, CLIENTS_MAX),
});
export type Roster = FieldValue<typeof roster>;

/** A custodian of a roster agrees to the one that follows. */
export const succession = statement(
  "qvm/succession/1",
  record("qvm/succession/1", {from: fixed(32), to: fixed(32), custodian: u32}),
);

export const signedRoster = record("qvm/roster/2/signed", {
  content: roster,
  signatures: list(
    record("qvm/roster-signature/1", {place: u32, signature: fixed(ML_DSA_87.signatureBytes)}),
    CUSTODIANS_MAX,
  ),
  /** Of custodians of the roster before. */
  approvals: list(succession, CUSTODIANS_MAX),
});
export type SignedRoster = FieldValue<typeof signedRoster>;

/** The form before organisations, which nobody can add to what custodians have signed. */
const OUTDATED = "qvm/roster/1/signed";

/** @throws DecodeError ROSTER_OUTDATED, from `decode` */
const current: RecordCodec<SignedRoster> = {
  ...signedRoster,
  decode(bytes) {
    const wire = decodeCbor(bytes);
    if (Array.isArray(wire) && wire[0] === OUTDATED)
      throw new DecodeError("ROSTER_OUTDATED", "the roster is of an earlier version, without organisations", {
        hint: "make it again from the parties' cards: qsdm quorum roster create, and each custodian signs that",
      });
    return signedRoster.fromWire(wire, "qvm/roster/2/signed");
  },
};
export const rosterFile = armored("qsdm-quorum-roster", current, ROSTER_MAX_BYTES);

export const rosterDigest = (content: Roster): Uint8Array => sha3(roster.encode(content));
