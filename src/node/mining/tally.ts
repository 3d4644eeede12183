/** Figures of a miner: what it did, how fast, and on which devices, in this run and, added up, in all before. */
import type {DeviceState} from "./fleet.js";
import {Hashrate} from "./hashrate.js";
import type {MinerEvent} from "./ports.js";

/** Sums that outlive a run. */
export interface Totals {
  readonly attempts: number;
  readonly acceptedProofs: number;
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly uptimeSeconds: number;
}
export const NO_TOTALS: Totals = {attempts: 0, acceptedProofs: 0, rejectedByReason: {}, uptimeSeconds: 0};

export interface DeviceStats extends DeviceState {
  readonly hashrate10sHps: number;
}

export interface MinerStats {
  /** Node that work comes from; null before the first work, like what the work says. */
  readonly source: string | null;
  readonly height: bigint | null;
  readonly epoch: bigint | null;
  readonly difficulty: bigint | null;
  readonly hashrate10sHps: number;
  readonly hashrate60sHps: number;
  readonly hashrate15mHps: number;
  readonly attempts: number;
  readonly acceptedProofs: number;
  readonly rejectedProofs: number;
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly uptimeSeconds: number;
  readonly threads: number;
  readonly devices: readonly DeviceStats[];
  /** This run and those before it. */
  readonly totals: Totals;
}

/** What is counted; every other event passes by. */
type Noted = MinerEvent | {readonly type: "enrollment" | "paused" | "resumed"};

export interface TallyPorts {
  devices(): readonly DeviceState[];
  /** Monotonic. */
  nowMs(): number;
  /** What runs before this one came to. */
  readonly before: Totals;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

export class Tally {
  readonly #rate = new Hashrate();
  readonly #deviceRates = new Map<string, Hashrate>();
  readonly #startedAtMs: number;
  readonly #rejected = new Map<string, number>();
  #accepted = 0;
  #work: {readonly height: bigint; readonly epoch: bigint; readonly difficulty: bigint} | null = null;
  #source: string | null = null;

  constructor(private readonly ports: TallyPorts) {
    this.#startedAtMs = ports.nowMs();
    this.sample();
  }

  /** Takes down what the miner tells. */
  note(event: Noted): void {
    if (event.type === "work") this.#work = event;
    else if (event.type === "source" && event.state === "used") this.#source = event.source;
    else if (event.type === "accepted") this.#accepted++;
    else if (event.type === "rejected") this.#rejected.set(event.reason, (this.#rejected.get(event.reason) ?? 0) + 1);
  }

  /** Takes a sample of the rates; twice a second or so. */
  sample(): void {
    const nowMs = this.ports.nowMs();
    const devices = this.ports.devices();
    this.#rate.sample(nowMs, sum(devices.map(({attempts}) => attempts)));
    for (const {name, attempts} of devices) {
      let rate = this.#deviceRates.get(name);
      if (!rate) {
        rate = new Hashrate();
        this.#deviceRates.set(name, rate);
      }
      rate.sample(nowMs, attempts);
    }
  }

  /** Figures of this moment; the rates as of the last sample. */
  stats(): MinerStats {
    const devices = this.ports.devices();
    const attempts = sum(devices.map((each) => each.attempts));
    const rejectedByReason = Object.fromEntries(this.#rejected);
    const uptimeSeconds = (this.ports.nowMs() - this.#startedAtMs) / 1_000;
    const {height = null, epoch = null, difficulty = null} = this.#work ?? {};
    return {
      source: this.#source,
      height,
      epoch,
      difficulty,
      hashrate10sHps: this.#rate.over(10_000),
      hashrate60sHps: this.#rate.over(60_000),
      hashrate15mHps: this.#rate.over(900_000),
      attempts,
      acceptedProofs: this.#accepted,
      rejectedProofs: sum(Object.values(rejectedByReason)),
      rejectedByReason,
      uptimeSeconds,
      threads: sum(devices.filter(({working}) => working).map(({threads}) => threads)),
      devices: devices.map((each) => ({...each, hashrate10sHps: this.#deviceRates.get(each.name)?.over(10_000) ?? 0})),
      totals: added(this.ports.before, {attempts, acceptedProofs: this.#accepted, rejectedByReason, uptimeSeconds}),
    };
  }
}

function added(before: Totals, now: Totals): Totals {
  const reasons = new Set([...Object.keys(before.rejectedByReason), ...Object.keys(now.rejectedByReason)]);
  const rejectedByReason = Object.fromEntries(
    [...reasons].map((reason) => [
      reason,
      (before.rejectedByReason[reason] ?? 0) + (now.rejectedByReason[reason] ?? 0),
    ]),
  );
  return {
    attempts: before.attempts + now.attempts,
    acceptedProofs: before.acceptedProofs + now.acceptedProofs,
    rejectedByReason,
    uptimeSeconds: before.uptimeSeconds + now.uptimeSeconds,
  };
}
