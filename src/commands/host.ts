/**
 * What the process gives a command: streams, files, clock, randomness, network. Everything a command does to the
 * world goes through this one value, so tests pass an object literal instead.
 */
import {randomBytes} from "node:crypto";
import {homedir} from "node:os";
import type {Readable} from "node:stream";
import {plain} from "../codecs/bytes.js";
import {type Disk, disk} from "./disk.js";

/** Where text or bytes go. `process.stdout` fits. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Where input comes from. `process.stdin` fits. */
export type InputStream = Readable & {readonly isTTY?: boolean};

export interface Host {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly disk: Disk;
  /** The user's home directory. */
  readonly home: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Bytes from the system's generator. */
  randomBytes(size: number): Uint8Array;
  readonly fetch: typeof globalThis.fetch;
  /** Calls back at every SIGINT, SIGTERM and SIGHUP until the returned function is called. */
  onSignal(listener: (name: string) => void): () => void;
}

/** The part of `process` that bin/ hands over. */
export type ProcessLike = Pick<NodeJS.Process, "argv" | "env" | "stdin" | "stdout" | "stderr" | "on" | "off">;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The host of a real process. Streams are touched when first used: opening them costs start-up time. */
export const processHost = (process: ProcessLike): Host => ({
  argv: process.argv.slice(2),
  env: process.env,
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  disk,
  get home() {
    return homedir();
  },
  now: () => Date.now(),
  randomBytes: (size) => plain(randomBytes(size)),
  fetch: (input, init) => globalThis.fetch(input, init),
  onSignal(listener) {
    const handler = (name: string): void => listener(name);
    for (const name of SIGNALS) process.on(name, handler);
    return () => {
      for (const name of SIGNALS) process.off(name, handler);
    };
  },
});
