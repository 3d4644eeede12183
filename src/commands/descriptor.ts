/**
 * Descriptors 1 and 2 without Node's streams, which cost 4 ms of start-up. Node too writes to files, terminals and
 * pipes in the calling thread, so nothing is lost; only a pipe that is full needs the stream behind.
 */
import {fstatSync, writeSync} from "node:fs";

type ErrorListener = (error: NodeJS.ErrnoException) => void;

/** Where text or bytes go. Node's own output streams fit. */
export interface OutputStream {
  write(chunk: string | Uint8Array, done: () => void): unknown;
  on(event: "error", listener: ErrorListener): unknown;
}

/** A stream over `descriptor`. `fallback` opens Node's own, for when the reader is slower than the writer. */
export function descriptorStream(descriptor: number, fallback: () => OutputStream): OutputStream {
  const listeners: ErrorListener[] = [];
  let slow: OutputStream | undefined;
  return {
    on: (_event, listener) => listeners.push(listener),
    write(chunk, done) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      let at = 0;
      try {
        while (slow === undefined && at < bytes.length) at += writeSync(descriptor, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") slow = fallback();
        else for (const listener of listeners) listener(error as NodeJS.ErrnoException);
        slow?.on("error", (late) => {
          for (const listener of listeners) listener(late);
        });
      }
      if (slow) slow.write(bytes.subarray(at), done);
      else done();
    },
  };
}

/** Whether `descriptor` is a terminal. Most are pipes or files, which their type tells without loading node:tty. */
export function isTerminal(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false; // closed by whoever started the program
  }
}
