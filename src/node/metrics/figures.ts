/** Metrics that are read where they are kept, at each scrape. */
import {Counter, Gauge, type Registry} from "prom-client";

export interface Figure {
  readonly name: string;
  readonly help: string;
  read(): number;
}

export function readGauge(registry: Registry, {name, help, read}: Figure): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** @param figure reads a total that never falls */
export function readCounter(registry: Registry, {name, help, read}: Figure): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
