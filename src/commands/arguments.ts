/**
 * Arguments as Go's flag package reads them, turned into what commander reads: `-name` is `--name`, booleans may be
 * written `-name=true`, and the common flags may stand before the command's words.
 */
import type {Command, Option} from "commander";
import {UsageError} from "../errors.js";
import {ioFlagsOf} from "./define.js";
import type {IoFlags} from "./io.js";

const LONG = /^--?([a-zA-Z][\w-]+)(?:=(.*))?$/s;
const GO_TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const GO_FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** The leading words of `argv` that are not flags, and the rest with the flags that stood before them. */
export function splitPath(argv: readonly string[]): {
  readonly words: readonly string[];
  readonly flags: readonly string[];
} {
  const start = argv.findIndex((argument) => !argument.startsWith("-"));
  if (start < 0) return {words: [], flags: argv};
  const length = argv.slice(start).findIndex((argument) => argument.startsWith("-"));
  const end = length < 0 ? argv.length : start + length;
  return {words: argv.slice(start, end), flags: [...argv.slice(0, start), ...argv.slice(end)]};
}

/**
 * The common flags as they stand in `argv`, before it is known which command they belong to: an unknown command must
 * already answer in JSON.
 */
export function scanFlags(argv: readonly string[]): IoFlags {
  const given: Record<string, boolean> = {};
  for (const argument of argv) {
    if (argument === "--") break;
    const match = LONG.exec(argument);
    if (!match) continue;
    const [, name, value] = match;
    const on = value === undefined || GO_TRUE.has(value);
    if (name === "no-color") given.color = !on;
    else if (name === "no-input") given.input = !on;
    else given[name!] = on;
  }
  return ioFlagsOf(given);
}

/** The first flag of normalized `argv` that `command` does not have. */
export function unknownFlag(argv: readonly string[], command: Command): string | undefined {
  const known = new Set([...command.options.flatMap(({long, short}) => [long, short]), "--help", "-h"]);
  const end = argv.indexOf("--");
  return argv
    .slice(0, end < 0 ? argv.length : end)
    .map((argument) => (argument.startsWith("-") && argument !== "-" ? argument.replace(/=.*$/s, "") : undefined))
    .find((flag) => flag !== undefined && !known.has(flag));
}

/**
 * `argv` in commander's spelling, by the flags that `command` has. Values of flags are left alone.
 * @throws UsageError FLAG_INVALID for a boolean with another value
 */
export function normalizeFlags(argv: readonly string[], command: Command): string[] {
  const options = new Map(command.options.map((option) => [option.long?.slice(2), option] as const));
  const out: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    if (argument === "--") return [...out, ...argv.slice(at)];
    const match = LONG.exec(argument);
    const option = match ? options.get(match[1]) : undefined;
    if (!match || !option) out.push(match ? argument.replace(/^--?/, "--") : argument);
    else if (!takesValue(option)) out.push(...booleanFlag(option, match[2]));
    // A value that may be missing is never a flag.
    else if (match[2] !== undefined || at + 1 >= argv.length || (option.optional && argv[at + 1]!.startsWith("-")))
      out.push(argument.replace(/^--?/, "--"));
    // Joined with its value, so that a value that starts with a dash stays one.
    else out.push(`--${match[1]}=${argv[++at]}`);
  }
  return out;
}

const takesValue = (option: Option): boolean => option.required || option.optional;

function booleanFlag(option: Option, value: string | undefined): string[] {
  if (value === undefined || GO_TRUE.has(value)) return [option.long!];
  if (GO_FALSE.has(value)) return [];
  throw new UsageError("FLAG_INVALID", `${option.long} takes true or false, not "${value}"`);
}
