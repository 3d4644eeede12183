import type {Command} from "commander";
import type {Io} from "../io.js";

export interface ListedCommand {
  /** Words that call the command, for example `wallet create`. */
  readonly path: string;
  /**
   * Whether it works offline and is wanted at once: the build makes one file of it and what it imports. Its module is
   * then at its path, and exports its name in camel case with `Command` behind.
   */
  readonly quick?: true;
  load(): Promise<(io: Io) => Command>;
}

/** A command with the heading that help lists it under. */
export interface CommandEntry extends ListedCommand {
  readonly heading: string;
}
