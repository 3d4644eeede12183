/**
 * Zstandard with a dictionary, synchronous: the package in WebAssembly, on every Node. On rows of 300 bytes it takes 10
 * microseconds to pack and 3 to unpack; the packaged binding of compression.ts takes no dictionary, and Node's own came
 * with version 24.6.
 */
import {createRequire} from "node:module";
import {DecodeError} from "../../../../errors.js";

/** Longest row that is packed with a dictionary: a longer one does as well without. */
export const PACKED_ROW_MAX = 64 * 1024;
const LEVEL = 3;

export interface DictionaryZstd {
  pack(row: Uint8Array, dictionary: Uint8Array): Uint8Array;
  /** @throws DecodeError ROW_INVALID */
  unpack(frame: Uint8Array, dictionary: Uint8Array): Uint8Array;
}

interface ZstdWasm {
  init(): Promise<void>;
  createCCtx(): number;
  createDCtx(): number;
  compressUsingDict(context: number, row: Uint8Array, dictionary: Uint8Array, level: number): Uint8Array;
  decompressUsingDict(context: number, frame: Uint8Array, dictionary: Uint8Array): Uint8Array;
}

let loaded: Promise<DictionaryZstd> | undefined;

/** Compiled once in a process. */
export function loadDictionaryZstd(): Promise<DictionaryZstd> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<DictionaryZstd> {
  const zstd = createRequire(import.meta.url)("@bokuweb/zstd-wasm") as ZstdWasm;
  await zstd.init();
  const [packing, unpacking] = [zstd.createCCtx(), zstd.createDCtx()];
  return {
    pack: (row, dictionary) => zstd.compressUsingDict(packing, row, dictionary, LEVEL),
    unpack(frame, dictionary) {
      // The package allocates what the frame asks for.
      const size = contentSize(frame);
      if (size === null || size > PACKED_ROW_MAX) throw invalid(`a frame of ${size ?? "unknown"} bytes`);
      try {
        return zstd.decompressUsingDict(unpacking, frame, dictionary);
      } catch (cause) {
        throw invalid("a frame that does not unpack", cause);
      }
    },
  };
}

const invalid = (what: string, cause?: unknown): DecodeError =>
  new DecodeError("ROW_INVALID", `stored row is ${what}`, {cause});

const MAGIC = 0xfd2fb528;

/** Bytes that a frame unpacks to, as its head says; null where it does not. Source: RFC 8878, section 3.1.1.1. */
function contentSize(frame: Uint8Array): number | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6) return null;
  if (view.getUint32(0, true) !== MAGIC) return null;
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const form = descriptor >> 6;
  const bytes = form === 0 ? (isSingle ? 1 : 0) : 2 ** form;
  if (bytes === 0 || at + bytes > frame.length) return null;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}
