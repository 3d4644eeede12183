/** Builds the preload library and names what a process needs to run under it. */
import {spawnSync} from "node:child_process";
import {realpathSync} from "node:fs";
import path from "node:path";

const SOURCE = path.resolve(import.meta.dirname, "preload/preload.c");

/** Why nothing can be recorded here; null where it can. */
export function unfit(): string | null {
  if (process.platform !== "linux") return "the preload library is for Linux";
  if (spawnSync("cc", ["--version"]).status !== 0) return "there is no C compiler";
  return null;
}

/** Compiles the library into `directory`. @throws Error with what the compiler said */
export function buildPreload(directory: string): string {
  const library = path.join(directory, "preload.so");
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", "-lpthread"];
  const {status, stderr} = spawnSync("cc", flags, {encoding: "utf8"});
  if (status !== 0) throw new Error(`the preload library does not compile: ${stderr}`);
  return library;
}

/** A call that fails once, after which the disk answers as if nothing had been: so Linux treats a failed fsync. */
export interface Fault {
  readonly call: "fsync" | "write" | "any";
  readonly errno: "EIO" | "ENOSPC";
  /** End of the path of the files that it strikes. */
  readonly suffix: string;
  /** The making of this file arms it. */
  readonly armedBy: string;
  /** Whether it fails from then on instead. */
  readonly lasts?: boolean;
}

const ERRNO = {EIO: 5, ENOSPC: 28} as const;

/** Environment of a process whose changes below `root` are recorded. */
export function preloadEnvironment(
  library: string,
  {root, trace, fault}: {readonly root: string; readonly trace: string; readonly fault?: Fault},
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LD_PRELOAD: library,
    // Calls on a ring pass no library.
    UV_USE_IO_URING: "0",
    QSDM_POWERLOSS_ROOT: realpathSync(root),
    QSDM_POWERLOSS_TRACE: trace,
    ...(fault && {
      QSDM_POWERLOSS_FAULT: `${fault.call}:${ERRNO[fault.errno]}:${fault.suffix}`,
      QSDM_POWERLOSS_ARM: fault.armedBy,
      ...(fault.lasts && {QSDM_POWERLOSS_LASTS: "1"}),
    }),
  };
}
