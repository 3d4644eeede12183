/**
 * Rebuilds what power cuts could leave of a recording, and opens each. Whatever is found has to be something that the
 * process itself saw, no older than the last moment at which anything left it.
 */
import {createHash} from "node:crypto";
import path from "node:path";
import {Random} from "../sim/random.js";
import {ALL_KEPT, ALL_LOST, type Cut, drawnCut, plainCuts} from "./cuts.js";
import {type Image, PageCache} from "./disk.js";
import type {Findings, Recording} from "./recording.js";
import {Scratch} from "./scratch.js";

/** Which states of a recording are opened. */
export interface Sample {
  readonly seed: number;
  /** Different states that are looked for; there may be fewer, and a few more are found. */
  readonly states: number;
}

export interface CheckOptions extends Sample {
  /** Calls after which power is cut, from the first to before the second; all of them where nothing is said. */
  readonly range?: Range;
  /** Directory for the files of one state, best in memory. */
  readonly scratch: string;
  /** Ends with the first violation. */
  readonly stopAtFirst?: boolean;
  /** Looks at the whole for one in so many different findings. */
  readonly wholeOneIn?: number;
}

/** Moments of a recording; that after its last call is one where it is whole. */
export type Range = readonly [from: number, to: number];

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
  /** Digests of the different states that were opened. */
  readonly states: readonly string[];
  /** Digests of the different contents that were found in them. */
  readonly found: readonly string[];
  readonly violations: readonly Violation[];
}

type Opened = {readonly findings: Findings} | {readonly error: string};
type Looked = {readonly text: string} | {readonly error: string};

/** Tries at a state that was not opened before, for each that is looked for. */
const TRIES = 4;

const all = (): boolean => true;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const allOf = ({ops, from, isWhole}: Recording): Range => [from, ops.length + (isWhole ? 1 : 0)];

/** Checks a recording. The same sample of the same range tries the same states of it. */
export const checkRecording = (recording: Recording, options: CheckOptions): Promise<CheckResult> =>
  new Checker(recording, options).run();

class Checker {
  readonly #cache = new PageCache();
  readonly #part: Scratch;
  readonly #whole: Scratch;
  /** By part and the content of its files. */
  readonly #looked = new Map<string, Looked>();
  /** Why the whole cannot be started, by what was found; null where it can. */
  readonly #started = new Map<string, string | null>();
  readonly #states = new Set<string>();
  /** What the process saw since the last moment at which something left it. */
  #seen: Opened[] = [];
  readonly #heard: Uint8Array[] = [];
  /** How much of what was heard is known to be kept, by what was found. */
  readonly #kept = new Map<string, number>();
  readonly #violations: Violation[] = [];
  #points = 0;

  constructor(
    private readonly recording: Recording,
    private readonly options: CheckOptions,
  ) {
    this.#part = new Scratch(path.join(options.scratch, "part"));
    this.#whole = new Scratch(path.join(options.scratch, "whole"));
  }

  async run(): Promise<CheckResult> {
    const {ops, from} = this.recording;
    const [first, end] = this.options.range ?? allOf(this.recording);
    // What was heard before it began bounds what may be found.
    const heardLast = ops.slice(0, first).findLastIndex(({kind}) => kind === "sent");
    for (let index = 0; index < Math.min(ops.length, end); index++) {
      const op = ops[index]!;
      // Each transaction ends with a sync, so this sees the contents before and after it.
      const isSeen = op.kind === "sync" || op.kind === "sent";
      if (index === from || (index > from && index >= heardLast && isSeen)) this.#seen.push(await this.#open(ALL_KEPT));
      this.#cache.apply(op, index);
      if (op.kind === "sent") {
        this.#heard.push(op.data);
        this.#seen = this.#seen.slice(-1);
      }
      if (index < first) continue;
      await this.#cutAt(index, end - index);
      if (this.options.stopAtFirst && this.#violations.length > 0) return this.#result();
    }
    if (end > ops.length) {
      // That the process ended well was heard, too.
      this.#seen = [await this.#open(ALL_KEPT)];
      await this.#cutAt(ops.length, 1);
    }
    return this.#result();
  }

  #result(): CheckResult {
    const found = [...this.#started.keys()].map((each) => createHash("sha256").update(each).digest("base64"));
    return {points: this.#points, states: [...this.#states], found, violations: this.#violations};
  }

  /** @param left points that are left, this one among them */
  async #cutAt(index: number, left: number): Promise<void> {
    this.#points++;
    const {pending} = this.#cache;
    const random = new Random(`powerloss ${this.options.seed} ${index}`);
    await this.#check(index, ALL_LOST);
    const want = Math.ceil((this.options.states - this.#states.size) / left);
    if (want <= 0) return;
    const enough = this.#states.size + want;
    const plain = plainCuts(pending);
    for (const cut of plain) if (random.chance(want / plain.length)) await this.#check(index, cut());
    if (pending.length < 2) return;
    for (let tries = want * TRIES; tries > 0 && this.#states.size < enough; tries--)
      await this.#check(index, drawnCut(pending, random));
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
    for (const {name, isPromised = true} of this.recording.parts)
      if (isPromised && !this.#wasSeen(name, opened.findings[name]!))
        return `${name} is what the process never saw, or older than what was heard: ${opened.findings[name]}`;
    return this.#owedBy(opened.findings);
  }

  #wasSeen(name: string, text: string): boolean {
    return this.#seen.some((each) => "findings" in each && each.findings[name] === text);
  }

  #owedBy(findings: Findings): string | null {
    const key = JSON.stringify(findings);
    const what = this.recording.owed?.(this.#heard.slice(this.#kept.get(key)), findings) ?? null;
    if (what === null) this.#kept.set(key, this.#heard.length);
    return what;
  }

  async #open(cut: Cut): Promise<Opened> {
    const image = this.#cache.after(cut);
    this.#states.add(image.digest(all));
    const findings: Record<string, string> = {};
    for (const part of this.recording.parts) {
      const looked = await this.#look(part, image);
      if ("error" in looked) return looked;
      findings[part.name] = looked.text;
    }
    const error = await this.#start(findings, image);
    return error === null ? {findings} : {error};
  }

  async #look({name, owns, look}: Recording["parts"][number], image: Image): Promise<Looked> {
    const key = `${name} ${image.digest(owns)}`;
    let looked = this.#looked.get(key);
    if (looked) return looked;
    looked = await look(this.#part.put(image, owns)).then(
      (text) => ({text}),
      (error: unknown) => ({error: messageOf(error)}),
    );
    this.#looked.set(key, looked);
    return looked;
  }

  /** @returns why the whole cannot be started */
  async #start(findings: Findings, image: Image): Promise<string | null> {
    const key = JSON.stringify(findings);
    let error = this.#started.get(key);
    if (error !== undefined) return error;
    error = null;
    const {whole} = this.recording;
    if (whole && this.#started.size % (this.options.wholeOneIn ?? 1) === 0) {
      error = await whole(this.#whole.put(image, all), findings).then(() => null, messageOf);
    }
    this.#started.set(key, error);
    return error;
  }
}
