/** The parties of one roster, once its signatures were checked. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {
  type Card,
  type Roster,
  type RosterClient,
  type RosterService,
  roster,
  rosterDigest,
  type SignedRoster,
} from "../../../codecs/quorum/strict/roster.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {checkPolicy} from "../attestation/policy.js";
import {checkShape} from "../verified/shape.js";
import {organisationsOf} from "./organisations.js";

/** Where a party stands. */
export type Role =
  | ({readonly kind: "custodian"; readonly place: number} & RosterService)
  | ({readonly kind: "coordinator"; readonly place: number} & RosterService)
  | ({readonly kind: "client"} & RosterClient);

export class Members {
  /** What everything else that is signed names. Also what sessions are bound to. */
  readonly digest: Uint8Array;
  readonly n: number;
  /** Custodians that suffice to open a value. */
  readonly k: number;
  readonly #byChannel = new Map<string, Role>();

  private constructor(readonly roster: Roster) {
    this.digest = rosterDigest(roster);
    this.n = roster.custodians.length;
    this.k = roster.threshold;
    for (const role of rolesOf(roster)) this.#byChannel.set(hexOf(role.card.channelId), role);
  }

  /**
   * @throws RuleError ROSTER_INVALID, THRESHOLD_TOO_LOW, THRESHOLD_TOO_HIGH, CUSTODIANS_TOO_MANY, ROSTER_UNSIGNED
   */
  static of({content, signatures}: Pick<SignedRoster, "content" | "signatures">, verify: VerifySignature): Members {
    checkRoster(content);
    const bytes = roster.encode(content);
    for (const [place, {card}] of content.custodians.entries()) {
      const signed = signatures.some((each) => each.place === place && verify(card.signingKey, bytes, each.signature));
      if (!signed)
        throw new RuleError("ROSTER_UNSIGNED", `custodian ${card.name} has not signed the roster`, {
          hint: "each custodian signs with: qsdm quorum roster sign FILE --key KEY",
          details: {custodian: card.name},
        });
    }
    return new Members(content);
  }

  /** Who proves this id in a session. */
  byChannel(channelId: string): Role | null {
    return this.#byChannel.get(channelId) ?? null;
  }

  custodian(place: number): RosterService | null {
    return this.roster.custodians[place] ?? null;
  }

  /** Custodians at `places`, without those that are not there. */
  servicesAt(places: readonly number[]): readonly RosterService[] {
    return places.flatMap((place) => this.custodian(place) ?? []);
  }

  client(name: string): RosterClient | null {
    return this.roster.clients.find(({card}) => card.name === name) ?? null;
  }

  /** The role of a signing key. */
  bySigningKey(publicKey: Uint8Array): Role | null {
    return rolesOf(this.roster).find(({card}) => equalBytes(card.signingKey, publicKey)) ?? null;
  }

  /** For messages: names of the custodians at `places`. */
  namesOf(places: readonly number[]): string[] {
    return places.map((place) => this.custodian(place)?.card.name ?? `custodian ${place}`);
  }
}

const rolesOf = ({custodians, coordinators, clients}: Roster): Role[] => [
  ...custodians.map((each, place): Role => ({kind: "custodian", place, ...each})),
  ...coordinators.map((each, place): Role => ({kind: "coordinator", place, ...each})),
  ...clients.map((each): Role => ({kind: "client", ...each})),
];

/** @throws RuleError ROSTER_INVALID, THRESHOLD_TOO_LOW, THRESHOLD_TOO_HIGH, CUSTODIANS_TOO_MANY */
export function checkRoster(content: Roster): void {
  const {custodians, threshold: k, approvalOrganisations: needed} = content;
  checkShape({n: custodians.length, k});
  const there = organisationsOf(custodians).size;
  if (needed < 1 || needed > Math.max(1, there))
    throw new RuleError(
      "ROSTER_INVALID",
      `approvals of ${needed} organisations are wanted, custodians are of ${there}`,
      {
        hint: "say who runs each custodian, and ask for no more organisations than there are",
      },
    );
  if (content.attestation) checkPolicy(content.attestation);
  const roles = rolesOf(content);
  const different = (what: string, of: (card: Card) => string): void => {
    if (new Set(roles.map(({card}) => of(card))).size < roles.length)
      throw new RuleError("ROSTER_INVALID", `two parties of the roster have one ${what}`);
  };
  different("name", ({name}) => name);
  different("signing key", ({signingKey}) => hexOf(signingKey));
  different("channel key", ({channelId}) => hexOf(channelId));
}
