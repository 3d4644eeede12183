/** One command: commander's flags, and what its help and its man page say besides them. */
import {Command, Option} from "commander";
import type {IoFlags} from "./io.js";

export interface Example {
  /** What the line does, one sentence without a full stop. */
  readonly does: string;
  /** The line as typed. */
  readonly run: string;
}

/** What cannot be read off the flags. --help and the man page are both made from it. */
export interface CommandDocs {
  /** One line for lists of commands: lower case, no full stop. */
  readonly summary: string;
  /** Whole sentences, paragraphs apart by an empty line. */
  readonly description: string;
  readonly examples: readonly Example[];
  /** Environment variables beyond the common ones, and what they do. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files read or written, and what they hold. */
  readonly files?: Readonly<Record<string, string>>;
  /** Exit statuses that mean something special here. */
  readonly exit?: Readonly<Record<number, string>>;
  /** Related commands by path, for example `wallet show`. */
  readonly seeAlso?: readonly string[];
}

/** Variables that every command reads. */
export const COMMON_ENVIRONMENT: Readonly<Record<string, string>> = {
  NO_COLOR: "When set to anything but the empty text, nothing is coloured.",
  TERM: "The value dumb turns colours and spinners off.",
};

const docsOf = new WeakMap<Command, CommandDocs>();

/** The docs that `command` was defined with. */
export const documentation = (command: Command): CommandDocs | undefined => docsOf.get(command);

/**
 * A command with the common flags in front. Chain the command's own flags, arguments and action to the result.
 * `path` is the whole path, for example `wallet create`.
 */
export function defineCommand(path: string, docs: CommandDocs): Command {
  const command = new Command(`qsdm ${path}`)
    .summary(docs.summary)
    .description(docs.description)
    .allowExcessArguments(false)
    .optionsGroup("Common flags:")
    .helpOption("-h, --help", "print this text")
    .addHelpText("after", `\n${examplesText(docs.examples)}`);
  for (const option of commonOptions()) command.addOption(option);
  docsOf.set(command, docs);
  return command.optionsGroup("Flags:");
}

/** The flags that every command takes, new each time because commander keeps state in them. */
export const commonOptions = (): Option[] => [
  new Option("--json", "print one JSON document, on success and on failure"),
  new Option("--verbose", "show more detail, and the stack of an error"),
  new Option("--no-color", "never colour the output"),
  new Option("--no-input", "never ask anything"),
  new Option("--yes", "agree to every question in advance"),
];

/** The common flags out of a command's parsed ones. */
export const ioFlagsOf = (options: Readonly<Record<string, unknown>>): IoFlags => ({
  json: options.json === true,
  verbose: options.verbose === true,
  color: options.color !== false,
  input: options.input !== false,
  yes: options.yes === true,
});

const examplesText = (examples: readonly Example[]): string =>
  ["Examples:", ...examples.map(({does, run}) => `  # ${does}\n  ${run}`)].join("\n");

/** `command` made to throw what it would print, and to print nothing. Help is 80 columns wide wherever it is made. */
export const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureHelp({commandUsage: usageOf})
    .configureOutput({
      writeOut: () => undefined,
      writeErr: () => undefined,
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });

const usageOf = (command: Command): string => `${command.name()} ${command.usage().replace("[options]", "[flags]")}`;
