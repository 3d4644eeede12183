/**
 * Measurement report of an NVIDIA GPU: the SPDM 1.1 request GET_MEASUREMENTS and its answer, one after the other, as
 * NVIDIA's driver hands them out.
 *
 * Numbers are little endian. Request (37 bytes): version 0x11, code 0xe0, 0x01 (sign), 0xff (all), nonce of 32 bytes,
 * slot. Answer: version, code 0x60, two parameters, number of blocks, their length in three bytes, blocks, nonce of 32
 * bytes, length of the opaque data in two bytes, opaque data, ECDSA P-384 signature (both numbers, 96 bytes) over all
 * before it, request included. A block is index, 0x01 (DMTF form), size, type, size of the value, value. Opaque data is
 * type, size and value in a row, each type once.
 * Source: DMTF DSP0274 1.1, sections 10.11 and 10.12; field numbers: NVIDIA's GPU verifier (nvtrust).
 */
import {DecodeError} from "../../errors.js";
import {concat} from "../bytes.js";
import type {Codec} from "../codec.js";

/** Longest report that is looked at; a real one has 4,117 bytes. */
export const SPDM_REPORT_MAX_BYTES = 16_384;
const NONCE_BYTES = 32;
export const SPDM_SIGNATURE_BYTES = 96;

export interface Measurement {
  /** From 1. */
  readonly index: number;
  /** What is measured, as DMTF numbers it; the highest bit says that the value is no digest. */
  readonly type: number;
  readonly value: Uint8Array;
}

export interface SpdmReport {
  /** 32 bytes that the verifier chose. */
  readonly requestNonce: Uint8Array;
  /** Which of the device's certificate chains signs. */
  readonly slot: number;
  /** Both parameters of the answer. */
  readonly parameters: readonly [number, number];
  readonly measurements: readonly Measurement[];
  /** 32 bytes that the device chose. */
  readonly nonce: Uint8Array;
  /** By field number. */
  readonly opaque: ReadonlyMap<number, Uint8Array>;
  readonly signature: Uint8Array;
}

const VERSION = 0x11;
const REQUEST = [VERSION, 0xe0, 0x01, 0xff] as const;
const ANSWER = [VERSION, 0x60] as const;
const DMTF = 0x01;

const refuse = (why: string): never => {
  throw new DecodeError("REPORT_INVALID", `measurement report: ${why}`);
};

const little = (value: number, size: number): Uint8Array => {
  if (value >= 256 ** size) refuse(`${value} does not fit ${size} bytes`);
  return Uint8Array.from({length: size}, (_, i) => Math.floor(value / 256 ** i) % 256);
};

/** Reads fields from the front. */
class Reader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isDone(): boolean {
    return this.#at === this.bytes.length;
  }

  take(size: number): Uint8Array {
    if (this.#at + size > this.bytes.length) refuse("ends too early");
    this.#at += size;
    return this.bytes.slice(this.#at - size, this.#at);
  }

  number(size: number): number {
    return this.take(size).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  expect(bytes: readonly number[], what: string): void {
    for (const byte of bytes) if (this.number(1) !== byte) refuse(`is no ${what}`);
  }
}

function readBlocks(bytes: Uint8Array, count: number): Measurement[] {
  const reader = new Reader(bytes);
  const blocks = Array.from({length: count}, (): Measurement => {
    const index = reader.number(1);
    reader.expect([DMTF], "DMTF measurement");
    const size = reader.number(2);
    const type = reader.number(1);
    const valueSize = reader.number(2);
    if (size !== valueSize + 3) refuse(`block ${index} has two sizes`);
    return {index, type, value: reader.take(valueSize)};
  });
  if (!reader.isDone) refuse("has bytes after its last block");
  if (new Set(blocks.map(({index}) => index)).size < count) refuse("has a block twice");
  return blocks;
}

function readOpaque(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = new Reader(bytes);
  const fields = new Map<number, Uint8Array>();
  while (!reader.isDone) {
    const type = reader.number(2);
    if (fields.has(type)) refuse(`has field ${type} twice`);
    fields.set(type, reader.take(reader.number(2)));
  }
  return fields;
}

export const spdmReport: Codec<SpdmReport> = {
  encode({requestNonce, slot, parameters, measurements, nonce, opaque, signature}) {
    const blocks = concat(
      ...measurements.map(({index, type, value}) =>
        concat(little(index, 1), little(DMTF, 1), little(value.length + 3, 2), little(type, 1), sized(value)),
      ),
    );
    const fields = concat(...[...opaque].map(([type, value]) => concat(little(type, 2), sized(value))));
    const request = concat(Uint8Array.from(REQUEST), exactly(requestNonce, NONCE_BYTES), little(slot, 1));
    const head = concat(Uint8Array.from(ANSWER), ...parameters.map((each) => little(each, 1)));
    const count = concat(little(measurements.length, 1), little(blocks.length, 3));
    const tail = [exactly(nonce, NONCE_BYTES), sized(fields), exactly(signature, SPDM_SIGNATURE_BYTES)];
    return concat(request, head, count, blocks, ...tail);
  },
  decode(bytes) {
    if (bytes.length > SPDM_REPORT_MAX_BYTES) refuse(`has ${bytes.length} bytes`);
    const reader = new Reader(bytes);
    reader.expect(REQUEST, "request for every measurement, signed");
    const requestNonce = reader.take(NONCE_BYTES);
    const slot = reader.number(1);
    reader.expect(ANSWER, "answer of SPDM 1.1");
    const parameters = [reader.number(1), reader.number(1)] as const;
    const count = reader.number(1);
    const measurements = readBlocks(reader.take(reader.number(3)), count);
    const nonce = reader.take(NONCE_BYTES);
    const opaque = readOpaque(reader.take(reader.number(2)));
    const signature = reader.take(SPDM_SIGNATURE_BYTES);
    if (!reader.isDone) refuse("has bytes after its signature");
    return {requestNonce, slot, parameters, measurements, nonce, opaque, signature};
  },
};

/** What the device signed of a report's bytes. */
export const signedPart = (report: Uint8Array): Uint8Array => report.subarray(0, -SPDM_SIGNATURE_BYTES);

const sized = (value: Uint8Array): Uint8Array => concat(little(value.length, 2), value);
const exactly = (bytes: Uint8Array, size: number): Uint8Array =>
  bytes.length === size ? bytes : refuse(`${bytes.length} bytes where ${size} belong`);

const DRIVER_VERSION = 3;
const VBIOS_VERSION = 6;
const FIRMWARE_ID = 20;

/** Driver version, such as `550.90.07`. @throws DecodeError REPORT_INVALID */
export function driverVersionOf({opaque}: SpdmReport): string {
  const text = Buffer.from(opaque.get(DRIVER_VERSION) ?? refuse("names no driver")).toString("latin1");
  return /^[0-9.]{1,32}\0?$/.test(text) ? text.replace("\0", "") : refuse("has a driver version of another form");
}

/** VBIOS version in the five hex groups in which it is written: four bytes little endian, and the fifth after them. */
export function vbiosVersionOf({opaque}: SpdmReport): string {
  const bytes = opaque.get(VBIOS_VERSION) ?? refuse("names no VBIOS");
  if (bytes.length !== 8) return refuse("has a VBIOS version of another form");
  const groups = [bytes[3]!, bytes[2]!, bytes[1]!, bytes[0]!, bytes[4]!];
  return groups.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(".");
}

/** Digest of the firmware that holds the signing key, where the report names it. */
export const firmwareIdOf = ({opaque}: SpdmReport): Uint8Array | null => opaque.get(FIRMWARE_ID) ?? null;
