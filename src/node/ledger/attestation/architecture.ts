/**
 * Whether what a rig says about its GPU hangs together: architecture, model name, claimed hash rate.
 *
 * The tables are substring heuristics and are kept as they are, false friends included (quirk Q23): `l4` also occurs
 * inside words, and "RTX 6000 Ada" passes as turing. They keep honest mistakes out, not liars.
 * Source: QSDM mining protocol, section 16.
 */
import {quoteText} from "../../../codecs/go/quote.js";
import {RuleError} from "../../../errors.js";

interface Table {
  /** Lowercase substrings of model names. */
  readonly patterns: readonly string[];
  readonly minHps: bigint;
  readonly maxHps: bigint;
}

/** By canonical name; the order shows in messages and decides which match is named first. */
const TABLES = {
  hopper: {patterns: ["h100", "h200", "h800"], minHps: 1_000_000n, maxHps: 200_000_000n},
  blackwell: {patterns: ["b100", "b200", "gb200", "rtx 50"], minHps: 5_000_000n, maxHps: 500_000_000n},
  "ada-lovelace": {
    patterns: ["rtx 40", "l4", "l40", "rtx 6000 ada", "rtx 5000 ada", "rtx 4500 ada", "rtx 4000 ada", "rtx 2000 ada"],
    minHps: 100_000n,
    maxHps: 50_000_000n,
  },
  ampere: {
    patterns: ["a100", "a40", "a30", "a16", "a10", "a2", "rtx 30", "rtx a"],
    minHps: 50_000n,
    maxHps: 50_000_000n,
  },
  turing: {
    patterns: ["rtx 20", "gtx 16", "t4", "quadro rtx", "rtx 8000", "rtx 6000"],
    minHps: 10_000n,
    maxHps: 5_000_000n,
  },
} as const satisfies Readonly<Record<string, Table>>;

/** Canonical name of a GPU architecture. */
export type Architecture = keyof typeof TABLES;
/** Every canonical name, in table order. */
export const ARCHITECTURES = Object.keys(TABLES) as readonly Architecture[];

/** What does not hang together, as the rejection log names it. */
export type ArchitectureFault = "unknown_arch" | "gpu_name_mismatch" | "cc_subject_mismatch" | "hashrate_out_of_band";

/** Code ARCHITECTURE_REFUSED. */
export class ArchitectureError extends RuleError {
  constructor(
    readonly fault: ArchitectureFault,
    message: string,
    /** The text that did not match: GPU name or certificate subject as sent. */
    readonly seen = "",
  ) {
    super("ARCHITECTURE_REFUSED", `archcheck: ${message}`);
  }
}

// Unicode's White_Space is what the reference trims; JavaScript's own trim differs in U+0085 and U+FEFF.
const SPACE = /\p{White_Space}+/gu;
const EDGES = /^\p{White_Space}+|\p{White_Space}+$/gu;
const trim = (text: string): string => text.replace(EDGES, "");
/** One code point to one code point: JavaScript makes two of U+0130 and looks around a capital sigma. */
export const lowerSimple = (text: string): string =>
  Array.from(text, (char) => (char === "\u0130" ? "i" : char.toLowerCase())).join("");
const normalise = (name: string): string => lowerSimple(trim(name).replace(SPACE, " "));

/** Canonical name that `raw` stands for (`ada` is short for `ada-lovelace`), or null. */
export function architectureOf(raw: string): Architecture | null {
  const name = lowerSimple(trim(raw));
  const canonical = name === "ada" ? "ada-lovelace" : name;
  return ARCHITECTURES.find((each) => each === canonical) ?? null;
}

/** The architecture that a proof claims outside its bundle. @throws ArchitectureError */
export function checkArchitecture(raw: string): Architecture {
  const found = architectureOf(raw);
  if (found) return found;
  const allowed = `${ARCHITECTURES.join(", ")}, ada=alias`;
  const what = raw === "" ? "" : `: ${quoteText(raw)} (allowed: ${allowed})`;
  throw new ArchitectureError("unknown_arch", `unknown gpu_arch${what}`);
}

function tableOf(name: string, what: string): Table {
  if (Object.hasOwn(TABLES, name)) return TABLES[name as Architecture];
  throw new ArchitectureError("unknown_arch", `unknown gpu_arch: arch ${quoteText(name)} has no ${what}`);
}

/** A model name must contain a pattern of the claimed architecture. @throws ArchitectureError */
export function checkGpuName(architecture: string, gpuName: string): void {
  const {patterns} = tableOf(architecture, "patterns");
  const name = normalise(gpuName);
  if (patterns.some((pattern) => name.includes(pattern))) return;
  const claim = `arch=${quoteText(architecture)} (patterns: ${patterns.join(", ")})`;
  const why =
    name === ""
      ? `empty gpu_name (claimed arch ${quoteText(architecture)})`
      : `gpu_name=${quoteText(gpuName)} does not match ${claim}`;
  throw new ArchitectureError("gpu_name_mismatch", `gpu_name does not match claimed gpu_arch: ${why}`, gpuName);
}

/**
 * The longest patterns that occur in a certificate's subject must include one of the claimed architecture; a subject
 * without any passes.
 * @throws ArchitectureError
 */
export function checkCertSubject(architecture: string, subject: string): void {
  tableOf(architecture, "patterns");
  const name = normalise(subject);
  const found = ARCHITECTURES.flatMap((arch) =>
    TABLES[arch].patterns.filter((pattern) => name.includes(pattern)).map((pattern) => ({arch, pattern})),
  );
  const longest = Math.max(0, ...found.map(({pattern}) => pattern.length));
  const strongest = found.filter(({pattern}) => pattern.length === longest);
  if (strongest.length === 0 || strongest.some(({arch}) => arch === architecture)) return;
  const evidence = strongest.map(({arch, pattern}) => `${arch}(${quoteText(pattern)})`).join(" ");
  const why =
    `cert subject=${quoteText(subject)} strongest-evidence patterns=[${evidence}] ` +
    `but claimed arch=${quoteText(architecture)}`;
  throw new ArchitectureError(
    "cc_subject_mismatch",
    `leaf cert subject does not match claimed gpu_arch: ${why}`,
    subject,
  );
}

/** A claimed rate of 0 asserts nothing. @throws ArchitectureError */
export function checkHashrate(architecture: string, claimedHps: bigint): void {
  const {minHps, maxHps} = tableOf(architecture, "HashrateBand");
  if (claimedHps === 0n || (claimedHps >= minHps && claimedHps <= maxHps)) return;
  const band = `arch=${quoteText(architecture)} claimed=${claimedHps} band=[${minHps}, ${maxHps}]`;
  throw new ArchitectureError("hashrate_out_of_band", `claimed_hashrate_hps outside per-arch band: ${band}`);
}
