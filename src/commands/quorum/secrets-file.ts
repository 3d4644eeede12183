/** Secrets of a program as commands take them: from a file, never from the command line. */
import {textOf} from "../../codecs/bytes.js";
import {DecodeError, QsdmError, UsageError} from "../../errors.js";
import {integerOf} from "../../node/quorum/language/integer.js";
import type {Io} from "../io.js";

export const SECRETS_FLAG = "the program's secrets, a line of name=value for each; - reads standard input";
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * A value for each of `names`. Nothing of the file is quoted in a message: it is secret.
 * @throws UsageError SECRET_MISSING; DecodeError SECRETS_INVALID
 */
export async function readSecrets(
  io: Io,
  path: string | undefined,
  names: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const found = path === undefined ? new Map<string, bigint>() : parseSecrets(await read(io, path));
  const known = new Set(names);
  for (const name of found.keys())
    if (!known.has(name))
      throw new UsageError("SECRET_UNKNOWN", "--secrets-file names a secret that the program does not have", {
        hint: names.length === 0 ? "it has none" : `it has ${names.join(", ")}`,
      });
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new UsageError("SECRET_MISSING", `no value for secret ${missing.join(", ")}`, {
      hint: `write a line ${missing[0]}=VALUE into a file and pass it as --secrets-file`,
    });
  return found;
}

async function read(io: Io, path: string): Promise<string> {
  try {
    return textOf(await io.readFile(path, {flag: "--secrets-file", maxBytes: MAX_BYTES}));
  } catch (cause) {
    if (cause instanceof QsdmError && cause.code === "UTF8_INVALID")
      throw new DecodeError("SECRETS_INVALID", "--secrets-file is no text", {cause});
    throw cause;
  }
}

function parseSecrets(text: string): Map<string, bigint> {
  const secrets = new Map<string, bigint>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const equals = line.lastIndexOf("=");
    const name = line.slice(0, Math.max(0, equals)).trim();
    const value = integerOf(line.slice(equals + 1).trim());
    if (name === "" || value === null || secrets.has(name))
      throw new DecodeError("SECRETS_INVALID", `--secrets-file: line ${at + 1} is no new name=value with an integer`);
    secrets.set(name, value);
  }
  return secrets;
}
