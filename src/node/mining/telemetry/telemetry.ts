/** The telemetry check of one node: judges accepted proofs and remembers what looked odd. Off unless asked for. */
import {
  decodeHmacBundle,
  HMAC_ATTESTATION,
  type HmacBundle,
  readHmacBundleCompat,
} from "../../../codecs/mining/hmac-bundle.js";
import {decodeKeyBundle, KEY_ATTESTATION} from "../../../codecs/mining/key-bundle.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import {Catalogue, type TelemetryProfile} from "./catalogue.js";
import {checkTelemetry, type TelemetryClaim, type Verdict} from "./check.js";
import {classOf, DEFAULT_PENALTY, type PenaltySettings, type PenaltySnapshot, PenaltyWindows} from "./penalty.js";

/** What the operator sets. */
export interface TelemetryOptions {
  readonly profiles: readonly TelemetryProfile[];
  readonly penalty: PenaltySettings;
}

export const DEFAULT_TELEMETRY_OPTIONS: TelemetryOptions = {profiles: [], penalty: DEFAULT_PENALTY};

export interface Anomaly {
  readonly recordedAtMs: bigint;
  readonly claim: TelemetryClaim;
  readonly verdict: Verdict;
}

const ANOMALIES_KEPT = 256;

export class TelemetryCheck {
  readonly #catalogue = new Catalogue();
  readonly #penalty: PenaltyWindows;
  readonly #listeners: ((verdict: Verdict) => void)[] = [];
  #anomalies: readonly Anomaly[] = [];

  /** @throws UsageError TELEMETRY_PROFILE_INVALID */
  constructor({profiles, penalty}: TelemetryOptions) {
    for (const profile of profiles) this.#catalogue.apply(profile);
    this.#penalty = new PenaltyWindows(penalty);
  }

  /** Calls `listener` with every verdict. */
  subscribe(listener: (verdict: Verdict) => void): void {
    this.#listeners.push(listener);
  }

  /** Judges an accepted proof, unless its evidence makes no claim, because a device signed it. */
  observe(proof: Proof, nowMs: bigint): void {
    const claim = claimOf(proof);
    if (!claim) return;
    const verdict = checkTelemetry(this.#catalogue, claim);
    this.#penalty.observe(claim.minerAddr, classOf(verdict), nowMs / 1_000n);
    if (verdict.kind === "mismatch" || verdict.kind === "unknown_sku")
      this.#remember({recordedAtMs: nowMs, claim, verdict});
    for (const listener of this.#listeners) listener(verdict);
  }

  /** Newest first. */
  get anomalies(): readonly Anomaly[] {
    return this.#anomalies;
  }

  /** Entries of the catalogue. */
  get catalogueSize(): number {
    return this.#catalogue.size;
  }

  penalty(minerAddr: string): PenaltySnapshot {
    return this.#penalty.snapshot(minerAddr);
  }

  #remember(anomaly: Anomaly): void {
    const mismatches = [...anomaly.verdict.mismatches].sort((a, b) => (a.field < b.field ? -1 : 1));
    const sorted = {...anomaly, verdict: {...anomaly.verdict, mismatches}};
    this.#anomalies = [sorted, ...this.#anomalies.slice(0, ANOMALIES_KEPT - 1)];
  }
}

function claimOf({attestation, minerAddr, height}: Proof): TelemetryClaim | null {
  const bundle = bundleOf(attestation);
  if (!bundle) return null;
  const {nodeId, gpuUuid, gpuName, computeCap, driverVer, cudaVersion} = bundle;
  const {gpuArch} = attestation;
  return {nodeId, gpuUuid, gpuName, gpuArch, computeCap, driverVer, cudaVersion, minerAddr, height};
}

function bundleOf({type, bundle}: Proof["attestation"]): HmacBundle | null {
  if (type === HMAC_ATTESTATION) return readHmacBundleCompat(bundle);
  if (type !== KEY_ATTESTATION) return null;
  const {evidence, evidenceType} = decodeKeyBundle(bundle);
  return evidenceType === HMAC_ATTESTATION ? decodeHmacBundle(evidence) : null;
}
