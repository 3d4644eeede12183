/**
 * What a file holds, in pages that are never changed: states share what they have in common, and a page is made and hashed
 * once.
 */
import {createHash} from "node:crypto";
import {closeSync, constants, ftruncateSync, openSync, writevSync} from "node:fs";
import type {Fate} from "./cuts.js";
import type {ContentOp} from "./trace.js";

export const SECTOR_BYTES = 512;
const PAGE_BYTES = 4_096;
/** The system takes no more pieces in one call. */
const PIECES_MAX = 1_024;
const ZEROS = new Uint8Array(PAGE_BYTES);

/** A change of a file's content; kept whole where no fate is told. */
export interface Change {
  readonly op: ContentOp;
  readonly fate: Fate | undefined;
}

const digests = new WeakMap<Uint8Array, Buffer>();

function digestOf(page: Uint8Array): Buffer {
  let digest = digests.get(page);
  if (!digest) {
    digest = createHash("sha256").update(page).digest();
    digests.set(page, digest);
  }
  return digest;
}

/** Names of writes. */
const numbers = new WeakMap<ContentOp, number>();
let numbered = 0;

function nameOf({op, fate}: Change): string {
  const number = numbers.get(op) ?? ++numbered;
  numbers.set(op, number);
  return typeof fate === "object" ? `${number}s${fate.sectors}` : String(number);
}

export class Content {
  static readonly NONE = new Content([], 0);
  #digest: string | null = null;
  /** Pages that came of these, by the writes that made them of one. */
  readonly #derived = new Map<string, Uint8Array>();

  private constructor(
    /** What lies above the length is zero. */
    private readonly pages: readonly Uint8Array[],
    readonly length: number,
  ) {}

  /** Tells it from others. */
  get digest(): string {
    if (this.#digest === null) {
      const hash = createHash("sha256").update(`${this.length}:`);
      for (const page of this.pages) hash.update(digestOf(page));
      this.#digest = hash.digest("base64");
    }
    return this.#digest;
  }

  /** After changes, the first of which is the oldest. */
  after(changes: readonly Change[]): Content {
    const at = changes.findIndex(({op}) => op.kind === "truncate");
    if (at < 0) return this.#written(changes);
    return this.#written(changes.slice(0, at))
      .#resized(changes[at]!.op.offset)
      .after(changes.slice(at + 1));
  }

  /** Makes a file of it that holds `before`, or something unknown. */
  write(path: string, before: Content | null): void {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      for (let at = 0; at < this.pages.length; ) {
        if (this.pages[at] === before?.pages[at]) {
          at++;
          continue;
        }
        let end = at + 1;
        while (end < this.pages.length && end - at < PIECES_MAX && this.pages[end] !== before?.pages[end]) end++;
        const done = writevSync(file, this.pages.slice(at, end), at * PAGE_BYTES);
        if (done !== (end - at) * PAGE_BYTES) throw new Error(`${path} takes ${done} bytes`);
        at = end;
      }
      ftruncateSync(file, this.length);
    } finally {
      closeSync(file);
    }
  }

  #written(changes: readonly Change[]): Content {
    let {length} = this;
    const touching = new Map<number, Change[]>();
    for (const change of changes) {
      const {offset, data} = change.op;
      length = Math.max(length, offset + data.length);
      if (change.fate === "zeros" || data.length === 0) continue;
      const last = Math.floor((offset + data.length - 1) / PAGE_BYTES);
      for (let page = Math.floor(offset / PAGE_BYTES); page <= last; page++) {
        const others = touching.get(page);
        if (others) others.push(change);
        else touching.set(page, [change]);
      }
    }
    const pages = [...this.pages];
    while (pages.length * PAGE_BYTES < length) pages.push(ZEROS);
    for (const [page, each] of touching) pages[page] = this.#derive(page, each);
    return new Content(pages, length);
  }

  #derive(page: number, changes: readonly Change[]): Uint8Array {
    const key = `${page}:${changes.map(nameOf).join()}`;
    let derived = this.#derived.get(key);
    if (!derived) {
      derived = new Uint8Array(this.pages[page] ?? PAGE_BYTES);
      for (const change of changes) put(derived, page * PAGE_BYTES, change);
      this.#derived.set(key, derived);
    }
    return derived;
  }

  #resized(length: number): Content {
    const pages = this.pages.slice(0, Math.ceil(length / PAGE_BYTES));
    while (pages.length * PAGE_BYTES < length) pages.push(ZEROS);
    const rest = length % PAGE_BYTES;
    if (length < this.length && rest > 0) pages.push(new Uint8Array(pages.pop()!).fill(0, rest));
    return new Content(pages, length);
  }
}

/** Puts what arrived of a write into a page that begins at `start`. */
function put(page: Uint8Array, start: number, {op: {offset, data}, fate}: Change): void {
  const [from, to] = [Math.max(start, offset), Math.min(start + page.length, offset + data.length)];
  const first = Math.floor(offset / SECTOR_BYTES);
  for (let at = from; at < to; ) {
    // Sectors are the disk's: a write may begin within one.
    const sector = Math.floor(at / SECTOR_BYTES);
    const end = typeof fate === "object" ? Math.min(to, (sector + 1) * SECTOR_BYTES) : to;
    if (typeof fate !== "object" || (fate.sectors >> BigInt(sector - first)) & 1n)
      page.set(data.subarray(at - offset, end - offset), at - start);
    at = end;
  }
}
