/** Patterns that a custodian found in queries since it started. */
import type {Patterns} from "../verified/patterns.js";

export class Anomalies {
  readonly found = new Map<keyof Patterns, number>();

  add(patterns: Patterns): void {
    for (const name of Object.keys(patterns) as (keyof Patterns)[])
      if (patterns[name]) this.found.set(name, (this.found.get(name) ?? 0) + 1);
  }
}
