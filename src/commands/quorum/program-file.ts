/** Programs as commands take them: source text, or a package that `quorum compile` wrote. */
import {textOf} from "../../codecs/bytes.js";
import {
  PACKAGE_MAX_BYTES,
  type ProgramPackage,
  packProgram,
  programPackage,
} from "../../codecs/quorum/program-package.js";
import {DecodeError, QsdmError, RuleError} from "../../errors.js";
import {compile} from "../../node/quorum/language/compile.js";
import type {Finding} from "../../node/quorum/program/lint.js";
import type {Io} from "../io.js";

export interface ProgramFile {
  readonly kind: "source" | "package";
  readonly program: ProgramPackage;
}

/**
 * The program in a file; source text gets the default manifests.
 * @throws DecodeError SOURCE_INVALID, PACKAGE_INVALID, IR_INVALID, PROGRAM_ID_MISMATCH
 */
export async function readProgram(io: Io, path: string): Promise<ProgramFile> {
  const bytes = await io.readFile(path, {flag: "<file>", maxBytes: PACKAGE_MAX_BYTES});
  return inFile(path, () => {
    const text = textOf(bytes);
    // A statement starts with a keyword, so no source starts with a brace.
    return text.trimStart().startsWith("{")
      ? {kind: "package", program: programPackage.readCompat(bytes)}
      : {kind: "source", program: packProgram(compile(text))};
  });
}

/** Names the file in what `work` throws. */
export function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    const {hint = "docs/quorum-language.md has the language; qsdm quorum compile makes packages"} = cause;
    throw new DecodeError(cause.code, `${path}: ${cause.message}`, {cause, details: cause.details, hint});
  }
}

/** What a program with warnings is refused with. */
export function lintRefusal(path: string, warnings: readonly Finding[]): RuleError {
  const [{code, wire, message}] = warnings as [Finding, ...Finding[]];
  const more = warnings.length > 1 ? `, and ${warnings.length - 1} more` : "";
  return new RuleError("LINT_WARNINGS", `${path}: ${code}${wire === null ? "" : ` at '${wire}'`}: ${message}${more}`, {
    hint: "run without --deny-warnings to see all of them",
    details: {findings: warnings},
  });
}
