/** Evidence that a client or an owner asks of custodians, by way of a coordinator that it does not trust. */
import type {RuleError} from "../../../errors.js";
import {type Attested, checkAttestation, type SignedAttestation} from "../../quorum/attestation/check.js";
import {allOf, unattested, withoutPolicy} from "../../quorum/attestation/refusals.js";
import type {Members} from "../../quorum/strict/members.js";
import type {Party} from "../party.js";

const NONCE_BYTES = 32;

export interface EvidencePorts {
  readonly members: Members;
  readonly party: Party;
  /** What custodians show for a nonce, by place. */
  ask(nonce: Uint8Array): Promise<readonly (SignedAttestation | null)[]>;
}

/** What a custodian showed, or why that is not enough. */
export type Shown = {readonly attested: Attested} | {readonly refusal: RuleError};

export class CustodianEvidence {
  #count = 0;
  #untilMs = 0;

  constructor(private readonly ports: EvidencePorts) {}

  /**
   * Goes on once `least` custodians showed what the roster demands, now or not longer ago than it says.
   * @throws RuleError ATTESTATION_REQUIRED, ATTESTATION_REJECTED, which name the others; and as `ask`
   */
  async demand(least: number): Promise<void> {
    const {members, party} = this.ports;
    const {attestation} = members.roster;
    const nowMs = party.suite.nowMs();
    if (!attestation || (this.#count >= least && nowMs < this.#untilMs)) return;
    const shown = await this.look();
    const refusals = shown.flatMap((each) => ("refusal" in each ? [each.refusal] : []));
    this.#count = members.n - refusals.length;
    this.#untilMs = nowMs + attestation.maxAgeS * 1_000;
    if (this.#count < least) throw allOf(refusals);
  }

  /** Asks each custodian anew. @throws RuleError ROSTER_WITHOUT_ATTESTATION; and as `ask` */
  async look(): Promise<readonly Shown[]> {
    const {members, party, ask} = this.ports;
    if (!members.roster.attestation) throw withoutPolicy();
    const nonce = party.suite.randomBytes(NONCE_BYTES);
    const answers = await ask(nonce);
    const {verify} = party;
    return Array.from({length: members.n}, (_, place): Shown => {
      const signed = answers[place];
      if (!signed) return {refusal: unattested(members, place, "the coordinator brought none")};
      try {
        const asked = {members, place, nonce, session: null, nowMs: party.suite.nowMs(), verify};
        return {attested: checkAttestation(signed, asked)};
      } catch (error) {
        if ((error as RuleError).code !== "ATTESTATION_REJECTED") throw error;
        return {refusal: error as RuleError};
      }
    });
  }
}
