// Builds the native addon where a compiler is: `npm run build:native`. As `--install`, which npm install runs, it never
// fails: the program works without the addon, and one line says what is missing and what that costs. A packed build that
// fits (pack-native.mjs) is taken instead of compiling. The CUDA kernels come after it, in the same way.
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {buildCuda} from "./build-cuda.mjs";
import {unpack} from "./prebuilt.mjs";

const NATIVE = fileURLToPath(new URL("../native/", import.meta.url));
const COST = "hashing runs in WebAssembly, at a tenth of the speed or less";
const CUDA_COST = "NVIDIA's GPUs are not used";

const installing = process.argv.includes("--install");

/** A build takes seconds; node-gyp behind a wall that drops packets would try for minutes to fetch Node's headers. */
const INSTALL_TIMEOUT_MS = 180_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

/** Last lines of a failed build that are shown. */
const SHOWN_LINES = 20;

const works = (command, ...args) => spawnSync(command, args, {stdio: "ignore"}).status === 0;

/** What a build needs and this machine does not have; npm brings node-gyp. */
function missing() {
  const python = process.env.npm_config_python ?? process.env.PYTHON ?? "python3";
  if (!process.env.npm_config_node_gyp) return "node-gyp, which npm brings: start this with npm";
  if (!works(process.env.CXX ?? "c++", "--version")) return "a C++ compiler";
  if (!works("make", "--version")) return "make";
  return works(python, "--version") ? null : "Python 3";
}

/** Null when the addon is built, else what went wrong. */
function build() {
  if (process.platform === "win32") return "the addon is not built on Windows";
  const what = missing();
  if (what) return `needs ${what}`;
  // node-gyp reads npm's settings (nodedir among them) from the environment that npm hands on.
  const gyp = process.env.npm_config_node_gyp;
  const done = spawnSync(process.execPath, [gyp, "rebuild", "--silent", "-j", "max", "--directory", NATIVE], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: OUTPUT_MAX_BYTES,
    ...(installing ? {timeout: INSTALL_TIMEOUT_MS, killSignal: "SIGKILL"} : {}),
  });
  if (done.error?.code === "ETIMEDOUT") return `the build took longer than ${INSTALL_TIMEOUT_MS / 60_000} minutes`;
  if (done.status === 0 && existsSync(join(NATIVE, "build/Release/qsdm_native.node"))) {
    process.stderr.write(done.stderr);
    return null;
  }
  return `the build failed:\n${`${done.stdout}${done.stderr}`.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n")}`;
}

if (installing && process.env.QSDM_NATIVE === "0") console.error("native addon: left out by QSDM_NATIVE=0");
else {
  const packed = installing ? unpack() : "absent";
  if (packed && packed !== "absent") console.error(`packed addon not used: ${packed}`);
  const problem = packed === null ? null : build();
  if (problem && installing) console.error(`native addon not built, so ${COST}: ${problem.split("\n")[0]}`);
  else if (problem) {
    console.error(`native addon: ${problem}`);
    process.exitCode = 1;
  } else {
    const lacking = buildCuda(NATIVE);
    if (lacking)
      console.error(`CUDA kernels not built, so ${CUDA_COST}: ${installing ? lacking.split("\n")[0] : lacking}`);
  }
}
