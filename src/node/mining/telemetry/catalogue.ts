/**
 * What GPUs are known to look like, by name: a built-in baseline, and profiles of people who have measured theirs.
 * Source: QSDM mining protocol, section 22.1.
 */
import {UsageError} from "../../../errors.js";

export interface Observation {
  readonly name: string;
  readonly architecture: string;
  /** Such as `8.9`; empty where it is not known. */
  readonly computeCap: string;
  readonly memoryMb: number;
}

/** What somebody has measured. */
export interface TelemetryProfile {
  readonly signerId: string;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  readonly gpus: readonly Pick<Observation, "name" | "computeCap">[];
}

export const BASELINE_SOURCE = "baseline";

type Row = readonly [model: string, memoryMb: number];
const GEFORCE_30: readonly Row[] = [
  ["3050", 8_192],
  ["3060", 12_288],
  ["3060 Ti", 8_192],
  ["3070", 8_192],
  ["3070 Ti", 8_192],
  ["3080", 10_240],
  ["3080 Ti", 12_288],
  ["3090", 24_576],
  ["3090 Ti", 24_576],
];
const GEFORCE_40: readonly Row[] = [
  ["4060", 8_192],
  ["4060 Ti", 16_384],
  ["4070", 12_288],
  ["4070 Ti", 12_288],
  ["4070 Ti SUPER", 16_384],
  ["4080", 16_384],
  ["4080 SUPER", 16_384],
  ["4090", 24_576],
];
const A100: readonly Row[] = [
  ["A100 40GB PCIe", 40_960],
  ["A100 80GB PCIe", 81_920],
  ["A100-SXM4-80GB", 81_920],
];
const H100: readonly Row[] = [
  ["H100 80GB HBM3", 81_920],
  ["H100 PCIe", 81_920],
  ["H100", 81_920],
];

type Family = Pick<Observation, "architecture" | "computeCap"> & {readonly prefix: string};
const family = ({prefix, ...rest}: Family, rows: readonly Row[]): Observation[] =>
  rows.map(([model, memoryMb]) => ({name: `${prefix}${model}`, memoryMb, ...rest}));

/** What is known without asking anybody. */
export const BASELINE: readonly Observation[] = [
  ...family({prefix: "NVIDIA GeForce RTX ", architecture: "ampere", computeCap: "8.6"}, GEFORCE_30),
  ...family({prefix: "NVIDIA GeForce RTX ", architecture: "ada-lovelace", computeCap: "8.9"}, GEFORCE_40),
  ...family({prefix: "NVIDIA ", architecture: "ampere", computeCap: "8.0"}, A100),
  ...family({prefix: "NVIDIA ", architecture: "hopper", computeCap: "9.0"}, H100),
];

interface Entry {
  readonly source: string;
  readonly name: string;
  readonly computeCap: string;
}

const keyOf = (name: string): string => name.trim().toLowerCase();

export class Catalogue {
  #entries: Entry[] = [];
  readonly #issuedAt = new Map<string, bigint>();

  constructor(baseline: readonly Observation[] = BASELINE) {
    this.#entries = baseline.map(({name, computeCap}) => ({source: BASELINE_SOURCE, name: keyOf(name), computeCap}));
  }

  /**
   * Puts a profile in the place of its signer's earlier one; an older one is ignored.
   * @throws UsageError TELEMETRY_PROFILE_INVALID
   */
  apply({signerId, issuedAt, gpus}: TelemetryProfile): void {
    if (signerId === "")
      throw new UsageError("TELEMETRY_PROFILE_INVALID", "telemetrycheck: Apply: profile has empty signer_id");
    if (issuedAt < (this.#issuedAt.get(signerId) ?? issuedAt)) return;
    this.#issuedAt.set(signerId, issuedAt);
    const named = gpus.filter(({name}) => keyOf(name) !== "");
    this.#entries = [
      ...this.#entries.filter(({source}) => source !== signerId),
      ...named.map(({name, computeCap}) => ({source: signerId, name: keyOf(name), computeCap})),
    ];
  }

  /** Entries of all sources. */
  get size(): number {
    return this.#entries.length;
  }

  /** What is known of GPUs of that name. */
  find(name: string): readonly Entry[] {
    const key = keyOf(name);
    return this.#entries.filter((entry) => entry.name === key);
  }
}
