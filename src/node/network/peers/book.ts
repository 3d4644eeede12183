/**
 * The addresses that a node knows, kept over restarts: where others are, how they were learned, and the two anchors that
 * it comes back to first, so that a restart is no chance to surround it.
 */
import {readFile, rename, writeFile} from "node:fs/promises";
import * as z from "zod";
import {formatEndpoint, parseEndpoint} from "../address.js";
import type {PeerId} from "../port.js";
import type {Known, PeerTable} from "./table.js";

export const BOOK_CAPACITY = 300;
/** Peers that this node chose and kept longest. */
export const ANCHORS = 2;
const FILE_MAX_BYTES = 256 * 1024;

export interface BookEntry extends Known {
  /** Milliseconds since 1970 of the last connection; 0 before the first. */
  readonly connectedAtMs: number;
  /** Dials in a row that came to nothing. */
  readonly failures: number;
  readonly triedAtMs: number;
}

const FILE = z.strictObject({
  version: z.literal(1),
  anchors: z.array(z.string()).max(ANCHORS),
  peers: z
    .array(z.strictObject({address: z.string(), connectedAtMs: z.number().int().nonnegative()}))
    .max(BOOK_CAPACITY),
});

export type AddressBook = PeerTable<PeerId, BookEntry>;

export const newEntry = (address: string, source: BookEntry["source"]): BookEntry => ({
  address,
  source,
  connectedAtMs: 0,
  failures: 0,
  triedAtMs: 0,
});

/** What was written last; anything that cannot be read is as good as nothing, since addresses are hints. */
export async function loadBook(path: string, book: AddressBook): Promise<readonly PeerId[]> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > FILE_MAX_BYTES) return [];
    const {anchors, peers} = FILE.parse(JSON.parse(text));
    for (const {address, connectedAtMs} of peers) {
      const {id} = parseEndpoint(address);
      if (id !== null) book.insert(id, {...newEntry(address, "discovered"), connectedAtMs});
    }
    return anchors.filter((id) => book.get(id) !== undefined);
  } catch {
    return [];
  }
}

export async function saveBook(path: string, book: AddressBook, anchors: readonly PeerId[]): Promise<void> {
  const peers = [...book.entries()]
    .filter(([, {connectedAtMs}]) => connectedAtMs > 0)
    .map(([id, {address, connectedAtMs}]) => ({
      address: formatEndpoint({...parseEndpoint(address), id}),
      connectedAtMs,
    }));
  const text = `${JSON.stringify({version: 1, anchors, peers}, null, 2)}\n`;
  await writeFile(`${path}.new`, text, {mode: 0o600});
  await rename(`${path}.new`, path);
}
