/** Help of the program, of its groups and of every command, as text of 80 columns. */
import {Command} from "commander";
import {commonOptions, quiet} from "./define.js";
import {Io} from "./io.js";
import type {CommandEntry} from "./registry/entry.js";
import {COMMANDS, GROUPS} from "./registry.js";

const ABOUT =
  "Post-quantum ledger toolkit: enroll GPUs, mine, catch and punish equivocation, keep wallets and run a node.";
const CLOSING = "\nqsdm <command> --help explains a command, and man qsdm what all of them share.";

/** Commands that the build puts into one file each. */
export const quickPaths: readonly string[] = COMMANDS.filter(({quick}) => quick).map(({path}) => path);

/** A command with the entry that loads it. */
export interface LoadedCommand {
  readonly entry: CommandEntry;
  readonly command: Command;
}

/** Every command, loaded. They are only read here: their actions never run, so they need no host. */
export async function loadAll(): Promise<readonly LoadedCommand[]> {
  const io = new Io({} as never, {json: false, verbose: false, color: false, input: false, yes: false});
  return Promise.all(COMMANDS.map(async (entry) => ({entry, command: quiet((await entry.load())(io))})));
}

/**
 * Help pages by their path with dashes: `enroll`, `wallet-create`, `wallet`, and the empty text for the program. The
 * build writes them to dist/help/, where main.ts finds them without loading this.
 */
export async function helpPages(): Promise<ReadonlyMap<string, string>> {
  const loaded = await loadAll();
  const pages = new Map(loaded.map(({entry, command}) => [pageName(entry.path), helpOf(command)] as const));
  pages.set("", helpOf(overview("qsdm", ABOUT, loaded)));
  for (const [group, summary] of Object.entries(GROUPS))
    pages.set(group, helpOf(overview(`qsdm ${group}`, summary, ofGroup(loaded, group))));
  return pages;
}

/** File name of a command's help and man page, without ending. */
export const pageName = (path: string): string => path.replaceAll(" ", "-");

const ofGroup = (loaded: readonly LoadedCommand[], group: string): readonly LoadedCommand[] =>
  loaded.filter(({entry}) => entry.path.startsWith(`${group} `));

/** A command that does nothing but list others. */
export function overview(name: string, about: string, listed: readonly LoadedCommand[]): Command {
  const program = quiet(new Command(name))
    .description(about)
    .usage("<command> [flags]")
    .helpCommand(false)
    .optionsGroup("Common flags:")
    .helpOption("-h, --help", "print this text")
    .addHelpText("after", CLOSING);
  for (const option of commonOptions()) program.addOption(option);
  if (name === "qsdm") program.option("--version", "print what this program is");
  for (const {entry, command} of listed) {
    const line = new Command(`qsdm ${entry.path}`.slice(name.length + 1));
    program.addCommand(line.summary(command.summary()).helpGroup(`${entry.heading}:`));
  }
  return program;
}

/** The text of `command --help`, as printed. */
export function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({writeOut: (part) => parts.push(part)});
  command.outputHelp();
  return parts.join("");
}
