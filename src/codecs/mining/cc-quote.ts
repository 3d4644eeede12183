/**
 * What the leaf of a confidential-computing chain signs, and how its versions compare.
 *
 * Binary: 16 bytes of device id, nonce, issued-at (8 bytes, big endian), and then miner address, batch root, mix
 * digest, signer id and challenge signature, each text behind its length in two bytes. Firmware and driver versions
 * are outside of it (quirk Q26).
 * Source: mining protocol, sections 17.3 and 17.5. Vectors: cc-bundle.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {concat, utf8} from "../bytes.js";
import {readHex} from "../go/hex.js";
import {parseUint} from "../go/number.js";
import {quoteText} from "../go/quote.js";
import {prefixed} from "../go/readers.js";
import {CC_CHALLENGE_SIG_MAX_BYTES, CC_SIGNER_ID_MAX_BYTES} from "./cc-bundle.js";

export interface CcQuoteContent {
  /** Hex of 16 bytes. */
  readonly deviceUuid: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly issuedAt: bigint;
  readonly minerAddr: string;
  /** 32 bytes. */
  readonly batchRoot: Uint8Array;
  /** 32 bytes. */
  readonly mixDigest: Uint8Array;
  readonly challengeSignerId: string;
  readonly challengeSig: Uint8Array;
}

const CODE = "QUOTE_INVALID";
const refuse = (message: string): never => {
  throw new DecodeError(CODE, message);
};

/** Bytes whose SHA-256 the leaf key signs. @throws DecodeError QUOTE_INVALID */
export function ccPreimage(content: CcQuoteContent): Uint8Array {
  const device = prefixed({code: CODE, prefix: "device_uuid not hex: "}, () => readHex(content.deviceUuid));
  if (device.length !== 16) refuse(`device_uuid ${device.length} bytes, want 16`);
  const issuedAt = new Uint8Array(8);
  new DataView(issuedAt.buffer).setBigInt64(0, content.issuedAt);
  const address = lengthPrefixed("miner_addr", utf8(content.minerAddr), 256);
  const signer = lengthPrefixed("challenge_signer_id", utf8(content.challengeSignerId), CC_SIGNER_ID_MAX_BYTES);
  const signature = lengthPrefixed("challenge_sig", content.challengeSig, CC_CHALLENGE_SIG_MAX_BYTES);
  const {nonce, batchRoot, mixDigest} = content;
  return concat(device, nonce, issuedAt, address, batchRoot, mixDigest, signer, signature);
}

const STRICT_DOMAIN = utf8("qsdm/cc-quote/v2\0");

/**
 * The same under strict rules: behind a domain of its own, and with what the reference leaves outside, the node and the
 * versions that the device reports.
 * @throws DecodeError QUOTE_INVALID
 */
export const strictCcPreimage = (
  content: CcQuoteContent,
  {nodeId, firmwareVer, driverVer}: {readonly nodeId: string; readonly firmwareVer: string; readonly driverVer: string},
): Uint8Array =>
  concat(
    STRICT_DOMAIN,
    ccPreimage(content),
    lengthPrefixed("node_id", utf8(nodeId), 64),
    lengthPrefixed("firmware_ver", utf8(firmwareVer), 64),
    lengthPrefixed("driver_ver", utf8(driverVer), 64),
  );

function lengthPrefixed(name: string, bytes: Uint8Array, max: number): Uint8Array {
  if (bytes.length > max) refuse(`${name} ${bytes.length} bytes exceeds ${max} cap`);
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/**
 * Order of two dotted versions, missing components counting as zero: -1, 0 or 1. A component that is no number is
 * refused when the comparison gets to it, and not before.
 * @throws DecodeError VERSION_INVALID
 */
export const compareDotted = (a: string, b: string): number => compareBy(decimal, a, b);

const VERSION = /^[0-9A-Fa-f]{1,8}(?:\.[0-9A-Fa-f]{1,8})*$/;

/** Whether `compareVersions` can be asked about a text. */
export const isVersion = (text: string): boolean => VERSION.test(text);

/**
 * The same order over components that may have hexadecimal digits, as real firmware has (`96.00.5E`, quirk Q28), and
 * with every component looked at. Digits alone order in base 16 as they do in base 10.
 * @throws DecodeError VERSION_INVALID
 */
export function compareVersions(a: string, b: string): number {
  for (const text of [a, b])
    if (!isVersion(text)) throw new DecodeError("VERSION_INVALID", `${quoteText(text)} is not a dotted version`);
  return compareBy((_version, component) => BigInt(`0x${component}`), a, b);
}

type ReadComponent = (version: string, text: string, index: number) => bigint;

function compareBy(read: ReadComponent, a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i] === undefined ? 0n : read(a, left[i]!, i);
    const y = right[i] === undefined ? 0n : read(b, right[i]!, i);
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

const decimal: ReadComponent = (version, text, index) =>
  prefixed({code: "VERSION_INVALID", prefix: `component ${index} of ${quoteText(version)}: `}, () =>
    parseUint(text, 0xffff_ffffn),
  );
