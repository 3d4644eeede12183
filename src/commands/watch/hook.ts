/** `--exec`: a command of the user's for each event. */
import {spawn} from "node:child_process";
import type {Io} from "../io.js";
import {eventLine} from "../output.js";
import type {WatchEvent} from "./event.js";

/**
 * Runs `command` in a shell with the event as one line of JSON on its standard input, and waits for it: events are
 * handled one after another. What it prints goes to standard error. A failure is a warning; the next event comes anyway.
 */
export function runHook(io: Io, command: string, event: WatchEvent): Promise<void> {
  return new Promise((resolve) => {
    // The shell gets the event as data alone: nothing of it becomes part of the command line.
    const child = spawn(command, {shell: true, stdio: ["pipe", "pipe", "pipe"]});
    child.stdout.on("data", (part: Buffer) => io.note(part.toString().trimEnd()));
    child.stderr.on("data", (part: Buffer) => io.note(part.toString().trimEnd()));
    // A command that does not read its input closes the pipe.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      io.warn(`--exec: ${error.message}`);
      resolve();
    });
    child.on("close", (status, signal) => {
      if (status !== 0) io.warn(`--exec ended with ${status ?? signal} on event ${event.event}`);
      resolve();
    });
    child.stdin.end(eventLine(event));
  });
}
