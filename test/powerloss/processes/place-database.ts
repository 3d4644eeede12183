/** Unpacks a database file and puts it on the disk: `place-database.ts SOURCE TARGET`. */
import {readFileSync} from "node:fs";
import path from "node:path";
import {gunzipSync} from "node:zlib";
import {makeDirectory, syncDirectory} from "../../../src/node/durable-directory.js";
import {writeWhole} from "../../../src/node/snapshots/files.js";

const [, , source, target] = process.argv as [string, string, string, string];
makeDirectory(path.dirname(target));
await writeWhole(target, [gunzipSync(readFileSync(source))]);
syncDirectory(path.dirname(target));
