// Runs the native code under ASan and UBSan, without Node: `npm run test:native [-- ROUNDS]`. The vectors, then random
// comparisons of every path, counted by kind: more than 10,000 as it is, and more than a million with 8,000 rounds. Where
// nvcc is, the kernels are compiled too, and run where there is a device.
import {spawnSync} from "node:child_process";
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import {availableParallelism} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {gunzipSync} from "node:zlib";

const NATIVE = fileURLToPath(new URL("../native/", import.meta.url));
const TOOL = "out/sanitized/qsdm-native";
const CUDA_TOOL = "out/cuda/qsdm-native";
const VECTORS = ["dag", "tensor"].map((name) => `../test/node/ledger/mining/${name}.vectors.json`);
/** Where ACVP's and Wycheproof's files lie packed, with what each path has to answer. */
const STANDARDS = ["ml-dsa", "ml-kem"].map((name) => `../test/node/compute/${name}`);
const DEFAULT_ROUNDS = "120";
/** What the sizes of a GPU's benchmark are divided by. */
const SMALL = "65536";
const THREAD_ROUNDS = "20";
const FILE_ROUNDS = "20";

const works = (command) => spawnSync(command, ["--version"], {stdio: "ignore"}).status === 0;
const run = (command, ...args) => spawnSync(command, args, {cwd: NATIVE, stdio: "inherit"}).status === 0;

/** Names of a folder's files, unpacked. */
function unpacked(from) {
  const folder = "out/vectors";
  mkdirSync(join(NATIVE, folder), {recursive: true});
  return readdirSync(join(NATIVE, from))
    .filter((name) => name.endsWith(".json.gz"))
    .map((name) => {
      const file = join(folder, name.slice(0, -3));
      writeFileSync(join(NATIVE, file), gunzipSync(readFileSync(join(NATIVE, from, name))));
      return file;
    });
}

const lacking = [process.env.CXX ?? "g++", "make"].find((command) => !works(command));
if (lacking) {
  console.log(`skipped: the native code under sanitizers: needs ${lacking}`);
  if (process.env.QSDM_REQUIRE === "all") process.exitCode = 1;
} else {
  const make = (...variables) => run("make", "-s", `-j${availableParallelism()}`, ...variables);
  const sanitized = () =>
    make("SANITIZE=1") &&
    // Here, because the tests that come after it would each build it.
    make("stand-in") &&
    run(TOOL, "gpu", SMALL) &&
    run(TOOL, "check", ...VECTORS) &&
    STANDARDS.every((from) => run(TOOL, "standards", `${from}/coverage.json`, ...unpacked(from))) &&
    run(TOOL, "compare", process.argv[2] ?? DEFAULT_ROUNDS) &&
    run(TOOL, "threads", THREAD_ROUNDS) &&
    run(TOOL, "files", FILE_ROUNDS);
  // One generation is enough to see that they compile, and npm install has compiled them where it could. The program that
  // runs them takes the processor's code once more, so it is built where there is a device to run them on.
  const hasDevice = ["/dev/nvidia0", "/dev/dxg"].some((device) => existsSync(device));
  const cuda = () =>
    hasDevice
      ? make("CUDA=1", "NVCC_ARCH=sm_90") && run(CUDA_TOOL, "check", ...VECTORS)
      : make("cuda-library", "NVCC_ARCH=sm_90");
  const hasNvcc = works(process.env.NVCC ?? "nvcc");
  if (!hasNvcc) console.log("skipped: compiling the CUDA kernels: needs nvcc");
  const passed = sanitized() && (!hasNvcc || cuda());
  if (!passed) process.exitCode = 1;
}
