// Looks at native signing and key encapsulation from outside: `npm run test:secrets [-- SAMPLES]`. Under valgrind's
// memcheck, with secrets marked as undefined, no branch and no address may depend on one; a leak that is there on purpose
// has to be found. What a key encapsulation leaves on its stack is searched for secrets. Then a t-test over the times of signing and decapsulating with one secret and with many, and of
// ciphertexts that were made and that were changed, which tells of a machine as much as of a program: run it where nothing
// else does. A million samples take 17 minutes of a core.
import {spawnSync} from "node:child_process";
import {availableParallelism} from "node:os";
import {fileURLToPath} from "node:url";

const NATIVE = fileURLToPath(new URL("../native/", import.meta.url));
const DEFAULT_SAMPLES = "20000";
const MEMCHECK = ["--quiet", "--error-exitcode=9", "out/tainted/qsdm-secrets"];

const works = (command) => spawnSync(command, ["--version"], {stdio: "ignore"}).status === 0;
const status = (command, ...args) => spawnSync(command, args, {cwd: NATIVE, stdio: "inherit"}).status;
const quietly = (command, ...args) => spawnSync(command, args, {cwd: NATIVE, stdio: "ignore"}).status;
const make = (...variables) => status("make", "-s", `-j${availableParallelism()}`, "secrets", ...variables) === 0;

function taint() {
  if (!make("TAINT=1")) return false;
  if (quietly("valgrind", ...MEMCHECK, "leak") !== 9) {
    console.log("memcheck does not find the leak that is there on purpose");
    return false;
  }
  return status("valgrind", ...MEMCHECK, "taint") === 0;
}

const lacking = [process.env.CXX ?? "g++", "make", "valgrind"].find((command) => !works(command));
if (lacking) {
  console.log(`skipped: what native code shows of secrets: needs ${lacking}`);
  if (process.env.QSDM_REQUIRE === "all") process.exitCode = 1;
} else {
  const traces = () => make() && status("out/qsdm-secrets", "traces") === 0;
  const timing = () => status("out/qsdm-secrets", "timing", process.argv[2] ?? DEFAULT_SAMPLES) === 0;
  if (!taint() || !traces() || !timing()) process.exitCode = 1;
}
