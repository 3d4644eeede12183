import type {Command} from "commander";
import {type ClientFlags, settingFlags} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, loadSettings, type SettingName, settingsEnvironment} from "../settings.js";

const ALL: readonly SettingName[] = ["api_url", "timeout", "keystore", "passphrase_file", "data_dir"];

export const configPrintCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("config print", {
      summary: "print every setting and where it comes from",
      description:
        "Prints one record for each setting: its name, its value (- when there is none) and its origin: a flag, an " +
        "environment variable, the file or the default, in this order of precedence.",
      examples: [
        {does: "everything", run: "qsdm config print"},
        {does: "which node is asked", run: "qsdm config print --json | jq -r .data.api_url.value"},
      ],
      environment: settingsEnvironment(...ALL),
      files: {"~/.config/qsdm/config.toml": "The configuration file; see qsdm-config(5)."},
      seeAlso: ["config check"],
    }),
  ).action(async (flags: ClientFlags) => {
    const settings = await loadSettings(io.host, settingFlags(flags));
    io.result(
      settings,
      ALL.map((name) => [name, settings[name].value, settings[name].origin]),
    );
  });
