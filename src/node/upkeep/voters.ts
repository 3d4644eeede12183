/** Who votes in each epoch of a stored chain. */
import type {Certificate} from "../../codecs/chain/block.js";
import type {Genesis} from "../../codecs/chain/genesis.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {checkValidators} from "../consensus/finality/validator-set.js";
import {checkCertificate} from "../consensus/votes/certificate.js";
import {Committee} from "../consensus/votes/committee.js";
import {chainParamsOf} from "../ledger/params/networks.js";
import type {LedgerStore} from "../storage/store.js";

export interface VoterPorts {
  readonly store: Pick<LedgerStore, "epoch" | "header">;
  readonly genesis: Genesis;
  /** ML-DSA-44. */
  readonly verifyVote: VerifySignature;
}

export class Voters {
  #committee: Committee | null = null;

  constructor(private readonly ports: VoterPorts) {}

  /** Holds a certificate to the voters of its epoch. @throws RuleError CERTIFICATE_INVALID, VALIDATOR_SET_INVALID */
  check(certificate: Certificate): void {
    const {verifyVote: verify, genesis} = this.ports;
    checkCertificate(certificate, {chainId: genesis.chainId, committee: this.#of(certificate.epoch), verify});
  }

  /** As the state before the epoch says. */
  #of(epoch: bigint): Committee {
    if (this.#committee?.epoch === epoch) return this.#committee;
    const {store, genesis} = this.ports;
    const row = epoch === 0n ? null : store.epoch(epoch);
    const root = row && store.header(row.originHeight + 1n)?.parentStateRoot;
    const voters = row && root ? checkValidators(row.validatorSet, root) : genesis.validators;
    const {leaderRotation: rotation, quorum} = chainParamsOf(genesis).rules;
    this.#committee = new Committee(epoch, voters, {rotation, quorum});
    return this.#committee;
  }
}
