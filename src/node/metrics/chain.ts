/** Blocks, transactions and the books. */
import {Gauge, type Registry} from "prom-client";
import {PHASES} from "../../codecs/chain/monetary.js";
import type {LedgerView, SupplyView} from "../api/ports.js";
import type {BlockCommitted} from "../ledger/chain/events.js";
import {ExactCounter} from "./exact-counter.js";

/** A subscriber that counts what blocks hold. */
export function blockMetrics(registry: Registry): (committed: BlockCommitted) => void {
  const counter = (name: string, help: string) => new ExactCounter(registry, {name: `qsdm_${name}_total`, help});
  const blocks = counter("blocks_committed", "Blocks committed since the node started.");
  const processed = counter("transactions_processed", "Transactions that blocks included.");
  const valid = counter("transactions_valid", "Included transactions that were applied.");
  const invalid = counter("transactions_invalid", "Included transactions that were refused and paid their fee.");
  const proofs = counter("proofs_rewarded", "Mining proofs that blocks included.");
  return ({receipts, proofCount}) => {
    const applied = receipts.filter(({outcome}) => outcome === "applied").length;
    blocks.add(1n);
    processed.add(BigInt(receipts.length));
    valid.add(BigInt(applied));
    invalid.add(BigInt(receipts.length - applied));
    proofs.add(BigInt(proofCount));
  };
}

const PLACES = {
  genesis: "genesisDust",
  mined: "minedDust",
  burned: "burnedDust",
  balances: "balancesDust",
  bonds: "bondsDust",
  unissued: "unissuedDust",
} as const satisfies Readonly<Record<string, keyof SupplyView>>;

/** Sets the chain's gauges from one view. */
export function chainGauges(registry: Registry): (view: LedgerView) => void {
  const registers = [registry];
  const height = new Gauge({name: "qsdm_chain_height", help: "Height of the tip.", registers});
  const time = new Gauge({
    name: "qsdm_chain_tip_timestamp_seconds",
    help: "Time of the tip, in seconds since 1970.",
    registers,
  });
  const supply = new Gauge({
    name: "qsdm_supply_dust",
    help: "Terms of the supply equation: genesis + mined - burned = balances + bonds.",
    labelNames: ["term"],
    registers,
  });
  const baseFee = new Gauge({
    name: "qsdm_base_fee_dust",
    help: "Base fee of the next block, for 600,000 gas.",
    registers,
  });
  const difficulty = new Gauge({
    name: "qsdm_mining_difficulty",
    help: "Attempts that a proof on the tip takes on average.",
    registers,
  });
  const hashrate = new Gauge({
    name: "qsdm_mining_network_hashrate_hps",
    help: "Attempts per second behind the proofs of the last two retarget intervals, at least; 0 where none are counted.",
    registers,
  });
  const epoch = new Gauge({name: "qsdm_consensus_epoch", help: "Epoch of the block that comes next.", registers});
  const stakes = new Gauge({
    name: "qsdm_validators",
    help: "Who votes now, and who has stake, by where each stands.",
    labelNames: ["phase"],
    registers,
  });
  const monetary = monetaryGauges(registry);
  return (view) => {
    monetary(view);
    epoch.set(Number(view.epoch().number));
    stakes.set({phase: "voting"}, view.validators().length);
    const phases = view.stakes().map((each) => each.phase);
    for (const phase of ["active", "jailed", "leaving"] as const)
      stakes.set({phase}, phases.filter((each) => each === phase).length);
    height.set(Number(view.head.height));
    time.set(Number(view.head.timeMs) / 1_000);
    baseFee.set(Number(view.params.fees.baseFeeDust));
    difficulty.set(Number(view.difficulty()));
    hashrate.set(Number(view.hashrateHps() ?? 0n));
    const books = view.supply();
    for (const [term, member] of Object.entries(PLACES)) supply.set({term}, Number(books[member]));
  };
}

/** Issuance by stake: nothing where mining alone issues. */
function monetaryGauges(registry: Registry): (view: LedgerView) => void {
  const registers = [registry];
  const rates = new Gauge({
    name: "qsdm_monetary_basis_points",
    help: "Of the last monetary epoch: yearly rate, share of it that fees pay, and share of the money that is staked.",
    labelNames: ["of"],
    registers,
  });
  const issued = new Gauge({
    name: "qsdm_monetary_issued_dust",
    help: "What the last monetary epoch issued, or would have in shadow mode.",
    registers,
  });
  const phase = new Gauge({
    name: "qsdm_monetary_phase",
    help: "1 for the phase that the monetary engine is in.",
    labelNames: ["phase"],
    registers,
  });
  return (view) => {
    const {last} = view.monetary();
    if (!last) return;
    rates.set({of: "rate"}, Number(last.rateBps));
    rates.set({of: "coverage"}, Number(last.coverageBps));
    rates.set({of: "staked"}, Number(last.stakeRatioBps));
    issued.set(Number(last.issuedDust));
    for (const each of PHASES) phase.set({phase: each}, each === last.phase ? 1 : 0);
  };
}
