// Bundles src/ into dist/: one entry for the program, one per worker, chunks for lazily loaded commands, help pages.
// Two builds of one tree are byte-identical. dist/ is replaced in one step, so a running program never sees half of it.
import {execFileSync} from "node:child_process";
import {existsSync} from "node:fs";
import {mkdir, readdir, readFile, realpath, rename, rm, writeFile} from "node:fs/promises";
import {join, relative} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
// Native code and wasm files are found relative to their packages, so these stay outside the bundle.
const EXTERNAL = ["better-sqlite3", "better-sqlite3-13", "@mongodb-js/zstd", "@oqs/liboqs-js", "cbor-extract"];
// Bundled CommonJS modules call require, which a module does not have.
const BANNER = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

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

/** main.ts, help.ts and every worker: what is loaded by path and not by import. */
async function entryPoints() {
  const files = await readdir(join(ROOT, "src"), {recursive: true});
  const workers = files.filter((file) => file.endsWith("-worker.ts")).sort();
  return ["commands/main.ts", "commands/help.ts", ...workers].map((file) => {
    const name = file.replace(/^.*\//, "").replace(/\.ts$/, "");
    return {in: join(ROOT, "src", file), out: name};
  });
}

async function writeHelp(folder) {
  const {helpPages} = await import(pathToFileURL(join(folder, "help.js")).href);
  await mkdir(join(folder, "help"));
  for (const [name, text] of await helpPages()) await writeFile(join(folder, "help", `${name || "qsdm"}.txt`), text);
}

async function build(esbuild) {
  const {version} = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const draft = join(ROOT, `dist.tmp-${process.pid}`);
  try {
    await esbuild.build({
      absWorkingDir: ROOT,
      entryPoints: await entryPoints(),
      outdir: draft,
      bundle: true,
      splitting: true,
      minify: true,
      platform: "node",
      format: "esm",
      target: "node20",
      chunkNames: "chunks/[name]-[hash]",
      external: EXTERNAL,
      banner: {js: BANNER},
      define: {QSDM_VERSION: JSON.stringify(version), QSDM_COMMIT: JSON.stringify(await commit())},
      logLevel: "warning",
    });
    await writeHelp(draft);
    await rm(`${draft}.old`, {recursive: true, force: true});
    if (existsSync(DIST)) await rename(DIST, `${draft}.old`);
    await rename(draft, DIST);
  } finally {
    await rm(draft, {recursive: true, force: true});
    await rm(`${draft}.old`, {recursive: true, force: true});
  }
}

const esbuild = await import("esbuild").catch(() => undefined);
if (esbuild) await build(esbuild);
else if (existsSync(join(DIST, "main.js"))) console.error(`esbuild is not installed; keeping ${relative(".", DIST)}`);
else throw new Error("esbuild is not installed and there is no dist/: run npm install without --omit=dev");
