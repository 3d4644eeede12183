/** The `qsdm_slash_*` family (spec/qsdm-node.md 8.2). */
import type {Registry} from "prom-client";
import type {LedgerEvent} from "../ledger/chain/events.js";
import {ExactCounter} from "./exact-counter.js";

const KINDS = ["double-mining", "forged-attestation", "freshness-cheat", "double-vote", "double-proposal"];

/** A subscriber that counts slashes. */
export function slashMetrics(registry: Registry): (event: LedgerEvent) => void {
  const counter = (name: string, help: string, labels: {label?: string; values?: readonly string[]} = {}) =>
    new ExactCounter(registry, {name: `qsdm_slash_${name}_total`, help, ...labels});
  const byKind = {label: "kind", values: KINDS};
  const applied = counter("applied", "Slashes applied, by kind of evidence.", byKind);
  const drained = counter("drained_dust", "Stake taken by slashes in dust, by kind of evidence.", byKind);
  const rewarded = counter("rewarded_dust", "Taken stake paid to reporters, in dust.");
  const burned = counter("burned_dust", "Taken stake burned, in dust.");
  const rejected = counter("rejected", "Slashes that a block included and refused, by reason.", {label: "reason"});
  const revoked = counter("auto_revoked", "Enrollments revoked by a slash, by reason.", {
    label: "reason",
    values: ["fully_drained", "under_bonded"],
  });

  return (event) => {
    if (event.type === "slash-rejected") rejected.add(1n, event.reason);
    if (event.type !== "slash-applied") return;
    const {evidenceKind, slashedDust, rewardedDust, burnedDust, autoRevoked, remainingDust} = event.outcome;
    applied.add(1n, evidenceKind);
    drained.add(slashedDust, evidenceKind);
    rewarded.add(rewardedDust);
    burned.add(burnedDust);
    if (autoRevoked) revoked.add(1n, remainingDust === 0n ? "fully_drained" : "under_bonded");
  };
}
