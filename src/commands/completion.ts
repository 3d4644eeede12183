import type {Command} from "commander";
import {UsageError} from "../errors.js";
import {completionScript, SHELLS, type Shell} from "./completion-script.js";
import {defineCommand} from "./define.js";
import {choiceFlag} from "./flags.js";
import type {Io} from "./io.js";
import {COMMANDS} from "./registry.js";

export const completionCommand = (io: Io): Command =>
  defineCommand("completion", {
    summary: "print a completion script for a shell",
    description:
      "Prints a script that completes commands and flags in bash, zsh or fish. --list prints the name of every command " +
      "instead, one per line, as its man page has it: wallet-create for qsdm wallet create.",
    examples: [
      {does: "bash, for this user", run: "qsdm completion bash > ~/.local/share/bash-completion/completions/qsdm"},
      {does: "zsh, into a folder of $fpath", run: "qsdm completion zsh > ~/.zfunc/_qsdm"},
      {does: "fish", run: "qsdm completion fish > ~/.config/fish/completions/qsdm.fish"},
    ],
  })
    .argument("[shell]", "bash, zsh or fish", choiceFlag(SHELLS))
    .option("--list", "print the names of all commands", false)
    .action(async (shell: Shell | undefined, {list}: {list: boolean}) => {
      if (list === (shell !== undefined))
        throw new UsageError("COMPLETION_TARGET", "give a shell (bash, zsh or fish) or --list");
      if (shell === undefined) return listCommands(io);
      const {loadAll} = await import("./help.js");
      const script = completionScript(shell, await loadAll());
      io.result({shell, script}, script.trimEnd());
    });

function listCommands(io: Io): void {
  const names = COMMANDS.map(({path}) => path.replaceAll(" ", "-"));
  io.result(
    names,
    names.map((name) => [name]),
  );
}
