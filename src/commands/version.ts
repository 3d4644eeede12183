import type {Command} from "commander";
import {versionFields, versionInfo} from "./build-info.js";
import {defineCommand} from "./define.js";
import type {Io} from "./io.js";

export const versionCommand = (io: Io): Command =>
  defineCommand("version", {
    summary: "print what this program is",
    description:
      "Prints the name, the version, the git commit of the build (- when it was not made in a checkout), the version " +
      "of the mining protocol and the native backend in use, one per line. qsdm --version prints the same.",
    examples: [{does: "the version alone", run: "qsdm version | sed -n 2p"}],
  }).action(() => io.result(versionInfo(), versionFields()));
