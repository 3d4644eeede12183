import type {Io} from "../../io.js";

/** Says of evidence that it is worth nothing. */
export const warnInsecure = (io: Io, why: string): void =>
  io.warn(`INSECURE: ${why}, which protects nothing and is for tests alone`);
