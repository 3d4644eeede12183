import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {configPath, parseConfig} from "../settings.js";

export const configCheckCommand = (io: Io): Command =>
  defineCommand("config check", {
    summary: "check a configuration file",
    description:
      "Reads a configuration file, refuses unknown keys and wrong values, and prints its path when it is right. The " +
      "program never changes the file.",
    examples: [{does: "before a file is put in place", run: "qsdm config check --config new.toml"}],
    environment: {QSDM_CONFIG: "The configuration file."},
    files: {"~/.config/qsdm/config.toml": "The configuration file, unless --config names another."},
    seeAlso: ["config print"],
  })
    .option("--config <path>", "the file; - reads standard input (default: ~/.config/qsdm/config.toml)")
    .action(async ({config}: {config?: string}) => {
      const {path} = configPath(io.host, config);
      const values = parseConfig(await io.readFile(path, {flag: "--config"}), path);
      io.result({path, keys: Object.keys(values)}, path);
    });
