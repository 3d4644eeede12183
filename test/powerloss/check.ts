/**
 * Rebuilds what power cuts could leave of a recording, and opens each. Whatever is found has to be something that the
 * process itself saw, no older than the last moment at which anything left it.
 */
import {createHash} from "node:crypto";
import {Random} from "../sim/random.js";
import {ALL_KEPT, allLost, drawnCut, plainCuts} from "./cuts.js";
import {type Cut, PageCache, writeFiles} from "./disk.js";
import type {Findings, Recording} from "./recording.js";

/** Which states are opened. */
export interface Sample {
  readonly seed: number;
  /** Part of those that are listed in full, from 0 to 1; that in which everything pending is lost is always tried. */
  readonly share: number;
  /** Drawn ones for each point of the recording. */
  readonly drawn: number;
}

export interface CheckOptions extends Sample {
  /** Directory for the files of one state, best in memory. */
  readonly scratch: string;
  /** Ends with the first violation. */
  readonly stopAtFirst?: boolean;
  progress?(states: number): void;
}

export interface Violation {
  /** Calls of the trace before the cut. */
  readonly point: number;
  readonly what: string;
  /** What was not kept whole. */
  readonly fates: readonly string[];
}

export interface CheckResult {
  /** Moments of the recording at which power was cut. */
  readonly points: number;
  /** Different states that were opened. */
  readonly states: number;
  /** Different contents that were found in them. */
  readonly found: number;
  readonly violations: readonly Violation[];
}

type Opened = {readonly findings: Findings} | {readonly error: string};

const keyOf = (cache: PageCache, cut: Cut): string => createHash("sha256").update(cache.keyOf(cut)).digest("base64");

/** A sample of about so many states: part of the full list, or all of it and as many drawn ones as are missing. */
export function sampleOf(
  {ops, from = 0}: Recording,
  {seed, states}: {readonly seed: number; readonly states: number},
): Sample {
  const cache = new PageCache();
  const keys = new Set<string>();
  for (const [index, op] of ops.entries()) {
    cache.apply(op, index);
    if (index >= from) for (const cut of plainCuts(cache.pending)) keys.add(keyOf(cache, cut));
  }
  const drawn = Math.ceil(Math.max(0, states - keys.size) / (ops.length - from));
  return {seed, share: Math.min(1, states / keys.size), drawn};
}

/** Checks a recording. The same sample tries the same states of it. */
export const checkRecording = (recording: Recording, options: CheckOptions): Promise<CheckResult> =>
  new Checker(recording, options).run();

class Checker {
  readonly #cache = new PageCache();
  /** By state. */
  readonly #opened = new Map<string, Opened>();
  /** What the process saw since the last moment at which something left it. */
  #seen: Opened[] = [];
  readonly #heard: Uint8Array[] = [];
  readonly #found = new Set<string>();
  readonly #violations: Violation[] = [];
  #points = 0;

  constructor(
    private readonly recording: Recording,
    private readonly options: CheckOptions,
  ) {}

  async run(): Promise<CheckResult> {
    const {ops, from = 0} = this.recording;
    for (const [index, op] of ops.slice(0, from).entries()) {
      this.#cache.apply(op, index);
      if (op.kind === "sent") this.#heard.push(op.data);
    }
    this.#seen = [await this.#open(ALL_KEPT)];
    for (let index = from; index < ops.length; index++) {
      const op = ops[index]!;
      // Each transaction ends with a sync, so this sees the contents before and after it.
      if (op.kind === "sync" || op.kind === "sent") this.#seen.push(await this.#open(ALL_KEPT));
      this.#cache.apply(op, index);
      if (op.kind === "sent") {
        this.#heard.push(op.data);
        this.#seen = [this.#seen.at(-1)!];
      }
      await this.#cutAt(index);
      if (this.options.stopAtFirst && this.#violations.length > 0) return this.#result();
    }
    // That the process ended well was heard, too.
    this.#seen = [await this.#open(ALL_KEPT)];
    await this.#cutAt(ops.length);
    return this.#result();
  }

  #result(): CheckResult {
    return {
      points: this.#points,
      states: this.#opened.size,
      found: this.#found.size,
      violations: this.#violations,
    };
  }

  async #cutAt(index: number): Promise<void> {
    this.#points++;
    const {pending} = this.#cache;
    const random = new Random(`powerloss ${this.options.seed} ${index}`);
    await this.#check(index, allLost(pending));
    for (const cut of plainCuts(pending)) if (random.chance(this.options.share)) await this.#check(index, cut);
    if (pending.length < 2) return;
    for (let i = 0; i < this.options.drawn; i++) await this.#check(index, drawnCut(pending, random));
  }

  async #check(point: number, cut: Cut): Promise<void> {
    const opened = await this.#open(cut);
    let what = this.#brokenBy(opened);
    if (what === null) return;
    // Rarely: the calls since the last sync have changed what the process sees.
    this.#seen.push(await this.#open(ALL_KEPT));
    what = this.#brokenBy(opened);
    if (what !== null) this.#violations.push({point, what, fates: this.#cache.describe(cut)});
  }

  #brokenBy(opened: Opened): string | null {
    if ("error" in opened) return opened.error;
    for (const [name, text] of Object.entries(opened.findings))
      if (!this.#seen.some((each) => "findings" in each && each.findings[name] === text))
        return `${name} is what the process never saw, or older than what was heard: ${text}`;
    return this.recording.owed?.(this.#heard, opened.findings) ?? null;
  }

  async #open(cut: Cut): Promise<Opened> {
    const key = keyOf(this.#cache, cut);
    const known = this.#opened.get(key);
    if (known) return known;
    writeFiles(this.options.scratch, this.#cache.after(cut));
    const opened = await this.recording.observe(this.options.scratch).then(
      (findings) => ({findings}),
      (error: unknown) => ({error: error instanceof Error ? error.message : String(error)}),
    );
    this.#opened.set(key, opened);
    this.#found.add(JSON.stringify(opened));
    if (this.#opened.size % 1_000 === 0) this.options.progress?.(this.#opened.size);
    return opened;
  }
}
