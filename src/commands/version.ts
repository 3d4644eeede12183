import type {Command} from "commander";
import {versionFields, versionInfo} from "./build-info.js";
import {COMPUTE_ENVIRONMENT} from "./compute-environment.js";
import {defineCommand} from "./define.js";
import type {Io} from "./io.js";

export const versionCommand = (io: Io): Command =>
  defineCommand("version", {
    summary: "print what this program is",
    description:
      "Prints the name, the version, the git commit of the build (- when it was not made in a checkout), the version " +
      "of the mining protocol and the instruction set of the native addon (none without one), one per line. qsdm " +
      "--version prints the same. --json also lists what can compute here, who verifies, signs and agrees on keys, and why the rest cannot.",
    examples: [
      {does: "the version alone", run: "qsdm version | sed -n 2p"},
      {does: "what computes here", run: "qsdm version --json"},
    ],
    environment: COMPUTE_ENVIRONMENT,
  }).action(async () => {
    if (!io.flags.json) return io.result(versionInfo(), versionFields());
    const {capabilities} = await import("../node/compute/backend.js");
    const {mlDsaChoice} = await import("../node/compute/ml-dsa-capabilities.js");
    const {mlKemChoice} = await import("../node/compute/ml-kem-capabilities.js");
    const info = {compute: await capabilities(), ml_dsa: await mlDsaChoice(), ml_kem: await mlKemChoice()};
    io.result({...versionInfo(), ...info}, versionFields());
  });
