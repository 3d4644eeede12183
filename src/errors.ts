/**
 * The one error family. Callers match on `code`, never on the message: the code is public API.
 */

/** What an error may carry besides its code and message. */
export interface ErrorExtras {
  /** What the user can do next, one sentence. */
  readonly hint?: string;
  /** Values for programs; bigints are printed as decimal strings. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Base of every expected failure. Anything else that is thrown is a bug. */
export abstract class QsdmError extends Error {
  abstract readonly exitCode: number;
  abstract readonly httpStatus: number;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    extras: ErrorExtras = {},
  ) {
    super(message, extras.cause === undefined ? undefined : {cause: extras.cause});
    this.name = new.target.name;
    this.hint = extras.hint;
    this.details = extras.details ?? {};
  }
}

/** The invocation is wrong. */
export class UsageError extends QsdmError {
  readonly exitCode = 2;
  readonly httpStatus = 400;
}

/** The bytes are not what a canonical writer would have written. */
export class DecodeError extends QsdmError {
  readonly exitCode = 3;
  readonly httpStatus = 400;
}

/** Well formed, but the ledger refuses it. */
export class RuleError extends QsdmError {
  readonly exitCode = 3;
  readonly httpStatus = 422;
}

/** Node, peer, device or disk is not there now; trying again later can help. */
export class UnavailableError extends QsdmError {
  readonly exitCode = 4;
  readonly httpStatus = 503;
}

/** A broken invariant: a bug, and a reason to stop. Never caught to go on. */
export class InvariantError extends Error {
  readonly code = "INVARIANT_BROKEN";
  override readonly name = "InvariantError";
}
