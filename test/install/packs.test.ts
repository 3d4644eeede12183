/** What an install does with packs of the addon that cannot be used; scripts run as npm runs them, in a copy. */
import {spawnSync} from "node:child_process";
import {createHash} from "node:crypto";
import {cpSync, mkdirSync, writeFileSync} from "node:fs";
import path from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";
import {expect, test} from "vitest";
import {scratchDirectory} from "../support/chain.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONTENT = "no archive";

/** A copy of what an install reads, with a pack for this machine that is none. */
function stage(sum: string): string {
  const root = scratchDirectory();
  for (const script of ["build-native", "build-cuda", "prebuilt"])
    cpSync(path.join(ROOT, `scripts/${script}.mjs`), path.join(root, `scripts/${script}.mjs`));
  cpSync(path.join(ROOT, "native/include"), path.join(root, "native/include"), {recursive: true});
  const named = `import {packName} from ${JSON.stringify(pathToFileURL(path.join(root, "scripts/prebuilt.mjs")).href)}`;
  const asked = spawnSync(process.execPath, ["--input-type=module", "-e", `${named}; console.log(packName())`]);
  const pack = asked.stdout.toString().trim();
  mkdirSync(path.join(root, "prebuilds"));
  writeFileSync(path.join(root, "prebuilds", pack), CONTENT);
  writeFileSync(path.join(root, "prebuilds/SHA256SUMS"), `${sum}  ${pack}\n`);
  return root;
}

function install(root: string): {readonly status: number | null; readonly said: string} {
  const env = {PATH: process.env.PATH, QSDM_CUDA: "0"};
  const {status, stderr} = spawnSync(process.execPath, ["scripts/build-native.mjs", "--install"], {cwd: root, env});
  return {status, said: stderr.toString()};
}

const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");

test.each([
  ["whose checksum is another", "0".repeat(64), "does not match its checksum"],
  ["that is no archive", sumOf(CONTENT), "cannot be unpacked"],
])("a pack %s is left, and the install goes on", (_, sum, why) => {
  const {status, said} = install(stage(sum));
  expect(said).toContain(why);
  expect(status).toBe(0);
});

test("where nothing can be unpacked to, the install goes on", () => {
  const root = stage(sumOf(CONTENT));
  // In the way of the folder.
  mkdirSync(path.join(root, "native/build"));
  writeFileSync(path.join(root, "native/build/Release"), "");
  const {status, said} = install(root);
  expect(said).toMatch(/packed addon not used: EEXIST/);
  expect(status).toBe(0);
});
