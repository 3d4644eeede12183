/**
 * The native addon, where it has been built. Loading never throws anything but a reason, because the program works
 * without it.
 */
import {existsSync} from "node:fs";
import {createRequire} from "node:module";
import {fileURLToPath} from "node:url";
import {UnavailableError} from "../../../errors.js";
import type {CudaLibrary, CudaSignatures} from "./cuda-library.js";

/** `QSDM_NATIVE_ABI` in native/include/qsdm_native.h. */
const ABI = 10;

/** An instruction set that the addon was built for. */
export interface NativePath {
  /** `scalar`, `avx2` or `avx512`. */
  readonly name: string;
  /** Hashes computed side by side. */
  readonly lanes: number;
  /** Why this machine cannot run it, or null. */
  readonly missing: string | null;
}

/** Numbers of the sponges in the C interface. */
export const SPONGE = {sha3_256: 0, shake128: 1, shake256: 2} as const;

/** The addon. Every function takes a path's index first; native/napi/addon.cpp says what it checks. */
export interface Addon {
  readonly abi: number;
  /** Slowest first. */
  readonly paths: readonly NativePath[];
  hash(path: number, sponge: number, messages: Uint8Array, ends: Uint32Array, digests: Uint8Array): void;
  extend(
    path: number,
    previous: readonly Uint8Array[],
    into: readonly Uint8Array[],
    indexes: Uint32Array<ArrayBuffer>,
  ): void;
  walk(...args: [path: number, ...AddonDag, mix: number, starts: Uint8Array, mixes: Uint8Array]): void;
  /** Attempts that the solution took, or 0. */
  search(
    ...args: [
      ...[path: number, ...AddonDag, mix: number, headerAndRoot: Uint8Array, limit: Uint8Array],
      ...[start: Uint8Array, attempts: number, nonceAndMix: Uint8Array],
    ]
  ): number;
  /** Whether the system was asked for large pages under `bytes`. */
  preferLargePages(bytes: Uint8Array): boolean;
  /** A handle for so many bytes of a file from `offset` on, or why they cannot be mapped. The descriptor is not kept. */
  mapTable(fd: number, offset: number, bytes: number): AddonTable | string;
  /** Copies bytes from `at` on. */
  readTable(table: AddonTable, at: number, into: Uint8Array): void;
  /** A descriptor of the table's file, open for as long as the handle is there. */
  tableFile(table: AddonTable): number;
  tableLargeBytes(table: AddonTable): number;
  /** The functions of the CUDA library in a file, or why it cannot be loaded. */
  loadCuda(file: string): CudaLibrary | string;
  readonly field: AddonField;
  /** Threads with a queue of at most so many jobs and bytes. */
  readonly Pool: new (
    threads: number,
    jobs: number,
    bytes: number,
  ) => AddonPool;
  /** A verdict for each signature: 0 where it is valid, else `qsdm_refusal` of native/include/qsdm_signatures.h. */
  mlDsaVerify(...batch: SignatureBatch): Uint8Array;
  /** Fills both keys. */
  mlDsaKeygen(path: number, level: number, seed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): void;
  /** A copy of the key in memory of its own, or null where those bytes are no key. */
  mlDsaSigner(path: number, level: number, secretKey: Uint8Array): AddonSigner | null;
  /** Fills the signature unless it refuses: 0 when it has. `rnd` of zeros signs deterministically. */
  mlDsaSign(
    ...args: [
      ...[path: number, signer: AddonSigner, form: number, message: Uint8Array, context: Uint8Array],
      ...[rnd: Uint8Array, signature: Uint8Array],
    ]
  ): number;
  /** Wipes the key, which is otherwise wiped once the handle is collected. */
  mlDsaForget(signer: AddonSigner): void;
  /** Fills both keys. */
  mlKemKeygen(path: number, seed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): void;
  /** Fills ciphertext and secret; false where those bytes are no key. */
  mlKemEncapsulate(
    ...args: [path: number, publicKey: Uint8Array, message: Uint8Array, ciphertext: Uint8Array, secret: Uint8Array]
  ): boolean;
  /** Fills the secret; false where those bytes are no key. */
  mlKemDecapsulate(path: number, secretKey: Uint8Array, ciphertext: Uint8Array, secret: Uint8Array): boolean;
  /** Fills the commitments; false where a scalar is not below the group's order. */
  pedersenCommit(values: Uint8Array, blindings: Uint8Array, commitments: Uint8Array): boolean;
}
/** Handle of a mapped table. What walks or reads it throws NATIVE_TABLE once its file was changed. */
export interface AddonTable {
  readonly _table: unique symbol;
}
/** A secret key's handle. */
export interface AddonSigner {
  readonly _signer: unique symbol;
}
/** Batches over both fields; each writes to its last Uint8Array. */
export interface AddonField {
  add(a: Uint8Array, b: Uint8Array, out: Uint8Array): void;
  multiply(a: Uint8Array, b: Uint8Array, out: Uint8Array): void;
  invert(a: Uint8Array, out: Uint8Array): void;
  combine(weights: Uint8Array, matrix: Uint8Array, out: Uint8Array): void;
  evaluate(xs: Uint8Array, matrix: Uint8Array, out: Uint8Array, rows: number): void;
  gf256Combine(path: number, weights: Uint8Array, matrix: Uint8Array, out: Uint8Array): void;
  gf256Evaluate(path: number, xs: Uint8Array, matrix: Uint8Array, out: Uint8Array, rows: number): void;
}
/** A job is known by its ticket, which the caller chooses. */
export interface AddonPool {
  hash(
    ...args: [
      ...[ticket: number, path: number, sponge: number],
      ...[messages: Uint8Array, ends: Uint32Array, digestBytes: number],
    ]
  ): Promise<Uint8Array>;
  /** Nonce and mix digest. The counter lies in shared memory, and so does a table that is not mapped. */
  search(
    ...args: [
      ...[ticket: number, path: number, ...AddonDag, mix: number, headerAndRoot: Uint8Array, limit: Uint8Array],
      ...[start: Uint8Array, attempts: BigInt64Array],
    ]
  ): Promise<Uint8Array>;
  /** Verdicts as `mlDsaVerify` of the addon gives them. */
  mlDsaVerify(ticket: number, ...batch: SignatureBatch): Promise<Uint8Array>;
  /** The same on a device, which one thread waits for. */
  cudaVerify(ticket: number, ...batch: CudaSignatures): Promise<Uint8Array>;
  /** Whether the job was still under way; its promise is rejected. */
  cancel(ticket: number): boolean;
  close(): Promise<void>;
}
export type SignatureBatch = [
  ...[path: number, level: number, form: number, publicKeys: readonly Uint8Array[], messages: readonly Uint8Array[]],
  ...[contexts: readonly Uint8Array[], signatures: readonly Uint8Array[]],
];
/** Forms of a signed message in the C interface. */
export const SIGNED_FORM = {pure: 0, internal: 1, mu: 2} as const;
export type AddonDag = [bytes: Uint8Array | AddonTable, entries: number, interval: number];

let loaded: Addon | UnavailableError | undefined;

/** The addon. @throws UnavailableError NATIVE_UNAVAILABLE saying why there is none */
export function loadAddon(): Addon {
  loaded ??= load(addonFile(import.meta.url));
  if (loaded instanceof UnavailableError) throw loaded;
  return loaded;
}

/** The addon in `file`, or why it cannot be used. */
export function load(file: string): Addon | UnavailableError {
  if (!existsSync(file)) return unavailable("the addon has not been built");
  try {
    const addon = createRequire(import.meta.url)(file) as Addon;
    return addon.abi === ABI ? addon : unavailable(`the addon's interface has version ${addon.abi}, not ${ABI}`);
  } catch (cause) {
    return unavailable(`the addon does not load: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

const unavailable = (why: string, cause?: unknown): UnavailableError =>
  new UnavailableError("NATIVE_UNAVAILABLE", `backend native: ${why}`, {
    hint: "npm run build:native builds it; it takes a C++ compiler, make and Python 3",
    ...(cause === undefined ? {} : {cause}),
  });

/** Where the addon lies, seen from this module: in the source tree, in a file of dist/ or in one of its folders. */
export function addonFile(here: string): string {
  const up = here.endsWith(".ts") ? "../../../../" : /\/(chunks|quick)\/[^/]*$/.test(here) ? "../../" : "../";
  return fileURLToPath(new URL(`${up}native/build/Release/qsdm_native.node`, here));
}

/** Index of the fastest path that this machine can run; the slowest one runs everywhere. */
export const bestPath = ({paths}: Pick<Addon, "paths">): number =>
  paths.reduce((best, {missing}, index) => (missing === null ? index : best), 0);

/** Index of the path that secrets are used on: the fastest that valgrind knows the instructions of. */
export const secretPath = ({paths}: Pick<Addon, "paths">): number =>
  bestPath({paths: paths.map((each) => (each.name === "avx512" ? {...each, missing: "valgrind"} : each))});

/** Name of the path that is used here, or null without an addon and where `QSDM_COMPUTE` allows another backend alone. */
export function nativePathName(allowed = process.env.QSDM_COMPUTE): string | null {
  if (allowed && allowed !== "auto" && allowed !== "native") return null;
  try {
    const addon = loadAddon();
    return addon.paths[bestPath(addon)]!.name;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return null;
  }
}
