/**
 * A command's only way to the streams. Nothing else in the program prints.
 *
 * Standard output carries the result alone: text, or one JSON document under --json, or one JSON event per line for
 * commands that run on. Notes, warnings, progress and prompts go to standard error.
 */
import type {ChalkInstance} from "chalk";
import {plain} from "../codecs/bytes.js";
import {UsageError} from "../errors.js";
import type {OutputStream} from "./descriptor.js";
import {tooLarge} from "./disk.js";
import type {Host} from "./host.js";
import {
  EXIT,
  eventLine,
  type Failure,
  failureDocument,
  failureOf,
  INTERRUPTED,
  linesOf,
  oneLine,
  printable,
  stackOf,
  successDocument,
  type Text,
} from "./output.js";
import {type Progress, startProgress} from "./progress.js";
import {Writer} from "./writer.js";

/** The flags that every command has. */
export interface IoFlags {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  /** False under --no-input: nothing is ever asked. */
  readonly input: boolean;
  /** Whether questions are answered with yes. */
  readonly yes: boolean;
}

export interface ReadOptions {
  /** The flag that names the file, for messages. */
  readonly flag: string;
  /** Most bytes to take; 4 MiB unless said otherwise. */
  readonly maxBytes?: number;
}

export interface OutOptions {
  readonly force?: boolean;
  /** Whether only the owner may read the file: keys and evidence, mode 0600. */
  readonly secret?: boolean;
}

/** Warnings that a document shows. */
const WARNINGS_MAX = 1_000;
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
/** A terminal's second screen, which leaves nothing to scroll back to, and the way back from it. */
const OTHER_SCREEN = "\x1b[?1049h\x1b[H";
const FIRST_SCREEN = "\x1b[?1049l";

/** Streams, files and questions of one invocation. */
export class Io {
  /** Aborted by the first Ctrl-C or SIGTERM, and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /** What the process will exit with if nothing throws. */
  status: number = EXIT.done;
  readonly #abort = new AbortController();
  readonly #warnings: string[] = [];
  readonly #out: Writer;
  readonly #err: Writer;
  #paint: ChalkInstance | undefined;
  #stdinTakenBy: string | undefined;
  #answered = false;
  #interrupted = false;

  constructor(
    readonly host: Host,
    public flags: IoFlags,
  ) {
    this.signal = this.#abort.signal;
    this.#out = new Writer(() => host.stdout, {
      closed: () => this.#abort.abort(),
      failed: (error) => this.#err.write(`qsdm: error: standard output: ${oneLine(error.message)}\n`),
    });
    this.#err = new Writer(() => host.stderr, {closed: () => undefined, failed: () => undefined});
  }

  /** Whether colour may be used on a stream. NO_COLOR counts when set to anything but the empty text. */
  colors(stream: "stdout" | "stderr"): boolean {
    const {env, terminal} = this.host;
    return terminal(stream) && this.flags.color && !env.NO_COLOR && env.TERM !== "dumb";
  }

  /** Loads what colours need, where they are shown at all. */
  async prepare(): Promise<void> {
    if (this.colors("stderr")) this.#paint = new (await import("chalk")).Chalk({level: 1});
  }

  /**
   * The result of a command that ends. Called once. `final: false` says that what was submitted is not decided yet,
   * which is exit status 5.
   */
  result(data: unknown, text: Text, {final = true}: {readonly final?: boolean} = {}): void {
    this.#answered = true;
    if (!final) this.status = EXIT.submitted;
    this.#out.write(this.flags.json ? successDocument(data, this.#warnings) : linesOf(text));
  }

  /** One event of a command that runs on; `text` is its line where --json is not given. */
  event(event: Readonly<Record<string, unknown>>, text: Text): void {
    this.#out.write(this.flags.json ? eventLine(event) : linesOf(text));
  }

  /**
   * Raw bytes as the result; under --json, `data` stands for them.
   * @throws UsageError BINARY_TO_TERMINAL
   */
  bytes(raw: Uint8Array, data: unknown): void {
    this.checkBinary();
    this.#answered = true;
    this.#out.write(this.flags.json ? successDocument(data, this.#warnings) : raw);
  }

  /** @throws UsageError BINARY_TO_TERMINAL when raw bytes would land on a terminal */
  checkBinary(): void {
    if (!this.flags.json && this.host.terminal("stdout"))
      throw new UsageError("BINARY_TO_TERMINAL", "refusing to write raw bytes to a terminal", {
        hint: "pass --out FILE, or pipe the output into a file or another command",
      });
  }

  /** A remark for the person who watches. */
  note(text: string): void {
    this.#err.write(`${printable(text)}\n`);
  }

  /** Something that went another way than asked; also a member of the JSON document. */
  warn(text: string): void {
    // A command that runs on for weeks warns often, and has no document to put it in.
    if (this.#warnings.length < WARNINGS_MAX) this.#warnings.push(text);
    this.#err.write(`qsdm: ${this.#tint("yellow", "warning:")} ${printable(text)}\n`);
  }

  /** Detail that only --verbose shows. */
  detail(text: string): void {
    if (this.flags.verbose) this.#err.write(`${printable(text)}\n`);
  }

  /** Work that takes a while: a spinner on a terminal, a line for each step elsewhere. */
  progress(text: string): Progress {
    return startProgress(text, {
      live: this.host.terminal("stderr") && this.host.env.TERM !== "dumb",
      color: this.colors("stderr"),
      screen: () => this.host.screen,
      line: (line) => this.note(line),
    });
  }

  /**
   * Returns when the user agrees to `question` (--yes agrees in advance).
   * @throws UsageError CONFIRMATION_REQUIRED where nobody can be asked, CONFIRMATION_DECLINED
   */
  async confirm(question: string): Promise<void> {
    if (this.flags.yes) return;
    if (!this.#canAsk())
      throw new UsageError("CONFIRMATION_REQUIRED", `${question} Nobody can be asked here.`, {
        hint: "pass --yes to agree in advance",
      });
    const answer = await this.#ask(`${question} [y/N] `, true);
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new UsageError("CONFIRMATION_DECLINED", "not confirmed; nothing was changed");
  }

  /** Whether somebody can be asked: a terminal that no flag reads from, without --no-input. */
  get asks(): boolean {
    return this.#canAsk();
  }

  /** A line typed with echo, or `undefined` where nobody can be asked. */
  async line(label: string): Promise<string | undefined> {
    return this.#canAsk() ? await this.#ask(label, true) : undefined;
  }

  /**
   * Shows a secret on the terminal until it was written down, and takes it off again. It reaches nothing else: no result,
   * no log, no file. False where nobody sits there.
   */
  async reveal(lines: readonly string[]): Promise<boolean> {
    if (!this.#canAsk() || !this.host.terminal("stderr")) return false;
    const screen = this.host.env.TERM !== "dumb";
    this.#err.write(`${screen ? OTHER_SCREEN : ""}${lines.map((line) => `${printable(line)}\n`).join("")}`);
    try {
      await this.#ask("Press Enter when you have written them down. ", false);
    } finally {
      if (screen) this.#err.write(FIRST_SCREEN);
    }
    return true;
  }

  /** Text typed without echo, or `undefined` where nobody can be asked. */
  async secret(label: string): Promise<string | undefined> {
    return this.#canAsk() ? await this.#ask(label, false) : undefined;
  }

  /**
   * A file named by a flag; `-` is standard input, which serves one flag only.
   * @throws UsageError STDIN_TWICE, FILE_NOT_FOUND, FILE_UNREADABLE; DecodeError INPUT_TOO_LARGE
   */
  async readFile(path: string, {flag, maxBytes = DEFAULT_MAX_BYTES}: ReadOptions): Promise<Uint8Array> {
    if (path !== "-") return this.host.disk.read(path, maxBytes);
    if (this.#stdinTakenBy !== undefined)
      throw new UsageError("STDIN_TWICE", `${this.#stdinTakenBy} and ${flag} both ask for standard input`, {
        hint: "give one of them a file",
      });
    this.#stdinTakenBy = flag;
    const {stdin} = this.host;
    this.signal.throwIfAborted();
    this.signal.addEventListener("abort", () => stdin.destroy(this.signal.reason), {once: true});
    const parts: Uint8Array[] = [];
    let total = 0;
    for await (const part of stdin) {
      total += (part as Uint8Array).length;
      if (total > maxBytes) throw tooLarge("standard input", maxBytes);
      parts.push(typeof part === "string" ? Buffer.from(part) : (part as Uint8Array));
    }
    return plain(Buffer.concat(parts));
  }

  /**
   * Writes a whole file; an existing one only with `force`.
   * @throws UsageError FILE_EXISTS, FILE_UNWRITABLE; UnavailableError DISK_UNAVAILABLE
   */
  writeFile(path: string, bytes: Uint8Array, {force = false, secret = false}: OutOptions = {}): Promise<void> {
    return this.host.disk.write(path, bytes, {mode: secret ? 0o600 : 0o644, replace: force});
  }

  /** Starts an orderly stop, and says so. */
  interrupt(name: string): void {
    this.#interrupted = true;
    this.#err.write(`qsdm: ${name}: stopping; once more ends at once\n`);
    this.#abort.abort();
  }

  /** Reports what ended the command, and gives the exit status. */
  fail(error: unknown): number {
    if (this.signal.aborted && isAbort(error)) {
      if (!this.#interrupted && this.#out.closed) return 0;
      return this.#report(INTERRUPTED);
    }
    const status = this.#report(failureOf(error));
    if (this.flags.verbose) this.#err.write(`${printable(stackOf(error))}\n`);
    return status;
  }

  /** Resolves once everything printed has left the process. */
  async flush(): Promise<void> {
    await this.#out.flush();
    await this.#err.flush();
  }

  #report(failure: Failure): number {
    if (this.flags.json && !this.#answered) this.#out.write(failureDocument(failure));
    this.#err.write(`qsdm: ${this.#tint("red", "error:")} ${oneLine(failure.message)}\n`);
    if (failure.hint !== null) this.#err.write(`qsdm: ${this.#tint("cyan", "hint:")} ${oneLine(failure.hint)}\n`);
    return failure.exitCode;
  }

  #canAsk(): boolean {
    return this.flags.input && this.host.terminal("stdin") && this.#stdinTakenBy === undefined;
  }

  async #ask(label: string, echo: boolean): Promise<string> {
    const {stdin, stderr} = this.host;
    const {askLine} = await import("./prompt.js");
    try {
      return await askLine({
        input: stdin,
        write: (text) => void stderr.write(text, () => undefined),
        label,
        echo,
        signal: this.signal,
      });
    } catch (error) {
      // The terminal is in raw mode while a prompt is open, so Ctrl-C came as a key and not as a signal.
      this.#interrupted = true;
      this.#abort.abort();
      throw error;
    }
  }

  #tint(color: "red" | "yellow" | "cyan", text: string): string {
    return this.#paint ? this.#paint[color](text) : text;
  }
}

/** Prints a page that is ready as it is, such as help, and gives the exit status. */
export const printPage = (stdout: OutputStream, page: string): Promise<number> =>
  new Promise((resolve) => {
    stdout.on("error", () => undefined);
    stdout.write(page, () => resolve(EXIT.done));
  });

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
