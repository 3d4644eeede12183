// Bundles src/ into dist/: one entry for the program, one per worker, chunks for lazily loaded commands, help pages.
// Two builds of one tree are byte-identical. dist/ is replaced in one step, so a running program never sees half of it.
import {execFileSync} from "node:child_process";
import {existsSync} from "node:fs";
import {mkdir, readdir, readFile, realpath, rename, rm, writeFile} from "node:fs/promises";
import {builtinModules} from "node:module";
import {join, relative} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
// Native code and wasm files are found relative to their packages, so these stay outside the bundle.
const EXTERNAL = ["better-sqlite3", "better-sqlite3-13", "@mongodb-js/zstd", "@oqs/liboqs-js"];
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

// An import of a built-in module makes Node copy every export, which opens streams and loads what nobody asked for: 3 ms
// for node:fs and 2 ms for node:process on Node 24. process.getBuiltinModule hands out the module itself. Commander
// wants node:child_process for subcommands that are programs of their own, and there are none here.
const CHEAP_BUILTINS = {
  name: "cheap-builtins",
  setup(build) {
    const names = builtinModules.filter((name) => !name.startsWith("_")).join("|");
    build.onResolve({filter: new RegExp(`^(node:)?(${names})$`)}, ({path, importer, kind}) => {
      if (kind === "dynamic-import") return {path, external: true};
      const unused = path.endsWith("child_process") && importer.includes(join("node_modules", "commander"));
      return {path: unused ? "unused" : path, namespace: "builtin", sideEffects: false};
    });
    build.onLoad({filter: /.*/, namespace: "builtin"}, ({path}) => ({
      contents: `module.exports = ${path === "unused" ? "{}" : `process.getBuiltinModule("${path}")`}`,
    }));
  },
};

// A CommonJS package that is imported dynamically has a default export only once it is split off. Node gives its names
// too, and so does this wrapper.
const NAMED_EXPORTS = {
  name: "named-exports",
  setup(build) {
    build.onResolve({filter: /^[^./]/}, async ({path, kind, resolveDir, importer, pluginData}) => {
      if (kind !== "dynamic-import" || pluginData === "named" || EXTERNAL.includes(path)) return undefined;
      const found = await build.resolve(path, {kind, resolveDir, importer, pluginData: "named"});
      if (found.external || !found.path.includes("node_modules")) return undefined;
      const isCommonJs = /^\s*(?:"use strict"|'use strict'|const .* = require\()/.test(
        await readFile(found.path, "utf8"),
      );
      return isCommonJs ? {path: found.path, namespace: "named"} : undefined;
    });
    build.onLoad({filter: /.*/, namespace: "named"}, async ({path}) => {
      const names = Object.keys(await import(pathToFileURL(path).href)).filter((name) => /^[\w$]+$/.test(name));
      const exported = names.filter((name) => !["default", "module.exports"].includes(name));
      const contents = `import all from ${JSON.stringify(path)};export default all;export const {${exported}} = all;`;
      return {contents, resolveDir: ROOT};
    });
  },
};

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
    plugins: [CHEAP_BUILTINS, NAMED_EXPORTS],
    logLevel: "warning",
  };
}

/**
 * main.js is one small file of its own: it answers --help and --version alone, and every module more that it
 * imported would cost a millisecond.
 */
async function bundle(esbuild, outdir) {
  const shared = await options(outdir);
  await esbuild.build({...shared, entryPoints: [join(ROOT, "src/commands/main.ts")], external: ["./run.js"]});
  await esbuild.build({
    ...shared,
    entryPoints: await entryPoints(),
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    external: EXTERNAL,
    banner: {js: BANNER},
  });
}

async function writeHelp(folder) {
  const {helpPages} = await import(pathToFileURL(join(folder, "help.js")).href);
  await mkdir(join(folder, "help"));
  for (const [name, text] of await helpPages()) await writeFile(join(folder, "help", `${name || "qsdm"}.txt`), text);
}

async function build(esbuild) {
  const draft = join(ROOT, `dist.tmp-${process.pid}`);
  try {
    await bundle(esbuild, draft);
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
