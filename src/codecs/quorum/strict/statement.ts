/** Statements that parties of a quorum sign with ML-DSA-87: a record, and the same beside its signature. */
import {fixed, type RecordCodec, record} from "../../cbor/record.js";
import {sha3} from "../../hash.js";
import {ML_DSA_87, type VerifySignature} from "../../suite.js";

export interface Signed<T> {
  readonly content: T;
  readonly signature: Uint8Array;
}

export interface StatementCodec<T> extends RecordCodec<Signed<T>> {
  /** The bytes that are signed: they start with the statement's tag, so no statement passes for another. */
  readonly content: RecordCodec<T>;
}

/** The signed form of `content`, a record with a tag of its own. */
export function statement<T>(tag: string, content: RecordCodec<T>): StatementCodec<T> {
  const signed = record(`${tag}/signed`, {content, signature: fixed(ML_DSA_87.signatureBytes)});
  return {...(signed as unknown as RecordCodec<Signed<T>>), content};
}
export type ContentOf<S> = S extends StatementCodec<infer T> ? T : never;

export const sign = <T>(
  codec: StatementCodec<T>,
  content: T,
  signer: (message: Uint8Array) => Uint8Array,
): Signed<T> => ({content, signature: signer(codec.content.encode(content))});

export const isSignedBy = <T>(
  codec: StatementCodec<T>,
  {content, signature}: Signed<T>,
  publicKey: Uint8Array,
  verify: VerifySignature,
): boolean => verify(publicKey, codec.content.encode(content), signature);

/** What names a statement: SHA3-256 of what is signed. */
export const digestOf = <T>(codec: StatementCodec<T>, {content}: Pick<Signed<T>, "content">): Uint8Array =>
  sha3(codec.content.encode(content));
