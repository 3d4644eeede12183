/**
 * What a transaction is built on, as a file to carry to a machine without network: JSON, amounts and heights as
 * decimal text. It authorizes nothing; a wrong one only makes a transaction that the chain refuses.
 */
import * as z from "zod";
import {isAddress} from "../../codecs/address.js";
import {U64_MAX} from "../../codecs/amount.js";
import {textOf} from "../../codecs/bytes.js";
import {DecodeError} from "../../errors.js";

const u64 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .transform(BigInt)
  .refine((value) => value <= U64_MAX);

const TERMS = z.strictObject({
  form: z.literal("qsdm/terms/v1"),
  chain_id: z.string(),
  sender: z.string().refine(isAddress),
  /** Nonce to sign, counting what waits at the node. */
  nonce: u64,
  /** Whether the chain knows the sender's key, so that the envelope may leave it out. */
  key_known: z.boolean(),
  height: u64,
  base_fee_dust: u64,
  /** Gas of each record that it adds to the state. */
  record_gas: u64,
});
export type Terms = z.infer<typeof TERMS>;

export const termsText = (terms: Omit<Terms, "form">): string =>
  JSON.stringify({form: "qsdm/terms/v1", ...terms}, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );

/** @throws DecodeError TERMS_INVALID */
export function parseTerms(bytes: Uint8Array): Terms {
  const read = TERMS.safeParse(jsonIn(bytes));
  if (read.success) return read.data;
  const {path, message} = read.error.issues[0]!;
  throw refused(path.length === 0 ? message : `${path.join(".")}: ${message}`);
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    throw refused("not JSON");
  }
}

const refused = (why: string): DecodeError =>
  new DecodeError("TERMS_INVALID", `not a file of terms: ${why}`, {
    hint: "make one with qsdm tx terms ADDRESS --out terms.json",
  });
