/** Notations of the native protocol, version 4, sections 2 and 3: frames, and what they are made of. */

export const OPCODE = {
  error: 0x00,
  startup: 0x01,
  ready: 0x02,
  authenticate: 0x03,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
  prepare: 0x09,
  execute: 0x0a,
  register: 0x0b,
  batch: 0x0d,
  authResponse: 0x0f,
  authSuccess: 0x10,
} as const;

export interface Frame {
  readonly opcode: number;
  readonly stream: number;
  readonly body: Buffer;
}

const HEADER_BYTES = 9;
const REQUEST_V4 = 0x04;
const RESPONSE_V4 = 0x84;

/** Whole frames at the start of what came, and what is left. Any other version is an error. */
export function framesIn(bytes: Buffer): {readonly frames: readonly Frame[]; readonly rest: Buffer} {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    if (bytes[at] !== REQUEST_V4) throw new Error(`a frame of version ${bytes[at]}`);
    if (bytes[at + 1] !== 0) throw new Error(`a frame with flags ${bytes[at + 1]}`);
    const size = bytes.readInt32BE(at + 5);
    if (bytes.length - at < HEADER_BYTES + size) break;
    const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size);
    frames.push({stream: bytes.readInt16BE(at + 2), opcode: bytes[at + 4]!, body});
    at += HEADER_BYTES + size;
  }
  return {frames, rest: bytes.subarray(at)};
}

export function frameOf(opcode: number, stream: number, parts: readonly Buffer[]): Buffer {
  let size = 0;
  for (const part of parts) size += part.length;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + size);
  frame[0] = RESPONSE_V4;
  frame[1] = 0;
  frame.writeInt16BE(stream, 2);
  frame[4] = opcode;
  let at = frame.writeInt32BE(size, 5);
  for (const part of parts) at += part.copy(frame, at);
  return frame;
}

/** Reads the notations in order. */
export class Reader {
  #at = 0;

  constructor(private readonly body: Buffer) {}

  byte(): number {
    return this.body[this.#skip(1)]!;
  }

  short(): number {
    return this.body.readUInt16BE(this.#skip(2));
  }

  int(): number {
    return this.body.readInt32BE(this.#skip(4));
  }

  longString(): string {
    return this.#take(this.int()).toString();
  }

  shortBytes(): Buffer {
    return this.#take(this.short());
  }

  /** Null for a negative length. */
  bytes(): Buffer | null {
    const size = this.int();
    return size < 0 ? null : this.#take(size);
  }

  #take(size: number): Buffer {
    const from = this.#skip(size);
    return this.body.subarray(from, from + size);
  }

  /** @returns where the next bytes are */
  #skip(size: number): number {
    const from = this.#at;
    if (from + size > this.body.length) throw new Error("a frame that ends in the middle");
    this.#at = from + size;
    return from;
  }
}

export const short = (value: number): Buffer => {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(value);
  return out;
};
export const int = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeInt32BE(value);
  return out;
};
export const string = (text: string): Buffer => Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
export const shortBytes = (value: Buffer): Buffer => Buffer.concat([short(value.length), value]);
export const bytes = (value: Buffer | null): Buffer =>
  value === null ? int(-1) : Buffer.concat([int(value.length), value]);

/** Types of columns, section 6, by their names in CQL. */
export const TYPE = {bigint: 0x02, blob: 0x03, boolean: 0x04, int: 0x09, text: 0x0d, uuid: 0x0c, inet: 0x10} as const;
export type TypeName = keyof typeof TYPE;
/** `set<text>`, as `system.local` has it. */
const SET_OF_TEXT = Buffer.concat([short(0x22), short(TYPE.text)]);

export interface Column {
  readonly name: string;
  readonly type: TypeName | "set<text>";
}

export const typeOf = (type: Column["type"]): Buffer => (type === "set<text>" ? SET_OF_TEXT : short(TYPE[type]));

/** Metadata of columns of one table, section 4.2.5.2. */
export const metadataOf = (
  place: {readonly keyspace: string; readonly table: string},
  columns: readonly Column[],
  pageState: Buffer | null = null,
): Buffer =>
  Buffer.concat([
    // Global table specification, and whether there are more pages.
    int(0x01 | (pageState ? 0x02 : 0)),
    int(columns.length),
    ...(pageState ? [bytes(pageState)] : []),
    string(place.keyspace),
    string(place.table),
    ...columns.flatMap(({name, type}) => [string(name), typeOf(type)]),
  ]);
