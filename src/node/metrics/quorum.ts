/** Services of the strict profile of quorum programs: stock, jobs, rounds, and who was accused. */
import {Counter, Gauge, Registry} from "prom-client";
import {readCounter, readGauge} from "./figures.js";

type ByKind = Readonly<Record<"triple" | "mask", () => number>>;

export interface CustodianFigures {
  /** What is known of the others' machines; null where nobody asks. */
  readonly attestation: {
    standings(): readonly {readonly custodian: number; readonly kind: string | null}[];
    readonly refusals: number;
  } | null;
  /** Numbers that are held and not used. */
  readonly stock: ByKind;
  /** Evaluations that clients have masks for. */
  waiting(): number;
  readonly jobs: {
    readonly done: ReadonlyMap<string, number>;
    readonly failed: ReadonlyMap<string, number>;
    readonly accused: ReadonlyMap<number, number>;
    readonly rounds: number;
    readonly sentBytes: number;
  };
  /** Patterns that were found in queries, by name. */
  readonly patterns: ReadonlyMap<string, number>;
  /** Null where no ledger is asked. */
  readonly stakes: StakeFigures | null;
  nameOf(place: number): string;
}

/** What a custodian asks nodes of the ledger. */
export interface StakeFigures {
  readonly reads: Readonly<Record<"proven" | "unproven", number>>;
  readonly clients: number;
  /** The newest final block that was proved. */
  readonly newest: {readonly height: bigint; readonly timeMs: bigint};
}

export function custodianRegistry({
  stock,
  waiting,
  jobs,
  patterns,
  stakes,
  nameOf,
  attestation,
}: CustodianFigures): Registry {
  const registry = new Registry();
  stockGauge(registry, {name: "qsdm_quorum_stock", help: "Triples and masks that are held and not used.", stock});
  readGauge(registry, {
    name: "qsdm_quorum_evaluations_waiting",
    help: "Evaluations that clients have masks for and have not begun.",
    read: waiting,
  });
  const totals = (name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void => {
    new Counter({
      name: `qsdm_quorum_${name}_total`,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, total] of read()) this.inc({[label]: value}, total);
      },
    });
  };
  totals("jobs", "Jobs that were done.", "kind", () => jobs.done);
  totals("jobs_failed", "Jobs that ended without a result.", "reason", () => jobs.failed);
  totals("accusations", "Jobs that another custodian is held to have ended.", "custodian", () =>
    [...jobs.accused].map(([place, total]) => [nameOf(place), total] as const),
  );
  totals("patterns", "Patterns with earlier ones that queries of clients stood in.", "pattern", () => patterns);
  readCounter(registry, {
    name: "qsdm_quorum_rounds_total",
    help: "Rounds of jobs that were done.",
    read: () => jobs.rounds,
  });
  readCounter(registry, {
    name: "qsdm_quorum_sent_bytes_total",
    help: "Bytes that jobs which were done sent to other custodians, before they were sealed.",
    read: () => jobs.sentBytes,
  });
  if (attestation) attestationFigures(registry, attestation, nameOf);
  if (stakes) stakeFigures(registry, stakes, totals);
  return registry;
}

function attestationFigures(
  registry: Registry,
  attestation: NonNullable<CustodianFigures["attestation"]>,
  nameOf: CustodianFigures["nameOf"],
): void {
  new Gauge({
    name: "qsdm_quorum_attested",
    help: "Whether another custodian's machine is attested, and by what kind; insecure-software protects nothing.",
    labelNames: ["custodian", "kind"],
    registers: [registry],
    collect() {
      this.reset();
      for (const {custodian, kind} of attestation.standings())
        this.set({custodian: nameOf(custodian), kind: kind ?? "none"}, kind === null ? 0 : 1);
    },
  });
  readCounter(registry, {
    name: "qsdm_quorum_attestations_refused_total",
    help: "Times that another custodian gave no evidence of its machine, or evidence that is not accepted.",
    read: () => attestation.refusals,
  });
}

function stakeFigures(
  registry: Registry,
  stakes: StakeFigures,
  totals: (name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>) => void,
): void {
  totals("stake_reads", "Times that the ledger was asked for a client's stake.", "outcome", () =>
    Object.entries(stakes.reads),
  );
  const gauge = (name: string, help: string, read: () => number): void =>
    readGauge(registry, {name: `qsdm_quorum_${name}`, help, read});
  gauge("stake_clients", "Clients whose stake is known.", () => stakes.clients);
  gauge("ledger_height", "Height of the newest final block of the ledger that was proved.", () =>
    Number(stakes.newest.height),
  );
  gauge(
    "ledger_time_seconds",
    "Time of that block, in seconds since 1970.",
    () => Number(stakes.newest.timeMs) / 1_000,
  );
}

export interface CoordinatorFigures {
  /** Numbers that all custodians hold, as far as is known. */
  readonly stock: ByKind;
  readonly lowWater: ByKind;
  connected(): number;
  refills(): number;
  readonly counts: {
    readonly evaluations: number;
    readonly bits: number;
    readonly aborts: number;
    readonly suspected: number;
    readonly blamed: readonly number[];
  };
  nameOf(place: number): string;
}

export function coordinatorRegistry(figures: CoordinatorFigures): Registry {
  const {stock, lowWater, connected, refills, counts, nameOf} = figures;
  const registry = new Registry();
  stockGauge(registry, {
    name: "qsdm_quorum_pool",
    help: "Triples and masks that all custodians hold and that were not handed out.",
    stock,
  });
  stockGauge(registry, {
    name: "qsdm_quorum_pool_low_water",
    help: "Below as many the custodians make more; 0 where they wait until there are none.",
    stock: lowWater,
  });
  readGauge(registry, {
    name: "qsdm_quorum_custodians_connected",
    help: "Custodians that a channel stands to.",
    read: connected,
  });
  const counter = (name: string, help: string, read: () => number): void =>
    readCounter(registry, {name: `qsdm_quorum_${name}_total`, help, read});
  counter("refills", "Times that stock was made in the background.", refills);
  counter("evaluations", "Evaluations that gave a result.", () => counts.evaluations);
  counter("random_bits", "Random bits that evaluations with a result made for comparisons.", () => counts.bits);
  counter("aborts", "Attempts at an evaluation that ended without a result.", () => counts.aborts);
  counter("suspected", "Evaluations refused for patterns of their client's queries.", () => counts.suspected);
  new Counter({
    name: "qsdm_quorum_blamed_total",
    help: "Attempts after which a custodian was left out of the evaluation.",
    labelNames: ["custodian"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [place, total] of counts.blamed.entries()) this.inc({custodian: nameOf(place)}, total);
    },
  });
  return registry;
}

function stockGauge(
  registry: Registry,
  {name, help, stock}: {readonly name: string; readonly help: string; readonly stock: ByKind},
): void {
  new Gauge({
    name,
    help,
    labelNames: ["kind"],
    registers: [registry],
    collect() {
      for (const [kind, read] of Object.entries(stock)) this.set({kind}, read());
    },
  });
}
