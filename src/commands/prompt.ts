/** One typed line from a terminal, with or without echo. */
import {createInterface} from "node:readline";
import {Writable} from "node:stream";
import type {InputStream} from "./host.js";

export interface Question {
  readonly input: InputStream;
  write(text: string): void;
  readonly label: string;
  /** Whether what is typed shows. */
  readonly echo: boolean;
  readonly signal: AbortSignal;
}

/** The line without its end. Rejects with an `AbortError` on Ctrl-C, Ctrl-D or when the signal aborts. */
export function askLine({input, write, label, echo, signal}: Question): Promise<string> {
  const screen = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (echo) write(chunk.toString());
      done();
    },
  });
  write(label);
  const reader = createInterface({input, output: screen, terminal: true, historySize: 0});
  return new Promise<string>((resolve, reject) => {
    const cancel = (): void => reject(new DOMException("the prompt was cancelled", "AbortError"));
    signal.addEventListener("abort", cancel, {once: true});
    reader.once("line", resolve).once("SIGINT", cancel).once("close", cancel);
  }).finally(() => {
    reader.close();
    write("\n");
  });
}
