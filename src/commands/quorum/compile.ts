import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {
  DEFAULT_SECRET_NAME,
  DEFAULT_VERSION,
  PACKAGE_MAX_BYTES,
  type ProgramPackage,
  packProgram,
  programPackage,
} from "../../codecs/quorum/program-package.js";
import {RuleError, UsageError} from "../../errors.js";
import {compile, SOURCE_MAX_CHARS} from "../../node/quorum/language/compile.js";
import {costUnder} from "../../node/quorum/policy/watch.js";
import {inputNames} from "../../node/quorum/program/evaluate.js";
import {optimize} from "../../node/quorum/program/optimize.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPolicyFlags, type PolicyFlags, policyDocument, policyIn} from "./policy.js";
import {inFile} from "./program-file.js";

interface PackFlags extends PolicyFlags {
  readonly optimize: boolean;
  readonly strictSyntax: boolean;
  readonly programVersion: string;
  readonly secretName?: string;
}

interface Flags extends PackFlags {
  readonly out: string;
  readonly force: boolean;
}

/** @throws DecodeError SOURCE_INVALID naming the line */
export function compilePackage(source: string, flags: PackFlags): ProgramPackage {
  const ir = compile(source, {strictSyntax: flags.strictSyntax});
  return packProgram(flags.optimize ? optimize(ir) : ir, {
    version: flags.programVersion,
    ...(flags.secretName === undefined ? {} : {secretName: flags.secretName}),
    policy: policyIn(flags),
  });
}

/** @throws UsageError ANOMALY_WINDOW_ALONE */
function checkFlags({anomalyWindow, anomalyLimit}: PackFlags): void {
  if (anomalyWindow === undefined || anomalyLimit !== undefined) return;
  throw new UsageError("ANOMALY_WINDOW_ALONE", "--anomaly-window compares nothing without --anomaly-limit", {
    hint: "--anomaly-limit is the score up to which a client is answered",
  });
}

/** The package as a file. @throws RuleError PACKAGE_TOO_LARGE: no command or service would read it */
function encoded(program: ProgramPackage): Uint8Array {
  const bytes = programPackage.encode(program);
  if (bytes.length <= PACKAGE_MAX_BYTES) return bytes;
  throw new RuleError(
    "PACKAGE_TOO_LARGE",
    `a package of ${bytes.length} bytes, at most ${PACKAGE_MAX_BYTES} are read`,
    {
      hint: "use shorter names, or --optimize; macros make names of the one that they define",
    },
  );
}

export const quorumCompileCommand = (io: Io): Command =>
  addPolicyFlags(
    defineCommand("quorum compile", {
      summary: "make a program package out of source text",
      description:
        "Compiles a program for evaluation on secret shares and packs it with its policy. The program's id is the digest of " +
        "both, so custodians approve exactly these bytes. Prints the package, or its id where --out names a file. " +
        "docs/quorum-language.md is the language reference. Works offline.",
      examples: [
        {does: "a package in a file", run: "qsdm quorum compile square.qvm --out square.json"},
        {
          does: "a model that no client reads out one input at a time",
          run: "qsdm quorum compile model.qvm --budget 20 --anomaly-limit 3 --out model.json",
        },
        {
          does: "from a pipe, with a budget of two evaluations",
          run: "printf 'input x\\nmul y = x x\\noutput y\\n' | qsdm quorum compile - --budget 2",
        },
      ],
      files: {"--out": "The package: one line of JSON."},
      exit: {3: "The source has a fault; the message names the line."},
      seeAlso: ["quorum inspect", "quorum lint", "quorum run"],
    })
      .argument("<file>", "the source; - reads standard input")
      .option("--out <path>", "file for the package; - is standard output", "-")
      .option("--force", "replace an existing file", false)
      .option("--optimize", "merge equal nodes and drop unused ones; this changes the id", false)
      .option("--strict-syntax", "refuse words that the language ignores", false)
      .option("--program-version <text>", "version, not part of the id", DEFAULT_VERSION)
      .option(
        "--secret-name <name>",
        `name under which custodians hold the shares of a program that declares no secret (default: ${DEFAULT_SECRET_NAME})`,
      ),
  ).action(async (path: string, {out, force, ...flags}: Flags) => {
    checkFlags(flags);
    const file = await io.readFile(path, {flag: "<file>", maxBytes: 4 * SOURCE_MAX_CHARS});
    const {program, bytes} = inFile(path, () => {
      const compiled = compilePackage(textOf(file), flags);
      return {program: compiled, bytes: encoded(compiled)};
    });
    const {programId, version, ir} = program;
    const {products, comparisons, triples} = costUnder(program);
    const summary = {
      program_id: programId,
      version,
      nodes: ir.nodes.length,
      inputs: inputNames(ir),
      secrets: secretNames(ir),
      outputs: ir.outputs,
      products,
      comparisons,
      triples,
      policy: policyDocument(program.policy),
    };
    if (out === "-") return io.result({...summary, package: textOf(bytes).trimEnd()}, textOf(bytes).trimEnd());
    await io.writeFile(out, bytes, {force});
    io.result({...summary, path: out}, programId);
  });
