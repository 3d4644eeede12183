/**
 * The package as it is packed and installed, with scripts and without: everything works, slower, and what cannot says so
 * once. On Node 20 that is whatever needs SQLite, which is compiled; on Node 24 nothing.
 */
import {execFile} from "node:child_process";
import {createHash} from "node:crypto";
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {builtAddon} from "../support/native.js";
import {lacking} from "../support/tools.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Whether this Node takes the binding of SQLite that comes built. */
const hasSqlite = Number(process.versions.napi) >= 10;
const run = promisify(execFile);
const ADDON = "native/build/Release/qsdm_native.node";

let folder: string;
let root: string;
let plain: string;

/** A command's outcome; it never inherits the tests' own settings of npm. */
async function outcome(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
) {
  const {PATH = ""} = process.env;
  const options = {cwd, env: {PATH, HOME: folder, npm_config_cache: cacheOf(), ...env}, timeout: 500_000};
  return run(program, args, options).then(
    ({stdout, stderr}) => ({status: 0, stdout, stderr}),
    ({code, stdout, stderr}) => ({status: code as number, stdout: String(stdout), stderr: String(stderr)}),
  );
}
const cacheOf = (): string => process.env.npm_config_cache ?? path.join(process.env.HOME ?? tmpdir(), ".npm");

const qsdm = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  outcome(process.execPath, [path.join(plain, "node_modules/qsdm/bin/qsdm.js"), ...args], plain, env);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "qsdm-packed-"));
  root = path.join(folder, "packed");
  plain = path.join(folder, "plain");
  mkdirSync(root);
  mkdirSync(plain);
  writeFileSync(path.join(plain, "package.json"), '{"private": true}');
  const pack = async (cwd: string): Promise<string> => {
    const {stdout} = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", root], {cwd});
    return path.join(root, stdout.trim().split("\n").at(-1)!);
  };
  await run("tar", ["-xzf", await pack(ROOT), "-C", root]);
  const staged = path.join(root, "package");
  if (builtAddon) {
    rmSync(path.join(staged, "prebuilds"), {recursive: true, force: true});
    mkdirSync(path.join(staged, "native/build/Release"), {recursive: true});
    for (const file of [ADDON, "scripts/pack-native.mjs"]) cpSync(path.join(ROOT, file), path.join(staged, file));
    await run(process.execPath, ["scripts/pack-native.mjs"], {cwd: staged});
  }
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await run("npm", ["install", ...flags, await pack(staged)], {cwd: plain});
}, 600_000);
afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe("installed with --ignore-scripts", () => {
  test("it says what computes here, and why the rest does not", async () => {
    const {compute} = JSON.parse((await qsdm(["version", "--json"])).stdout).data;
    expect(compute).toContainEqual({
      backend: "native",
      usable: false,
      detail: expect.stringContaining("not been built"),
    });
    expect(compute).toContainEqual({backend: "wasm", usable: true, detail: expect.any(String)});
    expect(compute).toContainEqual({backend: "cpu", usable: true, detail: expect.any(String)});
  });

  test.each(["auto", "cpu"])("the miner passes its self-test with QSDM_COMPUTE=%s", async (backend) => {
    const {status, stdout} = await qsdm(["mine", "--self-test", "--json"], {QSDM_COMPUTE: backend});
    expect(status).toBe(0);
    expect(JSON.parse(stdout).data.backend).toMatch(backend === "cpu" ? /^cpu$/ : /^(wasm|cpu)$/);
  });

  test("keys are made offline", async () => {
    const {status} = await qsdm(["keygen", "node", "--out", "node.key"]);
    expect(status).toBe(0);
    expect(existsSync(path.join(plain, "node.key"))).toBe(true);
  });

  test.runIf(hasSqlite)(
    "a devnet plays its tour",
    async () => {
      const {status, stderr} = await qsdm(["devnet", "--tour", "--exit"], {QSDM_COMPUTE: "cpu"});
      expect(status, stderr).toBe(0);
    },
    600_000,
  );

  test("a node is made offline, and ends with one coded hint for lack of SQLite", async (context) => {
    if (hasSqlite) return context.skip("needs a Node for which SQLite is compiled");
    const account = "a".repeat(64);
    const init = ["node", "init", "--chain-id", "packed", "--validator-account", account, "--data-dir", "node"];
    expect((await qsdm(init)).status).toBe(0);
    const {status, stdout, stderr} = await qsdm(["node", "run", "--data-dir", "node", "--api-port", "0", "--json"]);
    expect(status).toBe(4);
    const documents = stdout.trim().split("\n");
    expect(documents).toHaveLength(1);
    expect(JSON.parse(documents[0]!).error).toMatchObject({
      code: "SQLITE_UNAVAILABLE",
      hint: expect.stringContaining("npm rebuild better-sqlite3"),
    });
    expect(stderr).not.toContain("internal error");
  });
});

describe("its install script, with a packed addon and no compiler", () => {
  const installed = (file: string): string => path.join(plain, "node_modules/qsdm", file);
  const rebuild = () => {
    const env = {CXX: "/no/compiler", QSDM_CUDA: "0"};
    return outcome("npm", ["rebuild", "qsdm", "--foreground-scripts"], plain, env);
  };
  const packOf = (): string =>
    installed(`prebuilds/${readdirSync(installed("prebuilds")).find((name) => name.endsWith(".tar.gz"))}`);

  test("refuses a pack that does not match its checksum, in a line, and says what is missing and what that costs", async (context) => {
    if (!builtAddon) return lacking(context, "the native addon");
    const pack = readFileSync(packOf());
    writeFileSync(packOf(), pack.with(100, pack[100]! ^ 1));
    const {status, stdout, stderr} = await rebuild();
    writeFileSync(packOf(), pack);
    expect(status).toBe(0);
    expect(stdout + stderr).toMatch(/^packed addon not used: qsdm_native-\S+ does not match its checksum$/m);
    expect(stdout + stderr).toMatch(
      /^native addon not built, so hashing runs in WebAssembly, .*: needs a C\+\+ compiler$/m,
    );
    expect(existsSync(installed(ADDON))).toBe(false);
  });

  test("puts the pack in place, and it computes", async (context) => {
    if (!builtAddon) return lacking(context, "the native addon");
    expect((await rebuild()).status).toBe(0);
    const digest = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(digest(installed(ADDON))).toBe(digest(path.join(ROOT, ADDON)));
    const {compute} = JSON.parse((await qsdm(["version", "--json"])).stdout).data;
    expect(compute).toContainEqual({backend: "native", usable: true, detail: expect.any(String)});
  });

  test("leaves a pack of other sources alone", async (context) => {
    if (!builtAddon) return lacking(context, "the native addon");
    rmSync(installed(ADDON));
    writeFileSync(installed("native/core/keccak.hpp"), "// other\n");
    const {stdout, stderr} = await rebuild();
    expect(stdout + stderr).not.toContain("packed addon");
    expect(existsSync(installed(ADDON))).toBe(false);
  });
});
