/**
 * The supply equation, added up from blocks with none of the node's rules: what was allocated, mined and burned on one side,
 * balances and everything locked on the other. Whether a call was applied, and what a slash took, receipts say.
 */

import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {decodeContent} from "../../src/codecs/chain/multisig.js";
import {
  BATCH_TRANSFER_CONTRACT,
  batchTransfer,
  ENROLL_V3_CONTRACT,
  TRANSFER_CONTRACT,
  transfer,
  UNENROLL_V3_CONTRACT,
} from "../../src/codecs/chain/payloads.js";
import {QUORUM_ANCHOR_CONTRACT} from "../../src/codecs/chain/quorum-anchor.js";
import type {Receipt} from "../../src/codecs/chain/receipt.js";
import {STREAM_CONTRACT} from "../../src/codecs/chain/stream.js";
import {VALIDATOR_ATTEST_CONTRACT} from "../../src/codecs/chain/validator-attestation.js";
import {VESTING_CLAIM_CONTRACT} from "../../src/codecs/chain/vesting.js";
import {EQUIVOCATION_CONTRACT, equivocation, isEquivocation} from "../../src/codecs/consensus/equivocation.js";
import {decodeChange} from "../../src/codecs/governance/change.js";
import {FEE_BURN_BPS} from "../../src/codecs/governance/parameters.js";
import {GOVERNANCE_CONTRACT, SUBMESH_RETIRE} from "../../src/codecs/governance/payloads.js";
import {SLASH_CONTRACT} from "../../src/codecs/slashing/payload.js";
import {GovernanceBook} from "../../test/sim/books/governance-book.js";
import {type Called, type Fault, Purse} from "../../test/sim/books/purse.js";
import {QuorumStakeBook} from "../../test/sim/books/quorum-stake-book.js";
import {StakeBook} from "../../test/sim/books/stake-book.js";
import type {AuditedBlock} from "./blocks.js";
import {Bonds} from "./bonds.js";
import {Streams, Vestings} from "./escrow.js";
import {AuditFault, fault} from "./fault.js";
import {Issuance, type Standing} from "./issuance.js";

const CAP_DUST = 10_000_000_000_000_000n;
/** Of it, what is issued after genesis. */
const MINING_CAP_DUST = 9_000_000_000_000_000n;
/** Mined in the first halving epoch of four Julian years, half of it in the next. */
const FIRST_EPOCH_DUST = 4_500_000_000_000_000n;
const EPOCH_SECONDS = 126_230_400n;
const GAS_PER_BASE_FEE = 600_000n;

/** Names and meanings of `qsdm supply`. */
export interface Totals {
  readonly capDust: bigint;
  readonly genesisDust: bigint;
  readonly minedDust: bigint;
  readonly burnedDust: bigint;
  readonly balancesDust: bigint;
  readonly bondsDust: bigint;
  readonly unissuedDust: bigint;
}

export class SupplyAudit {
  readonly #purse = new Purse();
  readonly #stakes: StakeBook;
  readonly #governance: GovernanceBook;
  readonly #bonds: Bonds;
  readonly #vestings: Vestings;
  readonly #streams: Streams;
  readonly #clients: QuorumStakeBook;
  /** Where stake is paid, and mining is not. */
  readonly #issuance: Issuance | null;
  readonly #genesisDust: bigint;

  /** @throws AuditFault for a chain whose money it does not know */
  constructor(private readonly genesis: Genesis) {
    const {params, allocations} = genesis;
    if (params.rules !== "strict") throw new AuditFault("only chains of strict rules are audited");
    for (const {to, amountDust} of allocations) this.#purse.move(to, amountDust);
    const wrong: Fault = (_checker, what) => {
      throw new AuditFault(what);
    };
    this.#stakes = new StakeBook(genesis, {purse: this.#purse, isCheat: () => true, fault: wrong});
    this.#governance = new GovernanceBook(genesis, wrong);
    this.#bonds = new Bonds(genesis, this.#purse);
    this.#vestings = new Vestings(genesis, this.#purse);
    this.#streams = new Streams(this.#purse);
    this.#clients = new QuorumStakeBook(genesis, {purse: this.#purse, fault: wrong});
    this.#issuance =
      params.monetary?.mode === "active" ? new Issuance(params.monetary, params.blockTimeSeconds, this.#purse) : null;
    this.#genesisDust = this.#purse.dust + this.#stakes.dust + this.#vestings.dust;
  }

  /** @throws AuditFault */
  enter({block, receipts}: AuditedBlock): void {
    const {header, transactions} = block;
    const {height, baseFeeDust} = header;
    if (receipts.length !== transactions.length) fault(height, "it has not one receipt for each transaction");
    this.#mine(block);
    let [feesDust, gas] = [0n, 0n];
    for (const [i, bytes] of transactions.entries()) {
      const receipt = receipts[i]!;
      feesDust += receipt.feeDust;
      gas += receipt.gasUsed;
      this.#transaction(bytes, receipt, {height, baseFeeDust});
    }
    if (gas !== header.gasUsed) fault(height, `its receipts use ${gas} gas, its header ${header.gasUsed}`);
    const proposerDust = (feesDust * (10_000n - this.#governance.value(FEE_BURN_BPS))) / 10_000n;
    this.#purse.move(header.proposer, proposerDust);
    this.#purse.burnedDust += feesDust - proposerDust;
    this.#issuance?.enter(height, feesDust, () => this.#standing());
    this.#bonds.settle(height);
    // Without a stake behind votes, those of genesis vote for ever and nothing returns.
    if (this.genesis.params.validatorStakeDust > 0n) this.#stakes.settle(height);
    this.#clients.settle(height);
    this.#governance.settle(height);
    this.#check(height);
  }

  get totals(): Totals {
    const {minedDust, burnedDust, dust: balancesDust} = this.#purse;
    const locked = [this.#bonds, this.#stakes, this.#vestings, this.#streams, this.#clients];
    const bondsDust = locked.reduce((sum, {dust}) => sum + dust, 0n);
    const unissuedDust = CAP_DUST - this.#genesisDust - minedDust;
    return {
      ...{capDust: CAP_DUST, genesisDust: this.#genesisDust, minedDust, burnedDust},
      ...{balancesDust, bondsDust, unissuedDust},
    };
  }

  #standing(): Standing {
    const {genesisDust, minedDust, burnedDust} = this.totals;
    return {
      stakers: this.#stakes.staying(),
      circulatingDust: genesisDust + minedDust - burnedDust,
      leftDust: MINING_CAP_DUST - minedDust,
    };
  }

  #check(height: bigint): void {
    const overdrawn = this.#purse.overdrawn();
    if (overdrawn !== null) fault(height, `${overdrawn} has spent more than it had`);
    const {genesisDust, minedDust, burnedDust, balancesDust, bondsDust} = this.totals;
    if (genesisDust + minedDust - burnedDust !== balancesDust + bondsDust)
      fault(height, `${genesisDust} + ${minedDust} - ${burnedDust} dust are not ${balancesDust} + ${bondsDust}`);
  }

  /** The miners' shares: no more than the schedule has for the block, and nothing without a proof or where stake is paid. */
  #mine({header: {height}, proofs, coinbase}: AuditedBlock["block"]): void {
    const blockSeconds = BigInt(this.genesis.params.blockTimeSeconds);
    const epoch = (height - 1n) / (EPOCH_SECONDS / blockSeconds);
    const mostDust =
      proofs.length === 0 || this.#issuance ? 0n : ((FIRST_EPOCH_DUST >> epoch) * blockSeconds) / EPOCH_SECONDS;
    let sumDust = 0n;
    for (const {to, amountDust} of coinbase) {
      this.#purse.move(to, amountDust);
      this.#bonds.fill(to, amountDust);
      sumDust += amountDust;
    }
    this.#purse.minedDust += sumDust;
    if (sumDust > mostDust) fault(height, `it mines ${sumDust} dust, at most ${mostDust}`);
  }

  #transaction(
    bytes: Uint8Array,
    {outcome, gasUsed, feeDust, slash, ...receipt}: Receipt,
    {height, baseFeeDust}: {readonly height: bigint; readonly baseFeeDust: bigint},
  ): void {
    if (isEquivocation(bytes)) {
      if (outcome !== "applied" || feeDust !== 0n) fault(height, "evidence is refused or pays");
      return this.#stakes.equivocated(equivocation.decode(bytes), height);
    }
    const {sender, contract, payload, tipDust, maxFeeDust} = decodeContent(bytes);
    if (sender !== receipt.sender || contract !== receipt.contract)
      fault(height, "a receipt is of another transaction");
    const gas = gasUsed > GAS_PER_BASE_FEE ? gasUsed : GAS_PER_BASE_FEE;
    const offerDust = (baseFeeDust * gas + GAS_PER_BASE_FEE - 1n) / GAS_PER_BASE_FEE + tipDust;
    const dueDust = offerDust < maxFeeDust ? offerDust : maxFeeDust;
    if (feeDust !== dueDust) fault(height, `${sender} pays a fee of ${feeDust} dust, due are ${dueDust}`);
    this.#purse.move(sender, -feeDust);
    if (outcome === "applied") this.#apply({sender, contract, payload, height, applied: true}, slash);
  }

  #apply(call: Called, slash: Receipt["slash"]): void {
    const {contract, payload, sender, height} = call;
    switch (contract) {
      case TRANSFER_CONTRACT:
        return this.#pay(sender, [transfer.decode(payload)]);
      case BATCH_TRANSFER_CONTRACT:
        return this.#pay(sender, batchTransfer.decode(payload).payments);
      case ENROLL_V3_CONTRACT:
        return this.#bonds.enroll(call);
      case UNENROLL_V3_CONTRACT:
        return this.#bonds.unenroll(call);
      case SLASH_CONTRACT:
        return this.#bonds.slash(call, slash ?? fault(height, "a slash has no outcome"));
      case EQUIVOCATION_CONTRACT:
        return this.#stakes.equivocated(equivocation.decode(payload), height);
      case VESTING_CLAIM_CONTRACT:
        return this.#vestings.claim(call);
      case STREAM_CONTRACT:
        return this.#streams.act(call);
      case VALIDATOR_ATTEST_CONTRACT:
      case QUORUM_ANCHOR_CONTRACT:
        return;
      case GOVERNANCE_CONTRACT:
        if (decodeChange(payload).change.kind !== SUBMESH_RETIRE) this.#governance.called(call);
        return;
      default:
        if (!this.#stakes.called(call) && !this.#clients.called(call))
          fault(height, `nothing is known of contract ${contract}`);
    }
  }

  #pay(sender: string, payments: readonly {readonly to: string; readonly amountDust: bigint}[]): void {
    for (const {to, amountDust} of payments) {
      this.#purse.move(sender, -amountDust);
      this.#purse.move(to, amountDust);
    }
  }
}
