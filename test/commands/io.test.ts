import {describe, expect, test} from "vitest";
import type {OutputStream} from "../../src/commands/descriptor.js";
import {Io, type IoFlags} from "../../src/commands/io.js";
import {RuleError} from "../../src/errors.js";
import {type MemoryOptions, memoryHost} from "./memory-host.js";

const FLAGS: IoFlags = {json: false, verbose: false, color: true, input: true, yes: false};
function make(options: MemoryOptions = {}, flags: Partial<IoFlags> = {}) {
  const host = memoryHost(options);
  return {host, io: new Io(host, {...FLAGS, ...flags})};
}
const code = (expected: string) => expect.objectContaining({code: expected});

describe("results", () => {
  test("standard output has the result, standard error the rest", () => {
    const {host, io} = make();
    io.note("a note");
    io.warn("a warning");
    io.result({a: 1n}, [["a", 1n]]);
    expect(host.out()).toBe("a\t1\n");
    expect(host.err()).toBe("a note\nqsdm: warning: a warning\n");
  });

  test("under --json the warnings are in the document too", () => {
    const {host, io} = make({}, {json: true});
    io.warn("careful");
    io.result({a: 1n}, "ignored");
    expect(JSON.parse(host.out())).toEqual({schema: 1, ok: true, data: {a: "1"}, warnings: ["careful"]});
  });

  test("what is not decided yet ends with status 5", () => {
    const {io} = make();
    io.result({}, "id", {final: false});
    expect(io.status).toBe(5);
  });

  test("raw bytes pass through, but not to a terminal", () => {
    const {host, io} = make();
    io.bytes(Uint8Array.of(0x71, 0x0a), {});
    expect(host.out()).toBe("q\n");
    const onTerminal = make({terminals: ["stdout"]});
    expect(() => onTerminal.io.bytes(Uint8Array.of(1), {})).toThrow(code("BINARY_TO_TERMINAL"));
    expect(onTerminal.host.out()).toBe("");
  });

  test("under --json bytes are a document, also on a terminal", () => {
    const {host, io} = make({terminals: ["stdout"]}, {json: true});
    io.bytes(Uint8Array.of(1), {hex: "01"});
    expect(JSON.parse(host.out()).data).toEqual({hex: "01"});
  });
});

describe("failures", () => {
  test("an error and its hint are two lines and no stack", () => {
    const {host, io} = make();
    expect(io.fail(new RuleError("NO", "it said\nno", {hint: "ask again"}))).toBe(3);
    expect(host.err()).toBe("qsdm: error: it said\\nno\nqsdm: hint: ask again\n");
    expect(host.out()).toBe("");
  });

  test("--verbose adds the stack", () => {
    const {host, io} = make({}, {verbose: true});
    io.fail(new RuleError("NO", "no"));
    expect(host.err()).toMatch(/RuleError: no\n\s+at /);
  });

  test("--json gives one document, even when a result came before", () => {
    const {host, io} = make({}, {json: true});
    io.fail(new RuleError("NO", "no"));
    expect(JSON.parse(host.out())).toMatchObject({ok: false, error: {code: "NO"}});
    const late = make({}, {json: true});
    late.io.result({}, "");
    expect(late.io.fail(new RuleError("NO", "no"))).toBe(3);
    expect(JSON.parse(late.host.out()).ok).toBe(true);
  });
});

describe("colour", () => {
  const errorOn = async (options: MemoryOptions, flags: Partial<IoFlags> = {}) => {
    const {host, io} = make(options, flags);
    await io.prepare();
    io.fail(new RuleError("NO", "no"));
    return host.err().includes("\u001b");
  };
  test("is used on a terminal", async () => expect(await errorOn({terminals: ["stderr"]})).toBe(true));
  test("is not used elsewhere", async () => expect(await errorOn({terminals: ["stdout"]})).toBe(false));
  test("gives way to NO_COLOR", async () =>
    expect(await errorOn({terminals: ["stderr"], env: {NO_COLOR: "1"}})).toBe(false));
  test("does not give way to an empty NO_COLOR", async () =>
    expect(await errorOn({terminals: ["stderr"], env: {NO_COLOR: ""}})).toBe(true));
  test("gives way to TERM=dumb", async () =>
    expect(await errorOn({terminals: ["stderr"], env: {TERM: "dumb"}})).toBe(false));
  test("gives way to --no-color", async () =>
    expect(await errorOn({terminals: ["stderr"]}, {color: false})).toBe(false));
});

describe("standard input", () => {
  test("serves one flag; the second is told which took it", async () => {
    const {host, io} = make();
    host.input.end("abc");
    expect(Buffer.from(await io.readFile("-", {flag: "--a"})).toString()).toBe("abc");
    await expect(io.readFile("-", {flag: "--b"})).rejects.toThrow("--a and --b both ask for standard input");
  });

  test("is not read beyond the limit", async () => {
    const {host, io} = make();
    host.input.end("abcd");
    await expect(io.readFile("-", {flag: "--a", maxBytes: 3})).rejects.toThrow(code("INPUT_TOO_LARGE"));
  });
});

describe("questions", () => {
  test("a passphrase is typed without echo", async () => {
    const {host, io} = make({terminals: ["stdin", "stderr"]});
    const typed = io.secret("Passphrase: ");
    host.input.write("s3cret\r");
    expect(await typed).toBe("s3cret");
    expect(host.err()).toBe("Passphrase: \n");
  });

  test("nobody is asked without a terminal, under --no-input, or once input was taken", async () => {
    expect(await make().io.secret("p")).toBeUndefined();
    expect(await make({terminals: ["stdin"]}, {input: false}).io.secret("p")).toBeUndefined();
    const {host, io} = make({terminals: ["stdin"]});
    host.input.end("x");
    await io.readFile("-", {flag: "--a"});
    expect(await io.secret("p")).toBeUndefined();
  });

  test("only yes confirms", async () => {
    for (const [answer, agreed] of [
      ["y", true],
      ["YES", true],
      ["", false],
      ["n", false],
      ["yess", false],
    ] as const) {
      const {host, io} = make({terminals: ["stdin"]});
      const asked = io.confirm("Burn it?");
      host.input.write(`${answer}\r`);
      if (agreed) await asked;
      else await expect(asked).rejects.toThrow(code("CONFIRMATION_DECLINED"));
    }
  });

  test("--yes agrees in advance; without a terminal it is asked for", async () => {
    await make({}, {yes: true}).io.confirm("Burn it?");
    await expect(make().io.confirm("Burn it?")).rejects.toThrow(code("CONFIRMATION_REQUIRED"));
  });

  test("Ctrl-C at a prompt interrupts the command", async () => {
    const {host, io} = make({terminals: ["stdin"]});
    const typed = io.secret("p");
    host.input.write("\u0003");
    const error = await typed.catch((reason: unknown) => reason);
    expect(io.fail(error)).toBe(130);
  });
});

describe("progress", () => {
  test("is plain lines where there is no terminal", () => {
    const {host, io} = make();
    const progress = io.progress("start");
    progress.tick("1 %");
    progress.log("half");
    progress.done("end");
    expect(host.err()).toBe("start\nhalf\nend\n");
  });
});

describe("a reader that goes away", () => {
  test("aborts the signal and is no failure", () => {
    let broken: ((error: NodeJS.ErrnoException) => void) | undefined;
    const stdout: OutputStream = {
      on: (_event, listener) => {
        broken = listener;
      },
      write: (_chunk, done) => {
        broken?.(Object.assign(new Error("write EPIPE"), {code: "EPIPE"}));
        done();
      },
    };
    const host = {...memoryHost(), stdout};
    const io = new Io(host, FLAGS);
    io.event({event: "x"}, "x");
    expect(io.signal.aborted).toBe(true);
    expect(io.fail(io.signal.reason)).toBe(0);
    expect(io.fail(new RuleError("NO", "still a failure"))).toBe(3);
  });
});
