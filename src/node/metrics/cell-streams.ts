/** The `qsdm_cell_streams_*` family: what CELL streams take in and pay out. */
import {Gauge, type Registry} from "prom-client";
import {STREAM_ACTIONS} from "../../codecs/chain/stream.js";
import type {LedgerView, StreamStats} from "../api/ports.js";
import type {BlockCommitted, LedgerEvent} from "../ledger/chain/events.js";
import {ExactCounter} from "./exact-counter.js";

export interface CellStreamMetrics {
  /** Counts one committed block. */
  observe(committed: Pick<BlockCommitted, "height" | "events">): void;
  /** Sets the gauges. */
  show(view: Pick<LedgerView, "head" | "streamStats">): void;
}

type Step = Extract<LedgerEvent, {readonly type: "stream-stepped"}>;

function after({openCount, escrowDust}: StreamStats, {action, record, toProviderDust, toPayerDust}: Step): StreamStats {
  const begun = action === "open" ? 1 : action === "close" ? -1 : 0;
  const takenDust = action === "open" ? record.budgetDust : 0n;
  return {openCount: openCount + begun, escrowDust: escrowDust + takenDust - toProviderDust - toPayerDust};
}

/**
 * The open streams are counted once and followed from there: a count at each scrape would cost as much as there ever were.
 * They are counted again where blocks came by another way than one by one.
 */
export function cellStreamMetrics(registry: Registry): CellStreamMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new ExactCounter(registry, {name: `qsdm_cell_streams_${name}_total`, help});
  const actions = new ExactCounter(registry, {
    ...{name: "qsdm_cell_streams_actions_total", help: "Actions on CELL streams that were applied, by action."},
    ...{label: "action", values: STREAM_ACTIONS},
  });
  const escrowed = counter("escrowed_dust", "What payers put into CELL streams, in dust.");
  const settled = counter("settled_dust", "What CELL streams paid to providers, in dust.");
  const refunded = counter("refunded_dust", "What CELL streams gave back to payers, in dust.");
  const open = new Gauge({name: "qsdm_cell_streams_open", help: "CELL streams that are not closed.", registers});
  const held = new Gauge({name: "qsdm_cell_streams_escrow_dust", help: "What CELL streams hold, in dust.", registers});

  const count = ({action, record, toProviderDust, toPayerDust}: Step): void => {
    actions.add(1n, action);
    if (action === "open") escrowed.add(record.budgetDust);
    settled.add(toProviderDust);
    refunded.add(toPayerDust);
  };
  let countedAt: bigint | null = null;
  let now: StreamStats = {openCount: 0, escrowDust: 0n};

  return {
    observe({height, events}) {
      const steps = events.filter((event) => event.type === "stream-stepped");
      for (const step of steps) count(step);
      // Any other block is in the next count, or was in the last.
      if (countedAt === null || height !== countedAt + 1n) return;
      countedAt = height;
      for (const step of steps) now = after(now, step);
    },
    show(view) {
      if (countedAt !== view.head.height) {
        countedAt = view.head.height;
        now = view.streamStats();
      }
      open.set(now.openCount);
      held.set(Number(now.escrowDust));
    },
  };
}
