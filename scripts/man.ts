/** Writes every manual page to man/, and removes pages of commands that are gone. Run by `npm run man`. */
import {mkdirSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {loadAll} from "../src/commands/help.js";
import {manPages} from "./man-page.js";

const folder = fileURLToPath(new URL("../man/", import.meta.url));
const pages = manPages(await loadAll());
mkdirSync(folder, {recursive: true});
for (const old of readdirSync(folder)) if (!pages.some(({file}) => file === old)) rmSync(`${folder}${old}`);
for (const {file, text} of pages) writeFileSync(`${folder}${file}`, text);
