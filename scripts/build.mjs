// Bundles src/ into dist/: one entry for the program, one per worker, chunks for lazily loaded commands, help pages.
// Two builds of one tree are byte-identical. dist/ is replaced in one step, so a running program never sees half of it.
import {execFileSync} from "node:child_process";
import {existsSync} from "node:fs";
import {mkdir, readdir, readFile, realpath, rename, rm, writeFile} from "node:fs/promises";
import {join, relative, resolve} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";
import {CHEAP_BUILTINS, namedExports, oneCommand} from "./build-plugins.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
// Native code and wasm files are found relative to their packages, so these stay outside the bundle.
const EXTERNAL = [
  "better-sqlite3",
  "better-sqlite3-13",
  "@mongodb-js/zstd",
  "@bokuweb/zstd-wasm",
  "@oqs/liboqs-js",
  "webgpu",
  // Optional, and only where a cluster is used.
  "cassandra-driver",
];
// Bundled CommonJS modules call require, which a module does not have.
const BANNER = "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/** The checked out commit, or empty: in a package, or when `ROOT` is a folder of somebody else's checkout. */
async function commit() {
  const git = (...args) =>
    execFileSync("git", args, {cwd: ROOT, stdio: ["ignore", "pipe", "ignore"]})
      .toString()
      .trim();
  try {
    const top = await realpath(git("rev-parse", "--show-toplevel"));
    return top === (await realpath(ROOT)) ? git("rev-parse", "HEAD") : "";
  } catch {
    return "";
  }
}

/** run.ts, help.ts and every worker: what is loaded by path. */
async function entryPoints() {
  const files = await readdir(join(ROOT, "src"), {recursive: true});
  const workers = files.filter((file) => file.endsWith("-worker.ts")).sort();
  return ["commands/run.ts", "commands/help.ts", ...workers].map((file) => {
    const name = file.replace(/^.*\//, "").replace(/\.ts$/, "");
    return {in: join(ROOT, "src", file), out: name};
  });
}

async function options(outdir) {
  const {version} = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  return {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    // cbor-x without its addon: that reads maps with many strings faster, which no record here has, and costs 9 ms of
    // start-up to find.
    alias: {"cbor-x": join(ROOT, "node_modules", "cbor-x", "index.js")},
    // Names stay readable in stack traces; shortening them would save no measurable time.
    minifyWhitespace: true,
    minifySyntax: true,
    platform: "node",
    format: "esm",
    target: "node20",
    define: {QSDM_VERSION: JSON.stringify(version), QSDM_COMMIT: JSON.stringify(await commit())},
    plugins: [CHEAP_BUILTINS, namedExports(EXTERNAL)],
    logLevel: "warning",
  };
}

/**
 * Three kinds of files, because loading a module costs a third of a millisecond, and a command split off shares twenty:
 * main.js, which answers --help and --version alone; the program as a whole, split; and each quick command in one file.
 */
async function bundle(esbuild, outdir) {
  const shared = await options(outdir);
  const split = {splitting: true, chunkNames: "chunks/[name]-[hash]", external: EXTERNAL, banner: {js: BANNER}};
  await esbuild.build({...shared, ...split, entryPoints: await entryPoints()});
  const {quickPaths} = await import(pathToFileURL(join(outdir, "help.js")).href);
  const names = quickPaths.map((path) => path.replaceAll(" ", "-"));
  await esbuild.build({
    ...shared,
    entryPoints: [join(ROOT, "src/commands/main.ts")],
    external: ["./run.js"],
    define: {...shared.define, QSDM_QUICK: JSON.stringify(names)},
  });
  for (const path of quickPaths)
    await esbuild.build({
      ...shared,
      entryPoints: [{in: join(ROOT, "src/commands/run.ts"), out: `quick/${path.replaceAll(" ", "-")}`}],
      external: EXTERNAL,
      plugins: [oneCommand(path, join(ROOT, "src")), ...shared.plugins],
      banner: split.banner,
    });
}

async function writeHelp(folder) {
  const {helpPages} = await import(pathToFileURL(join(folder, "help.js")).href);
  await mkdir(join(folder, "help"));
  for (const [name, text] of await helpPages()) await writeFile(join(folder, "help", `${name || "qsdm"}.txt`), text);
}

async function build(esbuild, target) {
  const draft = `${target}.tmp-${process.pid}`;
  const old = `${draft}.old`;
  try {
    await bundle(esbuild, draft);
    await writeHelp(draft);
    if (existsSync(target)) await rename(target, old);
    await rename(draft, target);
  } finally {
    await rm(draft, {recursive: true, force: true});
    await rm(old, {recursive: true, force: true});
  }
}

// Another folder inside the project may be named, for comparing builds.
const target = resolve(ROOT, process.argv[2] ?? "dist");
const esbuild = await import("esbuild").catch(() => undefined);
if (!esbuild && !existsSync(join(target, "main.js"))) {
  console.error("esbuild is not installed and there is no dist/: run npm install without --omit=dev");
  process.exitCode = 1;
} else if (!esbuild) console.error(`esbuild is not installed; keeping ${relative(".", target)}`);
else
  await build(esbuild, target).catch((error) => {
    // esbuild has printed what is wrong with the sources.
    if (!error.errors) throw error;
    process.exitCode = 1;
  });
