import type {Command} from "commander";
import {COMMIT, PROTOCOL_VERSION, VERSION} from "./build-info.js";
import {defineCommand} from "./define.js";
import type {Io} from "./io.js";

/** What the program is: shown one value per line, in this order. */
export const versionInfo = () => ({
  name: "qsdm",
  version: VERSION,
  commit: COMMIT === "" ? null : COMMIT,
  protocol_version: PROTOCOL_VERSION,
  /** The addon that serves the fast paths; `none` while the portable code does. */
  native_backend: "none",
});

export const versionCommand = (io: Io): Command =>
  defineCommand("version", {
    summary: "print what this program is",
    description:
      "Prints the name, the version, the git commit of the build (- when it was not made in a checkout), the version " +
      "of the mining protocol and the native backend in use, one per line. qsdm --version prints the same.",
    examples: [{does: "the version alone", run: "qsdm version | sed -n 2p"}],
  }).action(() => {
    const info = versionInfo();
    io.result(
      info,
      Object.values(info).map((value) => [value]),
    );
  });
