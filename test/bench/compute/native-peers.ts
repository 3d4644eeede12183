/** Native peers: liboqs and XKCP where whoever runs the benchmarks has built them, and plain C that is compiled here. */
import {spawnSync} from "node:child_process";
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {hexOf} from "../../../src/codecs/bytes.js";
import {ENTRY_BYTES} from "../../../src/node/ledger/mining/dag.js";
import {mixDigest} from "../../../src/node/ledger/mining/walk.js";
import type {Print} from "./rounds.js";

/** The file in the folder that a variable names, or null with a line that says why there is none. */
function builtFile(variable: string, what: string, places: readonly string[], print: Print): string | null {
  const folder = process.env[variable];
  if (!folder) print(`native ${what}: not compared; ${variable} names no build`);
  const found = folder ? places.map((place) => path.join(folder, place)).find((file) => existsSync(file)) : undefined;
  if (folder && !found) print(`native ${what}: not compared; ${folder} has no ${places.join(", no ")}`);
  return found ?? null;
}

/**
 * Microseconds of each operation of one algorithm, by liboqs' own `speed_sig` and `speed_kem` (`QSDM_BENCH_LIBOQS`: its
 * build folder). Null with a line that says why.
 */
export function liboqsMicros(program: "speed_sig" | "speed_kem", algorithm: string, print: Print) {
  const file = builtFile("QSDM_BENCH_LIBOQS", "liboqs", [`tests/${program}`, `build/tests/${program}`, program], print);
  if (!file) return null;
  const {stdout, status} = spawnSync(file, ["--duration", "1", algorithm], {encoding: "utf8"});
  const micros = operationsOf(stdout ?? "");
  if (status === 0 && Object.keys(micros).length > 0) return micros;
  print(`native liboqs: not compared; ${file} ends with ${status} and no table`);
  return null;
}

/** The rows of liboqs' table: operation, iterations, seconds in all, microseconds for one, and more. */
export function operationsOf(table: string): Readonly<Record<string, number>> {
  const rows = table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return Object.fromEntries(
    rows.flatMap(([operation, iterations, , micros]) =>
      operation && /^\d+$/.test(iterations ?? "") && Number(micros) > 0 ? [[operation, Number(micros)]] : [],
    ),
  );
}

/** Millions of Keccak-f[1600] a second by XKCP's eight lanes (`QSDM_BENCH_XKCP`: where libXKCP.so lies), or null. */
export function xkcpPermutations(print: Print): number | null {
  const library = builtFile("QSDM_BENCH_XKCP", "XKCP", ["libXKCP.so", "bin/AVX512/libXKCP.so"], print);
  if (!library) return null;
  const ran = compiled("xkcp.c", (run) => [run(path.resolve(library))], print);
  return ran && Number(ran[0]) / 1e6;
}

const NAIVE_CHECK_ENTRIES = 1_024;

/** Walks a second of plain C, one at a time, over so many entries of noise; null with a line that says why. */
export function naiveWalks(entries: number, print: Print): number | null {
  const ran = compiled("naive-walk.c", (run) => [run("check"), run(`${entries}`)], print);
  if (!ran) return null;
  const table = Uint8Array.from({length: NAIVE_CHECK_ENTRIES * ENTRY_BYTES}, (_, i) => i * 7 + Math.floor(i / 256));
  const start = {headerHash: new Uint8Array(32), nonce: new Uint8Array(16)};
  if (ran[0] !== hexOf(mixDigest(table, start, 1))) print("WRONG DIGEST from plain C: its row does not count");
  return Number(ran[1]);
}

/** What a program of this folder prints; null with a line that says why it does not. */
function compiled(
  source: string,
  use: (run: (...argv: string[]) => string) => readonly string[],
  print: Print,
): readonly string[] | null {
  const folder = mkdtempSync(path.join(tmpdir(), "qsdm-peer-"));
  const program = path.join(folder, "peer");
  const run = (command: string, argv: readonly string[]): string => {
    const {status, stdout, stderr, error} = spawnSync(command, argv, {encoding: "utf8"});
    if (status !== 0) throw error ?? new Error(stderr.trim() || `${command} ended with ${status}`);
    return stdout.trim();
  };
  try {
    const file = fileURLToPath(new URL(source, import.meta.url));
    run(process.env.CC ?? "cc", ["-O2", file, "-o", program, "-ldl"]);
    return use((...argv) => run(program, argv));
  } catch (error) {
    print(`${source}: not compared; ${error instanceof Error ? error.message : error}`);
    return null;
  } finally {
    rmSync(folder, {recursive: true});
  }
}
