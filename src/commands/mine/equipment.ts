/** What a miner computes with: the backend, checked against the rules, and the devices. */

import {UsageError} from "../../errors.js";
import type {ComputeBackend} from "../../node/compute/backend.js";
import {AUTO, chooseBackend} from "../../node/mining/choose-backend.js";
import {checkDevices, openDevices, planDevices} from "../../node/mining/devices.js";
import {Fleet} from "../../node/mining/fleet.js";
import {selfTest} from "../../node/mining/self-test.js";
import type {Io} from "../io.js";
import type {MineFlags} from "./terms.js";

export interface Equipment {
  readonly backend: ComputeBackend;
  readonly fleet: Fleet;
}

/** What the flags ask for; what cannot be used is said in a line each, and the rest goes on. */
export async function equip(io: Io, {device, threads, backend: wanted}: MineFlags): Promise<Equipment> {
  const onCuda = wanted === "cuda";
  const {plans, refused} = await checkDevices(planDevices(device ?? [onCuda ? "cuda" : "cpu"], threads));
  if (onCuda && plans.some(({cuda}) => cuda === null))
    throw new UsageError("DEVICE_BACKEND", "a device cpu does not compute with the backend cuda", {
      hint: "leave --backend out: --device cuda computes with it anyway",
    });
  // Tables' checkpoints are a chain of hashes, which no device is quicker at.
  const choice = await chooseBackend(onCuda ? AUTO : wanted);
  for (const {message, hint} of [...choice.refused, ...refused]) io.warn(hint ? `${message}; ${hint}` : message);
  const {backend} = choice;
  const fleet = new Fleet(openDevices(plans, backend), (name, error) => {
    io.warn(`device ${name}: ${error.message}; the others go on`);
    io.detail(String(error.cause));
  });
  return {backend, fleet};
}

/** Mines and verifies a test table, and prints how that went. */
export async function runSelfTest(io: Io, flags: MineFlags): Promise<void> {
  const {backend, fleet} = await equip(io, flags);
  try {
    const nowMs = (): number => performance.now();
    const {elapsedMs, ...tested} = await selfTest({backend, solver: fleet, nowMs}, io.signal);
    const elapsed = Math.round(elapsedMs);
    const searched = [...new Set(fleet.states().map((device) => device.backend))].join(" and ");
    const result = {...tested, backend: searched};
    io.result({...result, elapsed_ms: elapsed}, [["ok", result.backend, result.threads, result.attempts, elapsed]]);
  } finally {
    await fleet.close();
  }
}
