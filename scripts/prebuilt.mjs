// Packed builds of the native addon: where they lie, under which names, and how one is put in place. A name tells all that a
// build depends on: its sources, system, processor and C library.
import {spawnSync} from "node:child_process";
import {createHash} from "node:crypto";
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {basename, dirname, join, relative} from "node:path";
import {fileURLToPath} from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const PREBUILDS = join(ROOT, "prebuilds");
const NATIVE = join(ROOT, "native");
export const ADDON = join(NATIVE, "build/Release/qsdm_native.node");
/** Lines of `sha256sum`. */
export const SUMS = join(PREBUILDS, "SHA256SUMS");

export const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

function library() {
  if (process.platform !== "linux") return "";
  return process.report.getReport().header.glibcVersionRuntime ? "-glibc" : "-musl";
}

/** Version of the C interface that the sources have. */
export function abi() {
  const header = readFileSync(join(ROOT, "native/include/qsdm_native.h"), "utf8");
  return Number(/#define QSDM_NATIVE_ABI (\d+)/.exec(header)[1]);
}

/** What the addon is made of. */
export function sources() {
  const files = readdirSync(NATIVE, {recursive: true, withFileTypes: true})
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  return files.filter((file) => !/[\\/](build|out)[\\/]/.test(relative(ROOT, file))).sort();
}

/** Other sources are another build, whether or not their interface differs. */
function sourcesDigest() {
  const hash = createHash("sha256");
  for (const file of sources()) hash.update(`${relative(NATIVE, file)}\0${sha256(file)}\n`);
  return hash.digest("hex").slice(0, 12);
}

/** The pack for this machine. */
export const packName = () =>
  `qsdm_native-${abi()}-${sourcesDigest()}-${process.platform}-${process.arch}${library()}.tar.gz`;

/** Checksums by the names of packs. */
export function sums() {
  if (!existsSync(SUMS)) return new Map();
  const lines = readFileSync(SUMS, "utf8").split("\n").filter(Boolean);
  return new Map(lines.map((line) => line.split("  ").reverse()));
}

/**
 * Puts the pack for this machine in place. Null when the addon is there and loads, else why not; `absent` without a pack.
 * It never throws: an install goes on without the addon.
 */
export function unpack() {
  try {
    return unpackHere();
  } catch (error) {
    return error.message;
  }
}

function unpackHere() {
  const name = packName();
  const pack = join(PREBUILDS, name);
  if (!existsSync(pack)) return "absent";
  if (sums().get(name) !== sha256(pack)) return `${name} does not match its checksum`;
  const folder = dirname(ADDON);
  mkdirSync(folder, {recursive: true});
  const done = spawnSync("tar", ["-xzf", pack, "-C", folder, basename(ADDON)], {encoding: "utf8"});
  if (done.status !== 0) return `${name} cannot be unpacked: ${done.error?.message ?? done.stderr.trim()}`;
  const loads = "process.exit(require(process.argv[1]).abi === Number(process.argv[2]) ? 0 : 1)";
  if (spawnSync(process.execPath, ["-e", loads, ADDON, String(abi())], {stdio: "ignore"}).status === 0) return null;
  rmSync(ADDON, {force: true});
  return `${name} does not load on this machine`;
}
