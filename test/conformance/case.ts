/** A vector case's input, read by name; and what an adapter is. */
import {bytesOfHex} from "../../src/codecs/bytes.js";
import {InvariantError} from "../../src/errors.js";

export type Json = null | boolean | number | string | readonly Json[] | {readonly [name: string]: Json};

/** Runs one case: the output has the shape of `expected`; a refusal is a thrown `QsdmError`. */
export type Adapter = (input: Input, kind: string) => Output | Promise<Output>;
/** JSON whose members may be missing. */
export type Output =
  | undefined
  | null
  | boolean
  | number
  | string
  | AnyOf
  | OneOf
  | Ours
  | readonly Output[]
  | {readonly [name: string]: Output};
/**
 * A list of which a case records some items, chosen by whoever recorded it: it passes when all of those are in here.
 * `--emit` prints the whole list.
 */
export class AnyOf {
  constructor(readonly items: readonly Output[]) {}

  toJSON(): readonly Output[] {
    return this.items;
  }
}

/**
 * A value that the input leaves open between a few, because whoever recorded the case drew it and did not say so.
 * `--emit` prints the first.
 */
export class OneOf {
  constructor(readonly values: readonly [Output, ...Output[]]) {}

  toJSON(): Output {
    return this.values[0];
  }
}

/**
 * A value that is ours to choose: wording, layout, exit codes. It passes when `fits` what was recorded, which is
 * undefined where nothing was. `--emit` prints it.
 */
export class Ours {
  constructor(
    readonly value: Output,
    readonly fits: (recorded: Json | undefined) => boolean = () => true,
  ) {}

  toJSON(): Output {
    return this.value;
  }
}

/** Adapters by the `area` of the files that they serve. */
export type Adapters = Readonly<Record<string, Adapter>>;

/** An operation or shape that no adapter knows: a fault of the runner, never a passing refusal. */
export class UnknownCase extends InvariantError {}

/** A case of something that is not built, with the reason: neither passed nor failed, and counted apart. */
export class LeftOut extends Error {}

/** Read access to one JSON object of a case; a missing or mistyped member is the runner's fault. */
export class Input {
  constructor(readonly json: {readonly [name: string]: Json}) {}

  static of(json: Json | undefined): Input {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw new UnknownCase("case input is no object");
    return new Input(json as {readonly [name: string]: Json});
  }

  has(name: string): boolean {
    return this.json[name] !== undefined && this.json[name] !== null;
  }

  text(name: string): string {
    const value = this.json[name];
    return typeof value === "string" ? value : this.#missing(name, "text");
  }

  /** Text, or `""` where the case leaves it out. */
  textOr(name: string): string {
    return this.has(name) ? this.text(name) : "";
  }

  number(name: string): number {
    const value = this.json[name];
    return typeof value === "number" ? value : this.#missing(name, "number");
  }

  flag(name: string): boolean {
    const value = this.json[name];
    return typeof value === "boolean" ? value : this.#missing(name, "boolean");
  }

  /** Decimal text, or a number that is small enough to be one. */
  big(name: string): bigint {
    const value = this.json[name];
    if (typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value))) return BigInt(value);
    return this.#missing(name, "decimal integer");
  }

  bytes(name: string): Uint8Array {
    return bytesOfHex(this.text(name));
  }

  object(name: string): Input {
    return Input.of(this.json[name]);
  }

  list(name: string): readonly Json[] {
    const value = this.json[name];
    return Array.isArray(value) ? (value as readonly Json[]) : this.#missing(name, "list");
  }

  objects(name: string): readonly Input[] {
    return this.list(name).map(Input.of);
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((each) => (typeof each === "string" ? each : this.#missing(name, "list of texts")));
  }

  #missing(name: string, type: string): never {
    throw new UnknownCase(`case input has no ${type} "${name}"`);
  }
}

/** An adapter over the bare JSON of a case; one that answers nothing does not know the operation. */
export const bare =
  <I>(run: (input: I) => unknown): Adapter =>
  (input) => {
    const output = run(input.json as I);
    if (output === undefined) throw new UnknownCase("the adapter has no answer for this operation");
    return output as Output;
  };

/** An adapter that looks its operation up in `operations` by the member `name` of its input. */
export function byOperation(operations: Readonly<Record<string, Adapter>>, name = "op"): Adapter {
  return (input, kind) => {
    const op = input.text(name);
    const operation = operations[op];
    if (operation === undefined) throw new UnknownCase(`no adapter for operation "${op}"`);
    return operation(input, kind);
  };
}

/** An adapter that looks its operation up by the case's `kind`. */
export function byKind(operations: Readonly<Record<string, Adapter>>): Adapter {
  return (input, kind) => {
    const operation = operations[kind];
    if (operation === undefined) throw new UnknownCase(`no adapter for kind "${kind}"`);
    return operation(input, kind);
  };
}

/** The message that `work` is refused with, or null when it is not. */
export function refusalOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Error && "code" in error && !(error instanceof InvariantError)) return error.message;
    throw error;
  }
}
