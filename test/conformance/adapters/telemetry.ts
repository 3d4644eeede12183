/** `telemetry_check.json`: rules, catalogue, verdicts and penalty windows. */
import {penaltyView, verdict} from "../../../src/codecs/api/telemetry.js";
import {viewOfVerdict} from "../../../src/node/api/routes/telemetry.js";
import {BASELINE, Catalogue} from "../../../src/node/mining/telemetry/catalogue.js";
import {architectureOfCapability, checkTelemetry, isDriverVersion} from "../../../src/node/mining/telemetry/check.js";
import {PenaltyWindows, type VerdictClass} from "../../../src/node/mining/telemetry/penalty.js";
import {type Adapters, byOperation, type Input, type Json, type Output} from "../case.js";

function catalogueOf(input: Input): Catalogue {
  const catalogue = new Catalogue(input.flag("baseline") ? BASELINE : []);
  for (const profile of input.objects("profiles"))
    catalogue.apply({
      signerId: profile.text("signer_id"),
      issuedAt: profile.big("issued_at"),
      gpus: profile
        .objects("gpus")
        .map((gpu) => ({name: gpu.text("name"), computeCap: gpu.textOr("compute_capability")})),
    });
  return catalogue;
}

function check(input: Input): Output {
  const claim = input.object("claim");
  const found = checkTelemetry(catalogueOf(input.object("catalog")), {
    nodeId: "rig",
    gpuUuid: claim.text("gpu_uuid"),
    gpuName: claim.text("gpu_name"),
    gpuArch: claim.text("gpu_arch"),
    computeCap: claim.text("compute_cap"),
    driverVer: claim.text("driver_ver"),
    cudaVersion: "",
    minerAddr: "",
    height: 0n,
  });
  return {verdict: JSON.parse(verdict.write(viewOfVerdict(found))!) as Json};
}

function penalty(input: Input): Output {
  const windows = new PenaltyWindows({
    windowSize: input.number("window_size"),
    thresholdPct: input.number("threshold_pct"),
    multiplier: input.number("multiplier"),
    minObservations: input.number("min_observations"),
  });
  const miner = input.text("miner_addr");
  const first = input.number("first_time");
  const shown = (address: string): Output => JSON.parse(penaltyView.write(windows.snapshot(address))!) as Json;
  const multipliers = input.texts("verdicts").map((each, i) => {
    windows.observe(miner, each as VerdictClass, BigInt(first + i));
    return windows.snapshot(miner).multiplier;
  });
  const {windowSize, thresholdPct, multiplier, minObservations} = windows.settings;
  return {
    multipliers,
    resolved: {
      window_size: windowSize,
      threshold_pct: thresholdPct,
      multiplier,
      min_observations: minObservations,
    },
    snapshot: shown(miner),
    snapshot_unknown_miner: shown("nobody"),
  };
}

export const telemetryAdapters: Adapters = {
  "mining.telemetrycheck: rules, verdicts and penalty windows": byOperation({
    infer_arch: (input) => ({arch: architectureOfCapability(input.text("compute_cap"))}),
    driver_format: (input) => ({ok: isDriverVersion(input.text("driver_ver"))}),
    baseline: () => ({
      count: new Catalogue().size,
      entries: BASELINE.map(({name, architecture, computeCap, memoryMb}) => ({
        name,
        architecture,
        compute_capability: computeCap,
        memory_total_mb: memoryMb,
      })),
    }),
    check,
    penalty,
  }),
};
