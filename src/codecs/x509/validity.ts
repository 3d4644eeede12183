/**
 * When a certificate is valid, read from its own bytes: the ASN.1 library takes forms that RFC 5280 (section 4.1.2.5)
 * forbids, and reads a time without a zone as the machine's, while nodes must agree.
 */
import {DecodeError} from "../../errors.js";

/** Both ends included, in milliseconds since 1970. */
export interface Validity {
  readonly notBeforeMs: bigint;
  readonly notAfterMs: bigint;
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const VERSION = 0xa0;
/** Serial number, signature algorithm, issuer, validity; a version may stand before. */
const FIELDS = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE] as const;

const FORMS: ReadonlyMap<number, RegExp> = new Map([
  [UTC_TIME, /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/],
  [GENERALIZED_TIME, /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/],
]);

/** @param signed DER of the TBSCertificate  @throws DecodeError CERTIFICATE_INVALID */
export function readValidity(signed: Uint8Array): Validity {
  const [body] = elementsOf(signed);
  const fields = elementsOf(body?.content ?? signed).filter(({tag}, i) => i > 0 || tag !== VERSION);
  if (FIELDS.some((tag, i) => fields[i]?.tag !== tag)) return refuse("fields of a certificate in another order");
  const [notBefore, notAfter, ...more] = elementsOf(fields[3]!.content);
  if (!notBefore || !notAfter || more.length > 0) return refuse("validity is not two times");
  return {notBeforeMs: timeOf(notBefore), notAfterMs: timeOf(notAfter)};
}

/** Whole seconds in UTC, as the standard demands. */
function timeOf({tag, content}: Element): bigint {
  const fields = FORMS.get(tag)?.exec(Buffer.from(content).toString("latin1"));
  if (!fields) return refuse("a time that is not in UTC to the second");
  const [year, month, day, hour, minute, second] = fields.slice(1) as [string, string, string, string, string, string];
  const century = year.length === 4 ? "" : Number(year) < 50 ? "20" : "19";
  const text = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(text);
  // Date carries what is too much, like the 30th of February, into the next field.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== text) return refuse("a time that is in no calendar");
  return BigInt(date.getTime());
}

/** The DER elements that fill `bytes`. */
function elementsOf(bytes: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const {start, end} = contentAt(bytes, at);
    if (end > bytes.length) return refuse("an element reaches over the end");
    found.push({tag: bytes[at]!, content: bytes.subarray(start, end)});
    at = end;
  }
  return found;
}

/** Where the content of the element at `at` lies. A missing byte is 0x80, the indefinite length, which DER has not. */
function contentAt(bytes: Uint8Array, at: number): {readonly start: number; readonly end: number} {
  const first = bytes[at + 1] ?? 0x80;
  if ((bytes[at]! & 0x1f) === 0x1f || first === 0x80 || first > 0x83) return refuse("an element that is not DER");
  if (first < 0x80) return {start: at + 2, end: at + 2 + first};
  const start = at + 2 + (first & 0x7f);
  const length = bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length < 0x80 || bytes[at + 2] === 0) return refuse("a length that is not the shortest");
  return {start, end: start + length};
}

function refuse(why: string): never {
  throw new DecodeError("CERTIFICATE_INVALID", `x509: ${why}`);
}
