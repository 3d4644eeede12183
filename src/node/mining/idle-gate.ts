/**
 * Keeps a miner off the machine while somebody uses its GPUs. What nvidia-smi does not tell never stops anybody.
 * Source: QSDM mining protocol, section 22.3.
 */
import {IdleMonitor, type IdleOptions, type Utilisation} from "./idle.js";

export interface IdleGatePorts {
  /** Null where nvidia-smi fails. */
  sample(): Promise<Utilisation | null>;
  /** Monotonic. */
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Told when mining has to pause, and when it may go on. */
  changed(mayMine: boolean): void;
}

/** When a miner may mine. */
export interface MiningGate {
  /** Resolves once mining may go on, or when `signal` aborts. Never rejects. */
  open(signal: AbortSignal): Promise<void>;
  /** Aborts when mining has to pause; asked anew for each search. */
  closing(): AbortSignal;
}

export class IdleGate implements MiningGate {
  /** Null before the first look. */
  #mayMine: boolean | null = null;
  #change = new AbortController();

  constructor(
    private readonly options: IdleOptions & {readonly intervalMs: number},
    private readonly ports: IdleGatePorts,
  ) {}

  async open(signal: AbortSignal): Promise<void> {
    while (!this.#mayMine && !signal.aborted)
      await this.ports.sleep(MAX_WAIT_MS, AbortSignal.any([signal, this.#change.signal]));
  }

  closing(): AbortSignal {
    return this.#mayMine ? this.#change.signal : AbortSignal.abort();
  }

  /** Looks every interval, until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const monitor = new IdleMonitor(this.options);
    while (!signal.aborted) {
      const verdict = monitor.judge(await this.ports.sample(), this.ports.nowMs());
      if (!signal.aborted) this.#set(verdict !== "busy");
      await this.ports.sleep(this.options.intervalMs, signal);
    }
  }

  #set(mayMine: boolean): void {
    if (mayMine === this.#mayMine) return;
    this.#mayMine = mayMine;
    const change = this.#change;
    this.#change = new AbortController();
    change.abort();
    this.ports.changed(mayMine);
  }
}

/** Longest sleep of whoever waits for the gate; a change wakes him before. */
const MAX_WAIT_MS = 60_000;

/** A gate that is never closed. */
export const OPEN_GATE: MiningGate = {
  open: async () => undefined,
  closing: () => new AbortController().signal,
};
