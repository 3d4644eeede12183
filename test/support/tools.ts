/** Tools that only some machines have. A test that lacks one is skipped by name, or fails under QSDM_REQUIRE=all. */
import {accessSync, constants} from "node:fs";
import path from "node:path";
import type {TestContext} from "vitest";

/** The executable's path, or null. */
export function findTool(name: string): string | null {
  for (const directory of (process.env.PATH ?? "").split(path.delimiter)) {
    const file = path.join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return null;
}

/** Ends the calling test as skipped, naming the tool, unless every tool is required. */
export function lacking(context: TestContext, tool: string): never {
  if (process.env.QSDM_REQUIRE === "all") throw new Error(`QSDM_REQUIRE=all, and ${tool} is missing`);
  return context.skip(`needs ${tool}`);
}
