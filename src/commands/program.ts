/** From arguments to one command: finds it, loads it alone, and turns commander's refusals into usage errors. */
import {Command, CommanderError} from "commander";
import {UsageError} from "../errors.js";
import {normalizeFlags, splitPath, unknownFlag} from "./arguments.js";
import {ioFlagsOf, quiet} from "./define.js";
import type {Io} from "./io.js";
import {ALIASES, NOT_CARRIED} from "./qsdm-names.js";
import type {CommandEntry} from "./registry/entry.js";
import {COMMANDS} from "./registry.js";

const HELP_FLAGS = new Set(["--help", "-help", "-h"]);

/** Runs the command that the host's arguments name. @throws UsageError for everything that commander refuses */
export async function execute(io: Io): Promise<void> {
  const {words: typed, flags} = splitPath(io.host.argv);
  const words = ownName(typed);
  const asked = words[0] === "help" ? {words: words.slice(1), flags: ["--help", ...flags]} : {words, flags};
  const entry = findCommand(asked.words);
  if (entry) return runCommand(entry, [...asked.words.slice(wordsOf(entry).length), ...asked.flags], io);
  if (asked.words.length === 0 && flags.some(isVersionFlag))
    return runCommand(
      findCommand(["version"])!,
      flags.filter((flag) => !isVersionFlag(flag)),
      io,
    );
  if (asked.flags.some((flag) => HELP_FLAGS.has(flag)) && isGroup(asked.words)) return showHelp(asked.words, io);
  throw unknownCommand(asked.words);
}

/** `words` with a name of QSDM's client in front replaced by ours. */
function ownName(words: readonly string[]): readonly string[] {
  const theirs = words.slice(0, 2).join(" ");
  const ours = Object.hasOwn(ALIASES, theirs) ? ALIASES[theirs] : undefined;
  return ours === undefined ? words : [...ours.split(" "), ...words.slice(2)];
}

const wordsOf = ({path}: CommandEntry): string[] => path.split(" ");
const isVersionFlag = (flag: string): boolean => flag === "--version" || flag === "-version";

/** The command whose words `words` begin with; of `devnet` and `devnet equivocate` the longer one that fits. */
const findCommand = (words: readonly string[]): CommandEntry | undefined =>
  COMMANDS.filter((entry) => wordsOf(entry).every((word, at) => words[at] === word)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];

/** Whether `words` are the first words of some command: none, or `wallet`. */
const isGroup = (words: readonly string[]): boolean =>
  words.length === 0 || (words.length === 1 && COMMANDS.some(({path}) => path.startsWith(`${words[0]} `)));

async function runCommand(entry: CommandEntry, argv: readonly string[], io: Io): Promise<void> {
  const command = quiet((await entry.load())(io)).hook("preAction", (_command, action) => {
    io.flags = ioFlagsOf(action.opts());
  });
  const normal = normalizeFlags(argv, command);
  try {
    // Before commander, which would first complain about the required flag that was mistyped.
    const wrong = normal.includes("--help") ? undefined : unknownFlag(normal, command);
    if (wrong !== undefined) parseOnly(wrong, command);
    await command.parseAsync(normal, {from: "user"});
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return showHelp(wordsOf(entry), io);
    throw usageError(error, `qsdm ${entry.path}`);
  }
}

/** Has commander refuse `flag` with its suggestion. */
function parseOnly(flag: string, command: Command): void {
  const bare = quiet(new Command(command.name())).action(() => undefined);
  for (const {long} of command.options) bare.option(long!);
  bare.parse([flag], {from: "user"});
}

async function showHelp(words: readonly string[], io: Io): Promise<void> {
  const {helpPages} = await import("./help.js");
  const text = (await helpPages()).get(words.join("-"))!;
  io.result({help: text}, text.trimEnd());
}

function unknownCommand(words: readonly string[]): UsageError {
  const group = isGroup(words.slice(0, 1)) ? words[0] : undefined;
  const wrong = words[group === undefined ? 0 : 1];
  const place = group === undefined ? "qsdm" : `qsdm ${group}`;
  const names = COMMANDS.map((entry) => wordsOf(entry))
    .filter((path) => group === undefined || (path[0] === group && path.length > 1))
    .map((path) => path[group === undefined ? 0 : 1]!);
  if (wrong === undefined)
    return new UsageError("COMMAND_MISSING", `${place} needs a command`, {
      hint: `one of: ${[...new Set(names)].join(", ")}; ${place} --help explains them`,
    });
  const instead = group === undefined && Object.hasOwn(NOT_CARRIED, wrong) ? NOT_CARRIED[wrong] : undefined;
  if (instead !== undefined)
    return new UsageError("COMMAND_NOT_CARRIED", `qsdm has no command "${wrong}"`, {hint: instead});
  const near = suggestion(wrong, names);
  return new UsageError("COMMAND_UNKNOWN", `${place} has no command "${wrong}"`, {
    hint: near === undefined ? `${place} --help lists the commands` : `did you mean ${near}?`,
  });
}

/** What commander would suggest for `word` out of `names`. */
function suggestion(word: string, names: readonly string[]): string | undefined {
  const program = quiet(new Command("qsdm"));
  for (const name of new Set(names)) program.addCommand(new Command(name));
  try {
    program.parse([word], {from: "user"});
  } catch (error) {
    return nearOf((error as Error).message);
  }
  return undefined;
}

const nearOf = (message: string): string | undefined => /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1];

const CODES: Readonly<Record<string, string>> = {
  "commander.unknownOption": "FLAG_UNKNOWN",
  "commander.optionMissingArgument": "FLAG_VALUE_MISSING",
  "commander.missingMandatoryOptionValue": "FLAG_MISSING",
  "commander.conflictingOption": "FLAG_CONFLICT",
  "commander.missingArgument": "ARGUMENT_MISSING",
  "commander.excessArguments": "ARGUMENT_EXCESS",
  "commander.invalidArgument": "FLAG_INVALID",
};

/** Commander's refusal in this program's words. */
function usageError(error: CommanderError, place: string): UsageError {
  const message = error.message.replace(/^error: /, "").replace(/\s*\(Did you mean .*$/s, "");
  const near = nearOf(error.message);
  return new UsageError(CODES[error.code] ?? "USAGE", message.replaceAll("'", '"').replaceAll("option", "flag"), {
    hint: near === undefined ? `${place} --help explains the flags` : `did you mean ${near}?`,
  });
}
