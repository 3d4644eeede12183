/**
 * What a file holds, in pages that are never changed: two states share what they have in common, and a page is hashed once.
 */
import {createHash} from "node:crypto";
import {closeSync, openSync, writevSync} from "node:fs";
import type {Fate} from "./cuts.js";
import type {ContentOp} from "./trace.js";

export const SECTOR_BYTES = 512;
const PAGE_BYTES = 4_096;
/** The system takes no more pieces in one call. */
const PIECES_MAX = 1_024;
const ZEROS = new Uint8Array(PAGE_BYTES);

const digests = new WeakMap<Uint8Array, Buffer>();

function digestOf(page: Uint8Array): Buffer {
  let digest = digests.get(page);
  if (!digest) {
    digest = createHash("sha256").update(page).digest();
    digests.set(page, digest);
  }
  return digest;
}

/** Whole pages that a write brought, by their place in its data. */
const brought = new WeakMap<ContentOp, Map<number, Uint8Array>>();

export class Content {
  static readonly NONE = new Content([], 0);
  #digest: string | null = null;

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

  /** After changes, the first of which is the oldest; kept whole where no fate is told. */
  after(changes: readonly {readonly op: ContentOp; readonly fate: Fate | undefined}[]): Content {
    const pages = [...this.pages];
    /** Which are this one's own, and may be written to. */
    const own = new Set<number>();
    let {length} = this;
    for (const {op, fate} of changes) {
      if (op.kind === "truncate") {
        length = resize(pages, own, op.offset, length);
        continue;
      }
      if (op.offset + op.data.length > length) length = resize(pages, own, op.offset + op.data.length, length);
      if (fate === undefined) put(pages, own, op, 0, op.data.length);
      else if (typeof fate === "object")
        for (const [from, to] of arrived(op, fate.sectors)) put(pages, own, op, from, to);
    }
    return new Content(pages, length);
  }

  /** Makes a file of it. */
  write(path: string): void {
    const file = openSync(path, "wx", 0o600);
    try {
      const rest = this.length % PAGE_BYTES;
      const pages = rest === 0 ? this.pages : [...this.pages.slice(0, -1), this.pages.at(-1)!.subarray(0, rest)];
      let done = 0;
      for (let at = 0; at < pages.length; at += PIECES_MAX) done += writevSync(file, pages.slice(at, at + PIECES_MAX));
      if (done !== this.length) throw new Error(`${path} takes ${done} bytes of ${this.length}`);
    } finally {
      closeSync(file);
    }
  }
}

/** Makes a file longer or shorter. @returns its length */
function resize(pages: Uint8Array[], own: Set<number>, to: number, from: number): number {
  const count = Math.ceil(to / PAGE_BYTES);
  if (to < from) {
    for (let at = count; at < pages.length; at++) own.delete(at);
    pages.length = count;
    if (to % PAGE_BYTES > 0) ownPage(pages, own, count - 1).fill(0, to % PAGE_BYTES);
  }
  while (pages.length < count) pages.push(ZEROS);
  return to;
}

function ownPage(pages: Uint8Array[], own: Set<number>, at: number): Uint8Array {
  if (!own.has(at)) {
    // Not slice, which of a Buffer is a view.
    pages[at] = new Uint8Array(pages[at]!);
    own.add(at);
  }
  return pages[at]!;
}

/** Puts bytes of a write, from one place in its data to another. */
function put(pages: Uint8Array[], own: Set<number>, op: ContentOp, from: number, to: number): void {
  for (let at = from; at < to; ) {
    const place = op.offset + at;
    const page = Math.floor(place / PAGE_BYTES);
    const end = Math.min(to, (page + 1) * PAGE_BYTES - op.offset);
    if (end - at === PAGE_BYTES) {
      pages[page] = wholePage(op, at);
      own.delete(page);
    } else ownPage(pages, own, page).set(op.data.subarray(at, end), place % PAGE_BYTES);
    at = end;
  }
}

function wholePage(op: ContentOp, at: number): Uint8Array {
  const known = brought.get(op) ?? new Map<number, Uint8Array>();
  brought.set(op, known);
  let page = known.get(at);
  if (!page) {
    page = op.data.subarray(at, at + PAGE_BYTES);
    known.set(at, page);
  }
  return page;
}

/** Which bytes of a write arrived. Sectors are the disk's: a write may begin within one. */
function* arrived({offset, data}: ContentOp, sectors: bigint): Generator<readonly [from: number, to: number]> {
  const first = Math.floor(offset / SECTOR_BYTES);
  for (let at = 0; at < data.length; ) {
    const sector = Math.floor((offset + at) / SECTOR_BYTES);
    const end = Math.min(data.length, (sector + 1) * SECTOR_BYTES - offset);
    if ((sectors >> BigInt(sector - first)) & 1n) yield [at, end];
    at = end;
  }
}
