/**
 * Pinned root certificates in a file: PEM with any number of certificates, or one in DER.
 * Source: mining protocol, section 17.6. Vectors: cc-bundle.vectors.json.
 */
import {X509Certificate} from "node:crypto";
import {DecodeError} from "../../errors.js";
import {plain} from "../bytes.js";

export interface PinnedRoot {
  readonly der: Uint8Array;
  /** Common name, or the whole subject where it has none. */
  readonly subject: string;
}

const CODE = "ROOTS_INVALID";
const BEGIN = "-----BEGIN ";
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g;
const UNDECODABLE = "cc: pinned root not decodable as PEM or DER";

/** Roots of the file content `bytes`; `path` names the file in messages. @throws DecodeError ROOTS_INVALID */
export function decodePinnedRoots(bytes: Uint8Array, path: string): readonly PinnedRoot[] {
  const refuse = (why: string): never => {
    throw new DecodeError(CODE, `cc: pinned root ${path}${why}`);
  };
  if (bytes.length === 0) refuse(` empty: ${UNDECODABLE}`);
  const text = Buffer.from(bytes).toString("latin1");
  if (text.trimStart().startsWith(BEGIN)) {
    const blocks = [...text.matchAll(PEM_BLOCK)];
    if (blocks.length === 0) refuse(`: ${UNDECODABLE}`);
    const roots = blocks.flatMap(([, label, body], i) =>
      label === "CERTIFICATE" ? [rootOf(Buffer.from(body!, "base64"), `${path} PEM block #${i} (CERTIFICATE)`)] : [],
    );
    return roots.length > 0 ? roots : refuse(": cc: pinned root file contains no CERTIFICATE blocks");
  }
  if (bytes[0] !== 0x30) refuse(` first byte 0x${bytes[0]!.toString(16).padStart(2, "0")}: ${UNDECODABLE}`);
  return [rootOf(bytes, `${path} DER`)];
}

function rootOf(der: Uint8Array, where: string): PinnedRoot {
  try {
    const {raw, subject} = new X509Certificate(der);
    return {der: plain(raw), subject: labelOf(subject)};
  } catch (cause) {
    throw new DecodeError(CODE, `cc: pinned root ${where} parse: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** Node gives one attribute a line, the most general first; distinguished names are printed the other way round. */
function labelOf(subject: string): string {
  const attributes = subject.split("\n");
  const commonName = attributes
    .find((each) => each.startsWith("CN="))
    ?.slice(3)
    .trim();
  return commonName || attributes.reverse().join(",");
}
