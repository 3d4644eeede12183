/** Native peers that whoever runs the benchmarks has built: liboqs and XKCP. Their own programs say how long they take. */
import {spawnSync} from "node:child_process";
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
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
  const folder = mkdtempSync(path.join(tmpdir(), "qsdm-xkcp-"));
  try {
    const program = path.join(folder, "xkcp");
    const source = fileURLToPath(new URL("xkcp.c", import.meta.url));
    const made = spawnSync(process.env.CC ?? "cc", ["-O2", source, "-o", program, "-ldl"], {encoding: "utf8"});
    const ran = made.status === 0 ? spawnSync(program, [path.resolve(library)], {encoding: "utf8"}) : made;
    if (ran.status === 0) return Number(ran.stdout) / 1e6;
    print(`native XKCP: not compared; ${ran.error?.message ?? ran.stderr.trim()}`);
    return null;
  } finally {
    rmSync(folder, {recursive: true});
  }
}
