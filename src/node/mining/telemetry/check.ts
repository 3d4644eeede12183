/**
 * Whether what a rig says about its GPU could be true, held against a catalogue. Advice, and nothing more: a proof is
 * never refused for it.
 * Source: QSDM mining protocol, section 22.1.
 */
import type {Catalogue} from "./catalogue.js";

/** What an accepted proof says of its GPU. */
export interface TelemetryClaim {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  /** As the proof says it, alias and all. */
  readonly gpuArch: string;
  readonly computeCap: string;
  readonly driverVer: string;
  readonly cudaVersion: string;
  readonly minerAddr: string;
  readonly height: bigint;
}

export interface Mismatch {
  readonly field: "arch" | "driver_ver_format" | "compute_cap";
  readonly got: string;
  readonly expected: readonly string[];
  readonly severity: "major" | "minor";
}

export interface Verdict {
  readonly kind: "match" | "mismatch" | "unknown_sku" | "skipped";
  readonly mismatches: readonly Mismatch[];
  /** Sources that know the GPU, sorted. */
  readonly matchedReferences: readonly string[];
  /** Entries that the catalogue had. */
  readonly catalogueSize: number;
}

const EXACT: Readonly<Record<string, string>> = {
  "7.0": "volta",
  "7.2": "volta",
  "7.5": "turing",
  "8.0": "ampere",
  "8.6": "ampere",
  "8.7": "ampere",
  "8.9": "ada-lovelace",
};
const BY_MAJOR: Readonly<Record<string, string>> = {
  "5": "maxwell",
  "6": "pascal",
  "9": "hopper",
  "10": "blackwell",
  "12": "blackwell",
};

/** The architecture that has a compute capability, or empty. */
export function architectureOfCapability(computeCap: string): string {
  const text = computeCap.trim();
  const major = /^([0-9]+)\.[0-9]+$/.exec(text)?.[1];
  if (major === undefined) return "";
  if (Object.hasOwn(EXACT, text)) return EXACT[text]!;
  return Object.hasOwn(BY_MAJOR, major) ? BY_MAJOR[major]! : "";
}

/** Whether a driver version has a form that NVIDIA's have: digits in one to four groups. */
export const isDriverVersion = (text: string): boolean => /^[0-9]+(?:\.[0-9]+){0,3}$/.test(text);

const DRIVER_FORMS = ["NN.NN", "NNN.NN", "NN.NN.NN", "NN.NNN.NN"];
const bare = (architecture: string): string => architecture.trim().toLowerCase().replace(/[-_ ]/g, "");

/** Judges one claim. */
export function checkTelemetry(catalogue: Pick<Catalogue, "find" | "size">, claim: TelemetryClaim): Verdict {
  const {gpuName, computeCap, driverVer, gpuUuid} = claim;
  const base = {mismatches: [], matchedReferences: [], catalogueSize: catalogue.size};
  if (catalogue.size === 0 || `${gpuName}${computeCap}${driverVer}${gpuUuid}` === "") return {...base, kind: "skipped"};
  const mismatches = [...architectureMismatch(claim), ...driverMismatch(claim)];
  const known = catalogue.find(gpuName);
  if (known.length === 0) return {...base, kind: "unknown_sku", mismatches};
  const capabilities = [...new Set(known.map((each) => each.computeCap))].filter((each) => each !== "").sort();
  if (computeCap !== "" && !capabilities.includes(computeCap))
    mismatches.push({field: "compute_cap", got: computeCap, expected: capabilities, severity: "major"});
  return {
    ...base,
    kind: mismatches.length === 0 ? "match" : "mismatch",
    mismatches,
    matchedReferences: [...new Set(known.map(({source}) => source))].sort(),
  };
}

function architectureMismatch({gpuArch, computeCap}: TelemetryClaim): Mismatch[] {
  const inferred = architectureOfCapability(computeCap);
  if (gpuArch === "" || inferred === "" || bare(gpuArch) === bare(inferred)) return [];
  return [{field: "arch", got: gpuArch, expected: [inferred], severity: "major"}];
}

const driverMismatch = ({driverVer}: TelemetryClaim): Mismatch[] =>
  driverVer === "" || isDriverVersion(driverVer)
    ? []
    : [{field: "driver_ver_format", got: driverVer, expected: DRIVER_FORMS, severity: "minor"}];
