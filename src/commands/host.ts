/**
 * What the process gives a command: streams, files, clock, randomness, network. Everything a command does to the
 * world goes through this one value, so tests pass an object literal instead.
 */
import {homedir} from "node:os";
import type {Readable} from "node:stream";
import {descriptorStream, isTerminal, type OutputStream} from "./descriptor.js";
import {type Disk, disk} from "./disk.js";

/** Where input comes from. `process.stdin` fits. */
export type InputStream = Readable;

export interface Host {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Whether a stream is a terminal. */
  terminal(stream: "stdin" | "stdout" | "stderr"): boolean;
  readonly disk: Disk;
  /** The user's home directory. */
  readonly home: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Standard error as a spinner needs it: with cursor and columns. */
  readonly screen: NodeJS.WriteStream;
  /** Bytes from the system's generator, at most 65,536 at once. */
  randomBytes(size: number): Uint8Array;
  readonly fetch: typeof globalThis.fetch;
  /**
   * Calls back at every SIGINT, SIGTERM and SIGHUP until the returned function is called, and as at SIGHUP when a
   * process that keeps a channel to this one is gone.
   */
  onSignal(listener: (name: string) => void): () => void;
}

/** The part of `process` that bin/ hands over. */
export type ProcessLike = Pick<NodeJS.Process, "argv" | "env" | "stdin" | "stdout" | "stderr" | "on" | "off">;

const DESCRIPTORS = {stdin: 0, stdout: 1, stderr: 2} as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The host of a real process. Node's own streams are opened when nothing cheaper will do. */
export const processHost = (process: ProcessLike): Host => ({
  argv: process.argv.slice(2),
  env: process.env,
  get stdin() {
    return process.stdin;
  },
  stdout: descriptorStream(1, () => process.stdout),
  stderr: descriptorStream(2, () => process.stderr),
  get screen() {
    return process.stderr;
  },
  terminal: (stream) => isTerminal(DESCRIPTORS[stream]),
  disk,
  get home() {
    return homedir();
  },
  now: () => Date.now(),
  // Not node:crypto: loading it costs 3 ms of start-up, and most commands need no randomness.
  randomBytes: (size) => globalThis.crypto.getRandomValues(new Uint8Array(size)),
  fetch: (input, init) => globalThis.fetch(input, init),
  onSignal(listener) {
    const handler = (name: string): void => listener(name);
    const orphaned = (): void => listener("SIGHUP");
    for (const name of SIGNALS) process.on(name, handler);
    process.on("disconnect", orphaned);
    return () => {
      process.off("disconnect", orphaned);
      for (const name of SIGNALS) process.off(name, handler);
    };
  },
});
