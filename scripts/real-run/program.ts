/** The program's own command lines as separate processes: those that end, and those that go on. */
import {type ChildProcess, spawn} from "node:child_process";
import {createWriteStream} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSX = import.meta.resolve("tsx");
const QSDM = path.join(ROOT, "bin", "qsdm.js");

/** One JSON object of a process that reports by lines. */
export type Line = Readonly<Record<string, unknown>>;

/** A process in the background. */
export interface Running {
  /**
   * Ends it in order, as Ctrl-C does.
   * @throws Error when it ends with another status than 0 or 130, or had ended by itself before
   */
  stop(): Promise<void>;
}

export class Program {
  readonly #children = new Set<ChildProcess>();

  /** @param directory where processes run and leave their logs */
  constructor(
    private readonly directory: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    // Whatever ends this process ends those that it started.
    process.once("exit", () => {
      for (const child of this.#children) child.kill("SIGKILL");
    });
  }

  /** Runs `qsdm words` to its end. @returns the `data` of its JSON document @throws Error when it fails */
  async run(...words: readonly string[]): Promise<Line> {
    const child = this.#spawn([QSDM, ...words, "--json"]);
    const [out, err] = await Promise.all([textOf(child.stdout!), textOf(child.stderr!), ended(child)]);
    const document = JSON.parse(out.trim().split("\n").at(-1) ?? "{}");
    if (child.exitCode !== 0) throw new Error(`qsdm ${words.join(" ")} ended with ${child.exitCode}: ${out}${err}`);
    return document.data;
  }

  /** Starts `qsdm words`; `heard` gets each line of its output. */
  start(name: string, words: readonly string[], heard: (line: Line) => void): Running {
    return this.#follow(name, [QSDM, ...words, "--json"], heard);
  }

  /** Starts a TypeScript file of this folder. */
  startScript(name: string, words: readonly string[], heard: (line: Line) => void): Running & {done: Promise<void>} {
    const [file, ...rest] = words;
    return this.#follow(name, ["--import", TSX, path.join(ROOT, "scripts", "real-run", file!), ...rest], heard);
  }

  #follow(name: string, words: readonly string[], heard: (line: Line) => void): Running & {done: Promise<void>} {
    const child = this.#spawn(words);
    child.stderr!.pipe(createWriteStream(path.join(this.directory, `${name}.log`)));
    createInterface({input: child.stdout!}).on("line", (line) => heard(JSON.parse(line)));
    const done = ended(child).then(() => {
      if (child.exitCode !== 0 && child.exitCode !== 130)
        throw new Error(`${name} ended with ${child.exitCode}, see ${name}.log`);
    });
    // Whoever waits for it later gets the failure; until then somebody has to hold it.
    done.catch(() => undefined);
    const stop = async (): Promise<void> => {
      if (!child.kill("SIGINT")) throw new Error(`${name} had ended before it was told to, see ${name}.log`);
      await done;
    };
    return {stop, done};
  }

  #spawn(words: readonly string[]): ChildProcess {
    const environment = {...process.env, ...this.environment};
    const options = {
      cwd: this.directory,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"],
    };
    const child = spawn(process.execPath, words, options);
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
    return child;
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let out = "";
  for await (const part of stream) out += part;
  return out;
}
