/** A host without a process: streams in memory, files in a map, a clock that stands still. */
import {PassThrough} from "node:stream";
import type {Disk, WriteOptions} from "../../src/commands/disk.js";
import {tooLarge} from "../../src/commands/disk.js";
import type {Host} from "../../src/commands/host.js";
import {UsageError} from "../../src/errors.js";

export interface MemoryHost extends Host {
  readonly out: () => string;
  readonly err: () => string;
  readonly files: Map<string, Uint8Array>;
  readonly writes: Map<string, WriteOptions>;
  /** What a user types, or a pipe brings. */
  readonly input: PassThrough;
  /** Sends a signal; one that nobody listens for yet is kept. */
  signal(name: string): void;
}

export interface MemoryOptions {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly terminals?: readonly ("stdin" | "stdout" | "stderr")[];
}

export function memoryHost({argv = [], env = {}, files = {}, terminals = []}: MemoryOptions = {}): MemoryHost {
  const kept = new Map(Object.entries(files).map(([path, data]) => [path, new Uint8Array(Buffer.from(data))]));
  const writes = new Map<string, WriteOptions>();
  const listeners = new Set<(name: string) => void>();
  const early: string[] = [];
  const input = new PassThrough();
  const [out, err] = [sink(), sink()];
  return {
    argv,
    env,
    stdin: input,
    input,
    stdout: out,
    stderr: err,
    screen: process.stderr,
    out: out.text,
    err: err.text,
    files: kept,
    writes,
    home: "/home/u",
    terminal: (stream) => terminals.includes(stream),
    now: () => 1_767_322_645_000,
    randomBytes: (size) => new Uint8Array(size).fill(7),
    fetch: () => Promise.reject(new TypeError("no network here")),
    disk: memoryDisk(kept, writes),
    onSignal(listener) {
      listeners.add(listener);
      for (const name of early.splice(0)) queueMicrotask(() => listener(name));
      return () => listeners.delete(listener);
    },
    signal(name) {
      if (listeners.size === 0) early.push(name);
      for (const listener of listeners) listener(name);
    },
  };
}

function sink() {
  const parts: Buffer[] = [];
  return {
    text: () => Buffer.concat(parts).toString(),
    on: () => undefined,
    write(chunk: string | Uint8Array, done: () => void) {
      parts.push(Buffer.from(chunk));
      done();
    },
  };
}

const memoryDisk = (files: Map<string, Uint8Array>, writes: Map<string, WriteOptions>): Disk => ({
  async read(path, maxBytes) {
    const file = files.get(String(path));
    if (!file) throw new UsageError("FILE_NOT_FOUND", `${path} does not exist`);
    if (file.length > maxBytes) throw tooLarge(String(path), maxBytes);
    return file;
  },
  async write(path, bytes, options) {
    if (files.has(path) && !options.replace) throw new UsageError("FILE_EXISTS", `${path} already exists`);
    files.set(path, bytes);
    writes.set(path, options);
  },
  async writeTo(descriptor, bytes) {
    files.set(String(descriptor), bytes);
  },
  exists: async (path) => files.has(path),
});
