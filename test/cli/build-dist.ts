/** Builds dist/ before any test when the sources are newer, so that transcripts show the program as it is. */
import {execFileSync} from "node:child_process";
import {existsSync, readdirSync, statSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const newest = (folder: string): number =>
  Math.max(
    ...readdirSync(join(ROOT, folder), {recursive: true}).map(
      (file) => statSync(join(ROOT, folder, String(file))).mtimeMs,
    ),
  );

export function setup(): void {
  const built = join(ROOT, "dist", "main.js");
  const sources = Math.max(newest("src"), newest("scripts"), statSync(join(ROOT, "package.json")).mtimeMs);
  if (existsSync(built) && statSync(built).mtimeMs >= sources) return;
  execFileSync(process.execPath, [join(ROOT, "scripts", "build.mjs")], {stdio: ["ignore", "ignore", "inherit"]});
}
