/** One output stream: what was written, what has left, and whether anybody still reads. */
import type {OutputStream} from "./descriptor.js";

export class Writer {
  readonly #pending = new Set<Promise<void>>();
  #watched = false;
  #closed = false;

  /** `stream` is taken when first written to; `failed` hears of every error except a reader that went away. */
  constructor(
    private readonly stream: () => OutputStream,
    private readonly on: {readonly closed: () => void; readonly failed: (error: Error) => void},
  ) {}

  /** Whether the reader went away. What is written after that is dropped. */
  get closed(): boolean {
    return this.#closed;
  }

  write(chunk: string | Uint8Array): void {
    if (this.#closed || chunk.length === 0) return;
    const stream = this.#watch();
    const written = new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
    this.#pending.add(written);
    void written.then(() => this.#pending.delete(written));
  }

  /** Resolves once everything written has left the process. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #watch(): OutputStream {
    const stream = this.stream();
    if (this.#watched) return stream;
    this.#watched = true;
    stream.on("error", (error) => {
      if (error.code !== "EPIPE") return this.on.failed(error);
      this.#closed = true;
      this.on.closed();
    });
    return stream;
  }
}
