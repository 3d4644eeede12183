/** Proofs that were refused for what they claim of their GPU, and the log of them. */
import {Counter, type Registry} from "prom-client";
import type {SuspectClaim} from "../ledger/mining/transparency.js";
import type {Recorded} from "../mining/rejections/rejections.js";

/** Counts one refused claim. */
export type CountRejection = (claim: SuspectClaim, outcome: Recorded) => void;

export function attestationMetrics(registry: Registry): CountRejection {
  const registers = [registry];
  const spoofed = new Counter({
    name: "qsdm_attest_archspoof_rejected_total",
    help: "Proofs refused because architecture, model and certificate do not fit each other.",
    labelNames: ["reason"],
    registers,
  });
  const outOfBand = new Counter({
    name: "qsdm_attest_hashrate_rejected_total",
    help: "Proofs refused because the claimed hash rate is impossible for the architecture.",
    labelNames: ["arch"],
    registers,
  });
  const limited = new Counter({
    name: "qsdm_attest_rejection_per_miner_rate_limited_total",
    help: "Refusals that were left out of the log because their address had made too many.",
    registers,
  });
  const unwritten = new Counter({
    name: "qsdm_attest_rejection_persist_errors_total",
    help: "Refusals that are in the log but could not be written to its file.",
    registers,
  });
  return ({kind, reason, arch}, outcome) => {
    if (kind === "hashrate_out_of_band") outOfBand.inc({arch});
    else spoofed.inc({reason});
    if (outcome === "limited") limited.inc();
    if (outcome === "not-on-disk") unwritten.inc();
  };
}
