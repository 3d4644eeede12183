/** The `qsdm_gov_*` family (spec/qsdm-node.md 8.2). */
import {Gauge, type Registry} from "prom-client";
import {CHAIN_PARAMETERS} from "../../codecs/governance/parameters.js";
import {PARAM_SET, SUBMESH_RETIRE} from "../../codecs/governance/payloads.js";
import type {GovernanceView} from "../api/ports.js";
import type {LedgerEvent} from "../ledger/chain/events.js";
import {ExactCounter} from "./exact-counter.js";

const BY_PARAM = {label: "param", values: CHAIN_PARAMETERS.map(({name}) => name)};
const BY_OP = {label: "op", values: ["add", "remove"]};

/** A subscriber that counts votes and what becomes of them. */
export function governanceMetrics(registry: Registry): (event: LedgerEvent) => void {
  const counter = (name: string, help: string, labels: {label?: string; values?: readonly string[]} = {}) =>
    new ExactCounter(registry, {name: `qsdm_gov_${name}_total`, help, ...labels});
  const params = {
    voted: counter("param_voted", "Votes for a change of a parameter.", BY_PARAM),
    staged: counter("param_staged", "Changes of a parameter that got their votes.", BY_PARAM),
    activated: counter("param_activated", "Changes of a parameter that happened.", BY_PARAM),
    abandoned: counter("param_abandoned", "Proposals of a parameter that came to nothing.", BY_PARAM),
  };
  const authorities = {
    voted: counter("authority_voted", "Votes for an authority to come or go.", BY_OP),
    staged: counter("authority_crossed", "Changes of the authorities that got their votes.", BY_OP),
    activated: counter("authority_activated", "Changes of the authorities that happened.", BY_OP),
    abandoned: counter("authority_abandoned", "Proposals about an authority that came to nothing.", BY_OP),
  };
  const submeshes = {
    voted: counter("submesh_voted", "Votes for a submesh to go."),
    staged: counter("submesh_staged", "Submeshes that more than half of all weight wants to go."),
    activated: counter("submesh_retired", "Submeshes that went."),
    abandoned: counter("submesh_abandoned", "Proposals about a submesh that came to nothing."),
  };
  const rejected = counter("rejected", "Votes that a block included and refused, by reason.", {label: "reason"});

  return (event) => {
    if (event.type === "governance-rejected") rejected.add(1n, event.reason);
    if (event.type !== "governance-step") return;
    const {change} = event;
    const step = event.step === "superseded" ? "staged" : event.step;
    if (change.kind === PARAM_SET) params[step].add(1n, change.param);
    else if (change.kind === SUBMESH_RETIRE) submeshes[step].add(1n);
    else authorities[step].add(1n, change.op);
  };
}

/** Sets the gauges of what holds now. */
export function governanceGauges(registry: Registry): (view: GovernanceView) => void {
  const registers = [registry];
  const value = new Gauge({
    name: "qsdm_gov_param_value",
    help: "Value of a governed parameter.",
    labelNames: ["param"],
    registers,
  });
  const count = new Gauge({name: "qsdm_gov_authority_count", help: "Who may vote on parameters.", registers});
  const open = new Gauge({
    name: "qsdm_gov_open_proposals",
    help: "Proposals that wait for votes or for their height.",
    registers,
  });
  return ({active, authorities, proposals}) => {
    for (const [param, now] of active) value.set({param}, Number(now));
    count.set(authorities.length);
    open.set(proposals.length);
  };
}
