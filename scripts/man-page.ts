/** Manual pages in roff, made from the definitions that --help is made from. */
import type {Argument, Command, Option} from "commander";
import {COMMON_ENVIRONMENT, type CommandDocs, documentation, type Example} from "../src/commands/define.js";
import {type LoadedCommand, pageName} from "../src/commands/help.js";
import {SETTINGS, type Setting} from "../src/commands/settings.js";

/** File name and text of a page. */
export interface ManPage {
  readonly file: string;
  readonly text: string;
}

type Terms = readonly (readonly [term: string, text: string])[];

const EXIT_STATUS: Readonly<Record<number, string>> = {
  0: "Done.",
  1: "A bug in this program.",
  2: "The command line or the configuration is wrong.",
  3: "Refused: the data is bad, or a rule of the ledger forbids it.",
  4: "A node, a device or the disk is not available now.",
  5: "Submitted, but not decided yet.",
  130: "Interrupted.",
};

const ABOUT = [
  "qsdm enrolls GPUs under a bond, mines, catches nodes that mine twice at one height and takes their bond, keeps wallets " +
    "and runs a node of the ledger. Every signature is ML-DSA (FIPS 204).",
  "Standard output carries the result and nothing else: a bare value, or records of fields that are parted by tabs, one " +
    "per line, with - for a missing field and \\n, \\t and \\\\ for line feeds, tabs and backslashes inside one. Everything " +
    "else goes to standard error.",
  "With --json the result is one document on one line: on success",
  '  {"schema":1,"ok":true,"data":...,"warnings":[]}',
  "and on failure",
  '  {"schema":1,"ok":false,"error":\n    {"code":...,"message":...,"hint":...,"details":{}}}',
  "Codes stay the same from version to version, messages do not. Amounts, heights and nonces are decimal strings. A " +
    "command that runs on prints one document per line for each event.",
  "A flag may be written --flag value, --flag=value, -flag value or -flag=value. A file named - is standard input, which " +
    "serves one flag only. Secrets are never arguments: they come from a file, a descriptor or the terminal, without echo.",
  "The first Ctrl-C or SIGTERM stops a command in order, the second at once. A node that has stopped in order exits with " +
    "0; a command that was cut off exits with 130.",
];

/** Every page: one for each command, qsdm(1) and qsdm-config(5). */
export const manPages = (loaded: readonly LoadedCommand[]): readonly ManPage[] => [
  ...loaded.map(commandPage),
  programPage(loaded),
  configPage(),
];

function commandPage({entry, command}: LoadedCommand): ManPage {
  const docs = documentation(command)!;
  const name = `qsdm-${pageName(entry.path)}`;
  const usage = `qsdm ${entry.path} [flags]${command.registeredArguments.map(argumentText).join("")}`;
  return page(name, 1, [
    section("NAME", line(`${name} - ${docs.summary}`)),
    section("SYNOPSIS", line(usage)),
    section("DESCRIPTION", paragraphs(docs.description.split("\n\n"))),
    section("OPTIONS", terms([...argumentTerms(command), ...optionTerms(command)])),
    ...tail(docs),
    section("SEE ALSO", line(references(["qsdm(1)", ...(docs.seeAlso ?? []).map(reference)]))),
  ]);
}

const tail = (docs: CommandDocs): string[] => [
  section("EXIT STATUS", terms(Object.entries({...EXIT_STATUS, ...docs.exit}))),
  section("ENVIRONMENT", terms(Object.entries({...docs.environment, ...COMMON_ENVIRONMENT}))),
  section("FILES", docs.files ? terms(Object.entries(docs.files)) : line("None.")),
  section("EXAMPLES", examples(docs.examples)),
];

function programPage(loaded: readonly LoadedCommand[]): ManPage {
  const commands = loaded.map(({entry, command}) => [`qsdm ${entry.path}`, sentence(command.summary())] as const);
  const names = loaded.map(({entry}) => reference(entry.path));
  return page("qsdm", 1, [
    section("NAME", line("qsdm - post-quantum ledger toolkit: command line and node in one program")),
    section("SYNOPSIS", line("qsdm <command> [flags]")),
    section("DESCRIPTION", paragraphs(ABOUT)),
    section("COMMANDS", terms(commands)),
    section(
      "OPTIONS",
      terms([...optionTerms(loaded[0]!.command, "Common flags:"), ["--version", "print what this program is"]]),
    ),
    section("EXIT STATUS", terms(Object.entries(EXIT_STATUS))),
    section("ENVIRONMENT", terms([...settingTerms(), ...Object.entries(COMMON_ENVIRONMENT)])),
    section("FILES", terms([["~/.config/qsdm/config.toml", "The configuration file; see qsdm-config(5)."]])),
    section(
      "EXAMPLES",
      examples([{does: "a whole network on this machine, and what can be done with it", run: "qsdm devnet --tour"}]),
    ),
    section("SEE ALSO", line(references([...names, "qsdm-config(5)"]))),
  ]);
}

function configPage(): ManPage {
  const keys = Object.entries<Setting>(SETTINGS);
  const sample = keys.map(([name, {describe, fallback, example}]) => {
    const value = `${name} = "${fallback ?? example ?? "/run/secrets/qsdm-passphrase"}"`;
    return `# ${describe}\n${fallback === null ? `# ${value}` : value}`;
  });
  return page("qsdm-config", 5, [
    section("NAME", line("qsdm-config - configuration file of qsdm")),
    section("SYNOPSIS", line("~/.config/qsdm/config.toml")),
    section(
      "DESCRIPTION",
      paragraphs([
        "A TOML file with the keys below, all optional. It is looked for at --config, at $QSDM_CONFIG, and at " +
          "qsdm/config.toml in $XDG_CONFIG_HOME or ~/.config. Unknown keys are errors. The program never changes it.",
        "A flag beats an environment variable, which beats the file, which beats the default. qsdm config print shows " +
          "every value and where it comes from.",
        "In paths ~ is the home directory, and a relative path starts at the file's own directory.",
      ]),
    ),
    section(
      "OPTIONS",
      terms(keys.map(([name, each]) => [name, `${each.describe} Default: ${each.fallback ?? "none"}.`])),
    ),
    section("ENVIRONMENT", terms([["QSDM_CONFIG", "The configuration file."], ...settingTerms()])),
    section("FILES", terms([["~/.config/qsdm/config.toml", "The file, mode 0644: it holds no secrets."]])),
    section("EXAMPLES", verbatim(sample.join("\n\n"))),
    section("SEE ALSO", line(references(["qsdm(1)", "qsdm-config-print(1)", "qsdm-config-check(1)"]))),
  ]);
}

const settingTerms = (): Terms => Object.values<Setting>(SETTINGS).map(({env, describe}) => [env, describe]);

/** Flags as --help lists them, of one heading or of all. */
export const optionTerms = (command: Command, heading?: string): Terms =>
  visibleOptions(command)
    .filter((option) => heading === undefined || option.helpGroupHeading === heading)
    .map((option) => [option.flags, command.createHelp().optionDescription(option)]);

function visibleOptions(command: Command): Option[] {
  const options = command.createHelp().visibleOptions(command);
  const common = (option: Option): number => (option.helpGroupHeading === "Common flags:" ? 0 : 1);
  return [...options].sort((a, b) => common(a) - common(b));
}

const argumentText = (argument: Argument): string =>
  ` ${argument.required ? `<${nameOf(argument)}>` : `[${nameOf(argument)}]`}`;
const nameOf = (argument: Argument): string => `${argument.name()}${argument.variadic ? "..." : ""}`;
const argumentTerms = (command: Command): Terms =>
  command.registeredArguments.map((argument) => [argument.name(), argument.description]);

const reference = (path: string): string => `qsdm-${pageName(path)}(1)`;
// One on a line, so that two new commands do not meet in one line of the file.
const references = (names: readonly string[]): string => [...new Set(names)].join(",\n");
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

// Roff: backslashes and dashes are escaped, and no line may start with a dot or an apostrophe.
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

const page = (name: string, volume: number, sections: readonly string[]): ManPage => ({
  file: `${name}.${volume}`,
  text: `.TH ${name.toUpperCase().replaceAll("-", "\\-")} ${volume} "" "qsdm" "qsdm manual"\n.nh\n.ad l\n${sections.join("")}`,
});
const section = (title: string, body: string): string => `.SH ${title}\n${body}`;
const line = (text: string): string => `${roff(text)}\n`;
const paragraphs = (texts: readonly string[]): string =>
  texts
    // As in plain text, indentation means as it stands.
    .map((text) => (text.startsWith("  ") ? verbatim(text).trimEnd() : roff(text)))
    .join("\n.PP\n")
    .concat("\n");
const terms = (list: Terms): string => list.map(([term, text]) => `.TP\n.B ${roff(term)}\n${roff(text)}\n`).join("");
const verbatim = (text: string): string => `.nf\n${roff(text)}\n.fi\n`;
const examples = (list: readonly Example[]): string =>
  list.map(({does, run}) => `.PP\n${roff(sentence(does))}\n.PP\n.RS\n${verbatim(run)}.RE\n`).join("");
