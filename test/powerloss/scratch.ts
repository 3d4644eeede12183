/**
 * A directory in which one state after the other is put. A file that nobody wrote to since is kept aside by a second name,
 * and only the pages change in which the next state differs.
 */
import {linkSync, mkdirSync, rmSync, statSync, utimesSync} from "node:fs";
import path from "node:path";
import type {Content} from "./content.js";
import {DIRECTORY, type Image} from "./disk.js";

interface Kept {
  readonly place: string;
  content: Content;
}

export class Scratch {
  readonly #root: string;
  readonly #aside: string;
  readonly #kept = new Map<string, Kept>();

  constructor(directory: string) {
    rmSync(directory, {recursive: true, force: true});
    this.#root = path.join(directory, "root");
    this.#aside = path.join(directory, "aside");
    mkdirSync(this.#aside, {recursive: true});
  }

  /** Puts all directories, and the files that are told, where nothing else is. @returns where */
  put({files}: Image, owns: (path: string) => boolean): string {
    rmSync(this.#root, {recursive: true, force: true});
    mkdirSync(this.#root);
    for (const [name, content] of files) {
      const at = path.join(this.#root, name);
      if (content === DIRECTORY) mkdirSync(at, {mode: 0o700});
      else if (owns(name)) linkSync(this.#keep(name, content), at);
    }
    return this.#root;
  }

  #keep(name: string, content: Content): string {
    const kept = this.#kept.get(name);
    const place = kept?.place ?? path.join(this.#aside, String(this.#kept.size));
    const isKnown = kept !== undefined && statSync(place).mtimeMs === 0;
    if (isKnown && kept.content === content) return place;
    content.write(place, isKnown ? kept.content : null);
    // Whoever writes to it sets the time of now.
    utimesSync(place, 0, 0);
    this.#kept.set(name, {place, content});
    return place;
  }
}
