/** Flags of `qsdm mine` with those of the rig's file under them. */
import type {Io} from "../io.js";
import {DEFAULT_RIG_FILE, parseRigFile, RIG_FILE_MAX_BYTES, type RigValues} from "./rig-file.js";
import {MINE_SOURCES, type MineFlags} from "./terms.js";

/** Another kind of evidence replaces the file's. */
const NO_SOURCE = Object.fromEntries(Object.keys(MINE_SOURCES).map((source) => [source, undefined]));

/**
 * What was typed, over what the rig's file says. Without either, a person at a terminal is asked.
 * @param isTyped whether a flag was on the command line, and is no default
 * @throws UsageError RIG_FILE_INVALID, FILE_NOT_FOUND, and those of the questions
 */
export async function withRig(io: Io, flags: MineFlags, isTyped: (flag: string) => boolean): Promise<MineFlags> {
  const values = await rigValues(io, flags);
  const typed = Object.entries(flags).filter(([flag]) => isTyped(flag) || !(flag in values));
  const addressed = isTyped("apiUrl") || isTyped("validator");
  const proved = Object.keys(MINE_SOURCES).some(isTyped) ? NO_SOURCE : {};
  return {...values, ...proved, ...Object.fromEntries(typed), ...(addressed ? {node: []} : {})} as MineFlags;
}

async function rigValues(io: Io, flags: MineFlags): Promise<RigValues> {
  const {disk, home} = io.host;
  const path = (flags.rigFile ?? DEFAULT_RIG_FILE).replace(/^~(?=\/|$)/, home);
  if (flags.rigFile === undefined) {
    if (flags.nodeId !== undefined) return {};
    if (!(await disk.exists(path))) {
      if (!io.asks || io.flags.json) return {};
      return (await import("./wizard.js")).setUpRig(io, flags, path);
    }
  }
  return parseRigFile(await io.readFile(path, {flag: "--rig-file", maxBytes: RIG_FILE_MAX_BYTES}), {path, home});
}
