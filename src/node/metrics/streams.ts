/** Event streams of the API. */
import {Counter, Gauge, type Registry} from "prom-client";

export interface StreamMetrics {
  streaming(open: number): void;
  streamEnded(code: string | null): void;
}

export function streamMetrics(registry: Registry): StreamMetrics {
  const registers = [registry];
  const open = new Gauge({name: "qsdm_event_streams_open", help: "Event streams that readers hold open.", registers});
  const ended = new Counter({
    name: "qsdm_event_streams_ended_total",
    help: "Event streams that ended, by the code that their reader was told; left when the reader went away.",
    labelNames: ["code"],
    registers,
  });
  return {
    streaming: (count) => open.set(count),
    streamEnded: (code) => ended.inc({code: code ?? "left"}),
  };
}
