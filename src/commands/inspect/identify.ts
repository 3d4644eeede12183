/** What bytes are: one form after the other is tried, as they stand and out of text. */
import {bytesOfBase64, bytesOfHex, textOf} from "../../codecs/bytes.js";
import {compactJson} from "../../codecs/go/layout.js";
import {DecodeError, QsdmError} from "../../errors.js";
import {LEDGER_FORMS, type Reader} from "./forms.js";
import {QBIND_FORMS, UNMARKED_FORMS} from "./qbind-forms.js";

/** What the bytes of a file stand for: themselves, or text that spells them. */
export const ENCODINGS = ["raw", "base64", "hex"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Found {
  readonly kind: string;
  /** Of the form, not of the text that spells it. */
  readonly sizeBytes: number;
  /** Whether these very bytes are the form, or only the same JSON laid out otherwise. */
  readonly canonical: boolean;
  readonly encoding: Encoding;
  readonly fields: object;
}

// Each form refuses the members and tags of the others, so the order matters to nothing but speed.
const TOLD: Readonly<Record<string, Reader>> = {...LEDGER_FORMS, ...QBIND_FORMS};
const ALL: Readonly<Record<string, Reader>> = {...TOLD, ...UNMARKED_FORMS};
export const KINDS: readonly string[] = Object.keys(ALL);
/** Kinds that are found only where they are asked for. */
export const UNMARKED_KINDS: readonly string[] = Object.keys(UNMARKED_FORMS);

/** How to look; whatever is left out is found out. */
export interface Search {
  /** One of KINDS. */
  readonly kind?: string | undefined;
  readonly encoding?: Encoding | undefined;
}

/**
 * What `file` is.
 * @throws DecodeError FORM_UNKNOWN, or what a form that was asked for refuses
 */
export function identify(file: Uint8Array, {kind, encoding}: Search = {}): Found {
  const encodings = encoding ? [encoding] : ENCODINGS;
  for (const each of encodings) {
    const bytes = attempt(() => DECODERS[each](file));
    const found = bytes && identifyBytes(bytes, kind === undefined ? TOLD : {[kind]: ALL[kind]!});
    if (found) return {...found, encoding: each};
  }
  // Whoever says what it should be is told why it is not.
  const likely = encoding ?? ENCODINGS.findLast((each) => attempt(() => DECODERS[each](file))) ?? "raw";
  const bytes = DECODERS[likely](file);
  if (kind !== undefined) ALL[kind]!(bytes);
  throw new DecodeError("FORM_UNKNOWN", `these ${file.length} bytes have no form that this program knows`, {
    hint: "some forms are found only when --kind names them; evidence may be broken: qsdm slash-helper inspect --kind",
  });
}

const spelled = (file: Uint8Array): string => textOf(file).replace(/\s+/g, "");

const DECODERS: Readonly<Record<Encoding, (file: Uint8Array) => Uint8Array>> = {
  raw: (file) => file,
  hex: (file) => bytesOfHex(spelled(file).toLowerCase()),
  base64: (file) => bytesOfBase64(spelled(file)),
};

function identifyBytes(bytes: Uint8Array, forms: Readonly<Record<string, Reader>>): Omit<Found, "encoding"> | null {
  const found = identifyExact(bytes, forms);
  if (found) return {...found, sizeBytes: bytes.length, canonical: true};
  // People indent JSON, and editors end it with a new line.
  const compact = attempt(() => compactJson(bytes));
  const loose = compact && identifyExact(compact, forms);
  return loose && {...loose, sizeBytes: bytes.length, canonical: false};
}

function identifyExact(
  bytes: Uint8Array,
  forms: Readonly<Record<string, Reader>>,
): Pick<Found, "kind" | "fields"> | null {
  for (const [kind, read] of Object.entries(forms)) {
    const fields = attempt(() => read(bytes));
    if (fields) return {kind, fields};
  }
  return null;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}
