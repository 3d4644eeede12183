import {PassThrough} from "node:stream";
import {expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {startProgress} from "../../src/commands/progress.js";
import {run} from "../../src/commands/run.js";
import {memoryHost} from "./memory-host.js";

test("a command runs on the host it is given and leaves no signal handler behind", async () => {
  const host = memoryHost({argv: ["keygen", "hmac", "--out", "/k"]});
  expect(await run(host)).toBe(0);
  expect(host.out()).toBe("/k\n");
  expect(Buffer.from(host.files.get("/k")!).toString()).toBe(`${"07".repeat(32)}\n`);
  expect(host.writes.get("/k")).toEqual({mode: 0o600, replace: false});
  host.signal("SIGINT");
  expect(host.err()).toBe("");
});

test("the first signal ends a wait for input with status 130", async () => {
  const host = memoryHost({argv: ["config", "check", "--config", "-", "--json"]});
  const running = run(host);
  await expect.poll(() => host.input.listenerCount("readable")).toBe(1);
  host.signal("SIGINT");
  expect(await running).toBe(130);
  expect(host.err()).toBe("qsdm: SIGINT: stopping; once more ends at once\nqsdm: error: interrupted\n");
  expect(JSON.parse(host.out()).error.code).toBe("INTERRUPTED");
});

test("the second signal ends a command that does not stop", async () => {
  const host = memoryHost({argv: ["wallet", "show", "--in", "/w"]});
  let reads = 0;
  const hanging = (): Promise<never> => {
    reads++;
    return new Promise(() => undefined);
  };
  const running = run({...host, disk: {...host.disk, read: hanging}});
  await expect.poll(() => reads).toBe(1);
  host.signal("SIGTERM");
  host.signal("SIGTERM");
  expect(await running).toBe(130);
});

test("a command that finishes its work after a signal is done", async () => {
  const host = memoryHost({argv: ["config", "check", "--config", "/c"]});
  let answer: ((bytes: Uint8Array) => void) | undefined;
  const slow = {...host.disk, read: () => new Promise<Uint8Array>((resolve) => (answer = resolve))};
  const running = run({...host, disk: slow});
  await expect.poll(() => answer).toBeDefined();
  host.signal("SIGINT");
  answer!(utf8('timeout = "1s"'));
  expect(await running).toBe(0);
  expect(host.out()).toBe("/c\n");
});

test("a bug is one line, a hint and status 1", async () => {
  const host = memoryHost({argv: ["wallet", "show", "--in", "/w"]});
  const broken = {...host.disk, read: () => Promise.reject(new TypeError("x is not a function"))};
  expect(await run({...host, disk: broken})).toBe(1);
  expect(host.err()).toMatch(/^qsdm: error: internal error: x is not a function\nqsdm: hint: .*--verbose.*\n$/);
});

test("a spinner is drawn on the screen alone, and its last line stays", async () => {
  const screen = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  const lines: string[] = [];
  const place = {
    live: true,
    color: false,
    screen: () => screen as never,
    line: (line: string) => void lines.push(line),
  };
  const progress = startProgress("working", place);
  let drawn = "";
  screen.on("data", (part) => (drawn += part));
  await expect.poll(() => drawn).toContain("working");
  progress.tick("99 %");
  await expect.poll(() => drawn).toContain("99 %");
  progress.done("all done");
  expect(lines).toEqual(["all done"]);
});
