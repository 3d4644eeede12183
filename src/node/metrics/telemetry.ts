/** The telemetry check. */
import {Counter, Gauge, type Registry} from "prom-client";
import type {Verdict} from "../mining/telemetry/check.js";

export function telemetryMetrics(registry: Registry): (verdict: Verdict) => void {
  const registers = [registry];
  const verdicts = new Counter({
    name: "qsdm_spec_check_checked_total",
    help: "Accepted proofs that were held against the catalogue of GPUs, by verdict.",
    labelNames: ["verdict"],
    registers,
  });
  const fields = new Counter({
    name: "qsdm_spec_check_mismatch_field_total",
    help: "Claims of accepted proofs that contradict the catalogue.",
    labelNames: ["field"],
    registers,
  });
  const entries = new Gauge({
    name: "qsdm_spec_check_catalog_entries",
    help: "Entries of the catalogue of GPUs at the last check.",
    registers,
  });
  return ({kind, mismatches, catalogueSize}) => {
    verdicts.inc({verdict: kind});
    for (const {field} of mismatches) fields.inc({field});
    entries.set(catalogueSize);
  };
}
