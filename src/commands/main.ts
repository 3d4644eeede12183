/**
 * The program: what bin/qsdm.js calls.
 *
 * How to add a command, for example `qsdm wallet show`:
 *
 * 1. `src/commands/wallet/show.ts`: a function that does the work and knows no flags, files, streams or exit codes,
 *    and `export const walletShowCommand = (io: Io): Command => defineCommand("wallet show", {summary, description,
 *    examples, environment, files, exit, seeAlso}).option(...).action(async (flags) => { ... io.result(data, text); })`.
 *    define.ts adds the common flags (--json, --verbose, --no-color, --no-input, --yes); help and the man page are
 *    made from the same definition. Parsers for flag values are in flags.ts.
 * 2. One line in registry/, in the file of its heading, and one in the GROUPS of registry.ts for a new first word.
 * 3. `npm run build && npm run man`, and commit the page under man/.
 * 4. Tests of the function in test/commands/, a transcript of the built program in test/cli/.
 *
 * Inside an action: `io.result(data, text)` once, with `text` a bare value or records of fields (bigints as they are),
 * `{final: false}` for submitted-but-undecided (exit 5); `io.event(...)` for streams; `io.note`, `io.warn`,
 * `io.progress` for the person who watches; `io.readFile(path, {flag})` for a file or `-`; `io.confirm(question)`
 * before what cannot be undone; `io.signal` for every wait. Failures are thrown from the error family. A command that
 * returns after Ctrl-C has done its work (exit 0, as a node that stops in order); one that was cut off throws the
 * signal's AbortError (exit 130).
 */
import {readFileSync} from "node:fs";
import module from "node:module";
import {versionText} from "./build-info.js";
import {descriptorStream} from "./descriptor.js";
import type {ProcessLike} from "./host.js";
import {printPage} from "./io.js";

const HELP_FLAGS = new Set(["--help", "-help", "-h"]);
const VERSION_FLAGS = new Set(["--version", "-version"]);

/** Runs the command line of `process` and gives the exit status. */
export async function main(process: ProcessLike): Promise<number> {
  const argv = process.argv.slice(2);
  const page = builtHelp(argv) ?? (argv.length === 1 && VERSION_FLAGS.has(argv[0]!) ? versionText() : undefined);
  if (page !== undefined)
    return printPage(
      descriptorStream(1, () => process.stdout),
      page,
    );
  // Not in Node 20. With it, a second start skips compiling: 5 ms of 35 on Node 24.
  (module as {enableCompileCache?: () => void}).enableCompileCache?.();
  const {runProcess} = (await import(quickFile(argv) ?? "./run.js")) as typeof import("./run.js");
  return runProcess(process);
}

/** Names of the files under quick/, each of which holds one command alone. Written by the build. */
declare const QSDM_QUICK: readonly string[] | undefined;

function quickFile([first, second]: readonly string[]): string | undefined {
  const names = typeof QSDM_QUICK === "object" ? QSDM_QUICK : [];
  const name = names.find((each) => each === `${first}-${second}` || each === first);
  return name && `./quick/${name}.js`;
}

/** The page that the build made for `words... --help`; anything less simple goes the long way. */
function builtHelp(argv: readonly string[]): string | undefined {
  const words = argv.slice(0, -1);
  if (!HELP_FLAGS.has(argv.at(-1) ?? "") || !words.every((word) => /^[a-z][a-z-]*$/.test(word))) return undefined;
  try {
    return readFileSync(new URL(`./help/${words.join("-") || "qsdm"}.txt`, import.meta.url), "utf8");
  } catch {
    return undefined;
  }
}
