/** `qsdm watch` on a node whose events cannot be acted on, or that refuses the stream. */
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {expect, onTestFinished, test} from "vitest";
import {encodeProof} from "../../src/codecs/mining/proof.js";
import {run} from "../../src/commands/run.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {signedProof} from "../support/proofs.js";
import {memoryHost} from "./memory-host.js";

const owner = testAccount("owner");
const START = 'event: start\ndata: {"chain_id":"qsdm-test","head_seq":0,"pruned_seq":0}\n\n';

/** A stand-in: streams `text` to whoever asks, answers charges with `judged`, and the rest as the node behind it does. */
async function standIn(text: string, judged: {status: number; body: object}) {
  const {node, stop} = await runTestNode(await initTestNode(nodeGenesis([owner])));
  let streams = 0;
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/api/v1/events")) {
      streams++;
      response.writeHead(200, {"content-type": "text/event-stream"}).write(text);
    } else if (path.startsWith("/api/v1/mining/slash/judge"))
      response.writeHead(judged.status, {"content-type": "application/json"}).end(JSON.stringify(judged.body));
    else {
      const answer = await fetch(node.url + path);
      response.writeHead(answer.status, {"content-type": answer.headers.get("content-type") ?? ""});
      response.end(await answer.text());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await stop();
  });
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams: () => streams};
}

function start(url: string, line: string) {
  const host = memoryHost({argv: [...line.split(" "), "--json"], env: {QSDM_API_URL: url}});
  host.input.end();
  const done = run(host);
  const events = () =>
    host
      .out()
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text));
  return {host, done, events};
}

const refused = (seq: number, change: object): string => {
  const [height, epoch, proof_height] = [1, 0, 1];
  const body = {event: "proof_refused", height, node_id: "rig-1", proof_id: "ab", epoch, proof_height, miner_addr: "m"};
  const proof = new TextDecoder().decode(
    encodeProof(signedProof({nodeId: "rig-1", node: testAccount("rig key"), owner}, {height: 1n, fill: 1})),
  );
  const data = {seq, ...body, reason: "attestation", proof, ...change};
  return `event: proofs\ndata: ${JSON.stringify(data)}\n\n`;
};
const convicted = {status: 200, body: {convicts: true, waiting: false, slashed_dust: 1}};

test.each<[string, object, {status: number; body: object}, string]>([
  ["of a node whose name leads elsewhere", {node_id: "A/../x"}, convicted, "OFFENCE_NAME_INVALID"],
  ["whose proof is none", {proof: "{}"}, convicted, "PROOF_INVALID"],
  ["that the node will not judge", {}, {status: 403, body: {error: "no"}}, "NODE_REFUSED"],
])("an event %s is said and passed over", async (_name, change, judged, code) => {
  const node = await standIn(START + refused(1, change) + refused(2, {reason: "work", node_id: "rig-2"}), judged);
  const watcher = start(node.url, "watch proofs --evidence-dir /e --cursor-file /c");
  await eventually(async () => watcher.events().some(({node_id}) => node_id === "rig-2"));
  watcher.host.signal("SIGINT");
  expect(await watcher.done).toBe(0);
  expect(watcher.events().map(({event, code}) => code ?? event)).toEqual([code, "proof_refused", "proof_refused"]);
  expect(node.streams()).toBe(1);
  expect(JSON.parse(Buffer.from(watcher.host.files.get("/c")!).toString()).seq).toBe("2");
});

test("a stream that the node refuses for good ends the command with the node's code", async () => {
  const {node, stop} = await runTestNode(await initTestNode(nodeGenesis([owner])));
  onTestFinished(stop);
  const watcher = start(node.url, `watch blocks --after ${2n ** 60n}`);
  expect(await watcher.done).toBe(3);
  expect(watcher.events()).toMatchObject([{error: {code: "EVENTS_AHEAD"}}]);
});

test("streams are followed by who pays and who is paid, with what each action moved", async () => {
  const stepped = (seq: number, event: string, change: object) => {
    const about = {
      height: 7,
      stream_id: "vpn-7",
      payer: "a1".repeat(32),
      provider: "b2".repeat(32),
      service_id: "svc.vpn",
    };
    const dust = {budget_dust: 1000, accrued_dust: 300, escrow_dust: 700, to_provider_dust: 300, to_payer_dust: 0};
    return `event: streams\ndata: ${JSON.stringify({seq, event, ...about, status: "active", ...dust, ...change})}\n\n`;
  };
  const others =
    stepped(1, "stream_settle", {provider: "c3".repeat(32)}) + stepped(2, "stream_pause", {stream_id: "vpn-8"});
  const node = await standIn(START + others + stepped(3, "stream_settle", {}), convicted);
  const watcher = start(
    node.url,
    `watch streams --stream-id vpn-7 --payer ${"a1".repeat(32)} --provider ${"b2".repeat(32)}`,
  );
  await eventually(async () => watcher.events().length > 0);
  watcher.host.signal("SIGINT");
  expect(await watcher.done).toBe(0);
  expect(watcher.events()).toEqual([
    {
      ...{
        schema: 1,
        ts: expect.any(String),
        event: "stream_settle",
        stream_id: "vpn-7",
        status: "active",
        service_id: "svc.vpn",
      },
      ...{payer: "a1".repeat(32), provider: "b2".repeat(32), height: "7", seq: "3"},
      ...{budget_dust: "1000", accrued_dust: "300", escrow_dust: "700", to_provider_dust: "300"},
    },
  ]);
});
