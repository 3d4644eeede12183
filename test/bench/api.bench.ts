/**
 * Reads per second over kept connections: an account of a whole node against a bare `node:http` server. Each server is
 * a process of its own and this one asks, over plain sockets, so that the asking costs little. The rounds are
 * interleaved, so that a busy moment of the machine hits both alike, and the medians decide.
 */
import {type ChildProcess, spawn} from "node:child_process";
import {once} from "node:events";
import {connect, type Socket} from "node:net";
import {fileURLToPath} from "node:url";

export const name = "API reads per second against bare node:http";

const ROUNDS = 7;
const ROUND_MS = 1_000;
const CONNECTIONS = 16;
const GOAL = 0.7;
const SERVER = fileURLToPath(new URL("api-server.ts", import.meta.url));

interface Measured {
  readonly child: ChildProcess;
  readonly url: URL;
  readonly perSecond: number[];
}

async function start(kind: "node" | "bare"): Promise<Measured> {
  const child = spawn(process.execPath, ["--import", "tsx", SERVER, kind], {stdio: ["ignore", "pipe", "inherit"]});
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return {child, url: new URL(line.toString().trim()), perSecond: []};
}

/** Length of the first answer in `buffer`, or 0 while it is not whole. */
function answerLength(buffer: Buffer): number {
  const end = buffer.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  const head = buffer.toString("latin1", 0, end);
  const size = /content-length: (\d+)/i.exec(head);
  if (!head.startsWith("HTTP/1.1 200 ") || !size) throw new Error(`not the answer that was asked for: ${head}`);
  const length = end + 4 + Number(size[1]);
  return buffer.length < length ? 0 : length;
}

/** Asks over `socket` again and again until `deadline`, one question at a time; the number of answers. */
function ask(socket: Socket, url: URL, deadline: number): Promise<number> {
  const question = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let answers = 0;
    let waiting: Buffer = Buffer.alloc(0);
    socket.on("error", reject).on("data", (part) => {
      waiting = waiting.length === 0 ? part : Buffer.concat([waiting, part]);
      const length = answerLength(waiting);
      if (length === 0) return;
      answers++;
      waiting = waiting.subarray(length);
      if (performance.now() < deadline) socket.write(question);
      else socket.end(() => resolve(answers));
    });
    socket.write(question);
  });
}

async function round({url}: Measured, connections: number): Promise<number> {
  const sockets = Array.from({length: connections}, () => connect(Number(url.port), url.hostname).setNoDelay());
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const begin = performance.now();
  const answers = await Promise.all(sockets.map((socket) => ask(socket, url, begin + ROUND_MS)));
  return (answers.reduce((sum, each) => sum + each, 0) * 1_000) / (performance.now() - begin);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export async function run(print: (line: string) => void): Promise<void> {
  const [node, bare] = await Promise.all([start("node"), start("bare")]);
  try {
    for (const each of [node, bare]) await round(each, CONNECTIONS); // lets both compile what they run
    for (let n = 0; n < ROUNDS; n++)
      for (const each of [node, bare]) each.perSecond.push(await round(each, CONNECTIONS));
    const [ours, theirs] = [median(node.perSecond), median(bare.perSecond)];
    const ratio = ours / theirs;
    print(`bare node:http: ${theirs.toFixed(0)}/s over ${CONNECTIONS} connections`);
    print(`account of a node: ${ours.toFixed(0)}/s over ${CONNECTIONS} connections`);
    print(`ratio: ${ratio.toFixed(2)}x, goal ${GOAL}x: ${ratio >= GOAL ? "met" : "missed"}`);
  } finally {
    for (const {child} of [node, bare]) child.kill();
  }
}
