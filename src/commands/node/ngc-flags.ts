/** Flags of `qsdm node run` about the operator's NVIDIA sidecars, and what they amount to. */
import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {NGC_DEFAULTS, type NgcOptions} from "../../node/api/ngc/desk.js";
import {durationFlag} from "../flags.js";
import type {Io} from "../io.js";

export interface NgcFlags {
  readonly ngcSecretFile?: string;
  readonly nvidiaLock: boolean;
  readonly nvidiaLockPeers: boolean;
  readonly nvidiaLockMaxAge?: number;
  readonly nvidiaLockNodeId?: string;
  readonly nvidiaLockHmacFile?: string;
  readonly nvidiaLockNonces: boolean;
  readonly nvidiaLockNonceTtl?: number;
}

/** A secret that can be guessed locks nothing. */
const SECRET_MIN_CHARS = 16;
const SECRET_MAX_BYTES = 4_096;

export const addNgcFlags = (command: Command): Command =>
  command
    .optionsGroup("NVIDIA sidecar flags:")
    .option("--ngc-secret-file <path>", "file with what the operator's sidecars present; without it none is heard")
    .option("--nvidia-lock", "take payments and enrollments only while a sidecar's bundle is fresh", false)
    .option("--nvidia-lock-peers", "hear of no transaction from other nodes either, while the lock is shut", false)
    .option("--nvidia-lock-max-age <duration>", "how long a bundle is fresh (default: 15m)", durationFlag)
    .option("--nvidia-lock-node-id <id>", "node id that bundles must name (default: any)")
    .option("--nvidia-lock-hmac-file <path>", "file with the key of the bundles' MAC (default: no MAC is asked for)")
    .option("--nvidia-lock-nonces", "let each bundle answer a challenge, and pass one write", false)
    .option("--nvidia-lock-nonce-ttl <duration>", "how long a challenge is good (default: 10m)", durationFlag);

/**
 * What the flags ask for; `null` without a secret.
 * @throws UsageError NVIDIA_LOCK_INCOMPLETE, SECRET_TOO_SHORT
 */
export async function ngcOptionsOf(io: Io, flags: NgcFlags): Promise<NgcOptions | null> {
  const {ngcSecretFile, nvidiaLock, nvidiaLockHmacFile, nvidiaLockNonces} = flags;
  if (nvidiaLock && ngcSecretFile === undefined) throw incomplete("--nvidia-lock", "--ngc-secret-file");
  if (!nvidiaLock && nvidiaLockHmacFile !== undefined) throw incomplete("--nvidia-lock-hmac-file", "--nvidia-lock");
  if (!nvidiaLock && flags.nvidiaLockPeers) throw incomplete("--nvidia-lock-peers", "--nvidia-lock");
  if (!nvidiaLock && nvidiaLockNonces) throw incomplete("--nvidia-lock-nonces", "--nvidia-lock");
  if (nvidiaLockNonces && nvidiaLockHmacFile === undefined)
    throw incomplete("--nvidia-lock-nonces", "--nvidia-lock-hmac-file");
  if (ngcSecretFile === undefined) return null;
  const ingestSecret = await readSecret(io, ngcSecretFile, "--ngc-secret-file");
  const nonceTtlMs = flags.nvidiaLockNonceTtl ?? NGC_DEFAULTS.nonceTtlMs;
  if (!nvidiaLock) return {ingestSecret, nonceTtlMs, lock: null};
  const lock = {
    maxProofAgeMs: flags.nvidiaLockMaxAge ?? NGC_DEFAULTS.maxProofAgeMs,
    expectedNodeId: flags.nvidiaLockNodeId ?? null,
    macSecret:
      nvidiaLockHmacFile === undefined ? null : await readSecret(io, nvidiaLockHmacFile, "--nvidia-lock-hmac-file"),
    requireNonce: nvidiaLockNonces,
    peers: flags.nvidiaLockPeers,
  };
  return {ingestSecret, nonceTtlMs, lock};
}

const incomplete = (flag: string, needed: string): UsageError =>
  new UsageError("NVIDIA_LOCK_INCOMPLETE", `${flag} needs ${needed}`);

async function readSecret(io: Io, path: string, flag: string): Promise<string> {
  const secret = textOf(await io.readFile(path, {flag, maxBytes: SECRET_MAX_BYTES})).trim();
  if (secret.length < SECRET_MIN_CHARS)
    throw new UsageError("SECRET_TOO_SHORT", `the secret in ${path} has ${secret.length} characters`, {
      hint: `use at least ${SECRET_MIN_CHARS}, for example: openssl rand -hex 32`,
    });
  return secret;
}
