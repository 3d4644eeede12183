import {afterAll, beforeAll, expect, test} from "vitest";
import {concat, utf8} from "../../../src/codecs/bytes.js";
import {decodeCertificate} from "../../../src/codecs/x509/certificate.js";
import {issue} from "../../support/certificates.js";

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const {TZ} = process.env;

let der: Uint8Array;
beforeAll(async () => {
  process.env.TZ = "Asia/Tokyo";
  der = (await issue({name: "root"})).certificate.der;
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts);
  const {length} = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.of(tag, ...size), content);
}

/** The whole elements inside the element that `bytes` are. */
function inside(bytes: Uint8Array): Uint8Array[] {
  const sizeAt = (at: number): [header: number, length: number] => {
    const first = bytes[at + 1]!;
    if (first < 0x80) return [2, first];
    return first === 0x81 ? [3, bytes[at + 2]!] : [4, bytes[at + 2]! * 256 + bytes[at + 3]!];
  };
  const found: Uint8Array[] = [];
  for (let at = sizeAt(0)[0]; at < bytes.length; ) {
    const [header, length] = sizeAt(at);
    found.push(bytes.subarray(at, at + header + length));
    at += header + length;
  }
  return found;
}

/** The certificate with these elements as its validity. */
function withValidity(...times: readonly Uint8Array[]): Uint8Array {
  const [signed, ...outer] = inside(der);
  const fields = inside(signed!).with(4, element(SEQUENCE, ...times));
  return element(SEQUENCE, element(SEQUENCE, ...fields), ...outer);
}

const time = (tag: number, text: string) => element(tag, utf8(text));
const START = time(UTC_TIME, "200101000000Z");

test.each([
  ["UTC time", UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"],
  ["UTC time of the last century", UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"],
  ["generalized time", GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z"],
  ["a leap day", GENERALIZED_TIME, "20240229120000Z", "2024-02-29T12:00:00Z"],
  ["no expiry (RFC 5280, 4.1.2.5)", GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z"],
])("%s is read", (_what, tag, text, expected) => {
  const {notBeforeMs, notAfterMs} = decodeCertificate(withValidity(START, time(tag, text)));
  expect(notBeforeMs).toBe(BigInt(Date.parse("2020-01-01T00:00:00Z")));
  expect(notAfterMs).toBe(BigInt(Date.parse(expected)));
});

test.each([
  ["a time without a zone", GENERALIZED_TIME, "20400101000000"],
  ["a short time without a zone", UTC_TIME, "400101000000"],
  ["an offset", GENERALIZED_TIME, "20400101000000+0900"],
  ["a short offset", UTC_TIME, "400101000000+0900"],
  ["a fraction", GENERALIZED_TIME, "20400101000000.5Z"],
  ["no seconds", UTC_TIME, "4001010000Z"],
  ["the 30th of February", GENERALIZED_TIME, "20400230000000Z"],
  ["the 29th of February of another year", UTC_TIME, "410229000000Z"],
  ["a 13th month", UTC_TIME, "401301000000Z"],
  ["a day 0", UTC_TIME, "400100000000Z"],
  ["24 o'clock", UTC_TIME, "400101240000Z"],
  ["a leap second", UTC_TIME, "400101235960Z"],
  ["a line feed at the end", UTC_TIME, "400101000000Z\n"],
  ["the other form", UTC_TIME, "20400101000000Z"],
])("%s is refused", (_what, tag, text) => {
  const refused = expect.objectContaining({code: "CERTIFICATE_INVALID"});
  expect(() => decodeCertificate(withValidity(START, time(tag, text)))).toThrow(refused);
  expect(() => decodeCertificate(withValidity(time(tag, text), time(UTC_TIME, "491231235959Z")))).toThrow(refused);
});

test("a third time is refused", () => {
  expect(() => decodeCertificate(withValidity(START, START, START))).toThrow(
    expect.objectContaining({code: "CERTIFICATE_INVALID"}),
  );
});
