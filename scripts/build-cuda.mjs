// Builds the CUDA kernels where nvcc is: a library that the addon loads when it is asked for a device, so neither the
// build of the one nor what is missing for it touches the other.
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import {availableParallelism} from "node:os";
import {join} from "node:path";

/** Every generation that the toolkit knows is compiled for; that takes half a minute on two cores. */
const TIMEOUT_S = 240;
const SHOWN_LINES = 20;

/** nvcc by its name or path, or null. */
export function findNvcc(env = process.env) {
  const homes = [env.CUDA_HOME, env.CUDA_PATH, "/usr/local/cuda"].filter(Boolean).map((home) => join(home, "bin/nvcc"));
  const candidates = env.NVCC ? [env.NVCC] : ["nvcc", ...homes.filter((path) => existsSync(path))];
  return candidates.find((nvcc) => spawnSync(nvcc, ["--version"], {stdio: "ignore"}).status === 0) ?? null;
}

/**
 * Null when the library is built, else why not. `QSDM_CUDA_ARCH` narrows the generations to one, as nvcc names it.
 * @param native the folder of the sources
 */
export function buildCuda(native) {
  if (process.env.QSDM_CUDA === "0") return "left out by QSDM_CUDA=0";
  if (process.platform !== "linux") return "the CUDA kernels are built on Linux alone";
  const nvcc = findNvcc();
  if (!nvcc) return "needs nvcc, of NVIDIA's CUDA toolkit 12 or later";
  const arch = process.env.QSDM_CUDA_ARCH;
  const variables = [
    `NVCC=${nvcc}`,
    ...(process.env.CXX ? [`CXX=${process.env.CXX}`] : []),
    ...(arch ? [`NVCC_ARCH=${arch}`] : []),
  ];
  // `timeout` ends the compilers that make has started, too.
  const done = spawnSync(
    "timeout",
    ["-s", "KILL", String(TIMEOUT_S), "make", "-s", `-j${availableParallelism()}`, "cuda-library", ...variables],
    {cwd: native, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"]},
  );
  if (done.status === 0) return null;
  if (done.signal === "SIGKILL" || done.status === 137) return `the build took longer than ${TIMEOUT_S / 60} minutes`;
  const output =
    `${done.stdout ?? ""}${done.stderr ?? ""}`.trimEnd() || String(done.error ?? `make ended with ${done.status}`);
  return `the build failed:\n${output.split("\n").slice(-SHOWN_LINES).join("\n")}`;
}
