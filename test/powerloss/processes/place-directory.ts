/** Copies a directory and puts it on the disk: `place-directory.ts SOURCE TARGET`. */
import {chmodSync, readdirSync, readFileSync} from "node:fs";
import path from "node:path";
import {makeDirectory, syncDirectory} from "../../../src/node/durable-directory.js";
import {writeWhole} from "../../../src/node/snapshots/files.js";

async function place(source: string, target: string): Promise<void> {
  makeDirectory(target);
  for (const entry of readdirSync(source, {withFileTypes: true})) {
    const [from, to] = [path.join(source, entry.name), path.join(target, entry.name)];
    if (entry.isDirectory()) await place(from, to);
    else {
      await writeWhole(to, [readFileSync(from)]);
      // Keys are among them.
      chmodSync(to, 0o600);
    }
  }
  syncDirectory(target);
}

const [, , source, target] = process.argv as [string, string, string, string];
await place(source, target);
// What is there from here on was promised.
process.stdout.write("placed\n");
