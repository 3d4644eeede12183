/** The `qsdm_enrollment_*` and `qsdm_unenrollment_*` families (spec/qsdm-node.md 8.2). */
import {Gauge, type Registry} from "prom-client";
import type {EnrollmentStats} from "../api/ports.js";
import type {LedgerEvent} from "../ledger/chain/events.js";
import {ExactCounter} from "./exact-counter.js";

/** A subscriber that counts enrollments. */
export function enrollmentMetrics(registry: Registry): (event: LedgerEvent) => void {
  const counter = (name: string, help: string, label?: string) =>
    new ExactCounter(registry, {name: `qsdm_${name}_total`, help, ...(label === undefined ? {} : {label})});
  const applied = counter("enrollment_applied", "Enrollments applied.");
  const rejected = counter(
    "enrollment_rejected",
    "Enrollments that a block included and refused, by reason.",
    "reason",
  );
  const unenrolled = counter("unenrollment_applied", "Unenrollments applied.");
  const kept = counter(
    "unenrollment_rejected",
    "Unenrollments that a block included and refused, by reason.",
    "reason",
  );
  const swept = counter("enrollment_unbond_swept", "Bonds returned at the end of their unbond window.");

  return (event) => {
    if (event.type === "enrollment-applied") applied.add(1n);
    else if (event.type === "enrollment-rejected") rejected.add(1n, event.reason);
    else if (event.type === "unenrollment-applied") unenrolled.add(1n);
    else if (event.type === "unenrollment-rejected") kept.add(1n, event.reason);
    else if (event.type === "bond-swept") swept.add(1n);
  };
}

/** Sets the registry's gauges from one snapshot. */
export function enrollmentGauges(registry: Registry): (stats: EnrollmentStats) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({name: `qsdm_enrollment_${name}`, help, registers: [registry]});
  const active = gauge("active_count", "Active enrollments.");
  const bonded = gauge("bonded_dust", "Stake of active enrollments, in dust.");
  const pending = gauge("pending_unbond_count", "Revoked enrollments whose bond is not yet returned.");
  const pendingDust = gauge("pending_unbond_dust", "Stake that waits for the end of its unbond window, in dust.");
  return (stats) => {
    active.set(stats.activeCount);
    bonded.set(Number(stats.bondedDust));
    pending.set(stats.pendingUnbondCount);
    pendingDust.set(Number(stats.pendingUnbondDust));
  };
}
