/** Every command by its path, loaded when it is called: start-up pays for one command, not for all. */
import type {Command} from "commander";
import type {Io} from "./io.js";

export interface CommandEntry {
  /** Words that call the command, for example `wallet create`. */
  readonly path: string;
  /** Under which help lists it. */
  readonly heading: "Enrollment" | "Mining" | "Slashing" | "Wallets and keys" | "Node" | "Program";
  load(): Promise<(io: Io) => Command>;
}

/** Words that only group commands. */
export const GROUPS: Readonly<Record<string, string>> = {};

/** In the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {path: "version", heading: "Program", load: async () => (await import("./version.js")).versionCommand},
];
