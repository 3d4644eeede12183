// Packs the native addon for machines like this one: `npm run pack:native`, after `npm run build:native` (a
// script of the name prebuild would run before every build). `npm pack` takes
// what is in prebuilds/ along, and `npm install` uses the pack that fits instead of compiling.
import {spawnSync} from "node:child_process";
import {existsSync, mkdirSync, statSync, writeFileSync} from "node:fs";
import {basename, dirname, join} from "node:path";
import {ADDON, abi, PREBUILDS, packName, SUMS, sha256, sources, sums} from "./prebuilt.mjs";

function fail(why) {
  console.error(`prebuild: ${why}`);
  process.exit(1);
}

if (!existsSync(ADDON)) fail("there is no addon to pack; npm run build:native builds it");
const built = statSync(ADDON).mtimeMs;
if (sources().some((file) => statSync(file).mtimeMs > built))
  fail("the addon is older than its sources: build it again");
const loads = "process.stdout.write(String(require(process.argv[1]).abi))";
const {stdout} = spawnSync(process.execPath, ["-e", loads, ADDON], {encoding: "utf8"});
if (stdout !== String(abi())) fail(`the addon has interface ${stdout || "unknown"}, not ${abi()}`);

mkdirSync(PREBUILDS, {recursive: true});
const pack = join(PREBUILDS, packName());
const done = spawnSync("tar", ["-czf", pack, "-C", dirname(ADDON), basename(ADDON)], {stdio: "inherit"});
if (done.status !== 0) fail(done.error?.message ?? "tar failed");
const all = sums().set(packName(), sha256(pack));
writeFileSync(SUMS, [...all].map(([name, sum]) => `${sum}  ${name}\n`).join(""));
console.log(pack);
