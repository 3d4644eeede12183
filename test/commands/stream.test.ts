/** The commands of streams: what they send, what they refuse before it costs a fee, and what they print. */
import {describe, expect, test} from "vitest";
import type {StreamState, StreamView} from "../../src/codecs/api/streams.js";
import {bytesOfHex, utf8} from "../../src/codecs/bytes.js";
import {streamAction, streamReceipt} from "../../src/codecs/envelopes/actions.js";
import {sha256} from "../../src/codecs/hash.js";
import {orderAct} from "../../src/commands/stream/acts.js";
import {listStreams} from "../../src/commands/stream/list.js";
import {orderOpening} from "../../src/commands/stream/open.js";
import {orderReport} from "../../src/commands/stream/report.js";
import {sessionKeyOf} from "../../src/node/keys/session-key.js";
import {checkAction} from "../../src/node/ledger/streams/action.js";
import {openStream, stepStream} from "../../src/node/ledger/streams/apply.js";
import {serve, view} from "../support/api.js";
import {deskOf, keystoreOf} from "./against-node.js";

const PAYER = "a1".repeat(32);
const PROVIDER = "b2".repeat(32);
const NOW_MS = 1_800_000_000_000;
const NS = 1_000_000n;
const host = {now: () => NOW_MS, randomBytes: (size: number) => new Uint8Array(size).fill(7)};
const SEED = "07".repeat(32);
const OPENING = {
  ...{streamId: "vpn-7", provider: PROVIDER, serviceId: "svc.vpn", device: "laptop"},
  ...{sessionPublicKey: sessionKeyOf(bytesOfHex(SEED)).publicKey, priceDust: 200n, periodSeconds: 100n},
  ...{budgetDust: 1_000n, maxActiveSeconds: 500n, validSeconds: 3_600n},
};
const opening = orderOpening(OPENING, {sender: PAYER, host});
const opened: StreamState = {
  streamId: "vpn-7",
  ...openStream(checkAction(streamAction.decode(opening.payload)), BigInt(NOW_MS) * NS),
};
const viewOf = (change: Partial<StreamState> = {}): StreamView => {
  const stream = {...opened, ...change};
  const {budgetDust, accruedDust, settledDust} = stream;
  return {...stream, remainingBudgetDust: budgetDust - accruedDust, unsettledDust: accruedDust - settledDust};
};
const ORIGIN = {runtime: "qsdm-native", source: "chain", stateRoot: "e5".repeat(32)} as const;
const against = (stream: StreamView, sender: string) => ({
  client: {stream: async () => ({...ORIGIN, stream})},
  sender,
});

test("an opening says what was asked, of the device a digest alone, and is one that the chain takes", () => {
  const action = streamAction.decode(opening.payload);
  expect(action).toMatchObject({
    ...{sender: PAYER, streamId: "vpn-7", action: "open", provider: PROVIDER, serviceId: "svc.vpn", nonce: 0n},
    ...{priceDust: 200n, pricePeriodSeconds: 100n, budgetDust: 1_000n, maxActiveSeconds: 500n},
    expiresAt: new Date(NOW_MS + 3_600_000).toISOString(),
    deviceIdHash: Buffer.from(sha256(utf8("laptop"))).toString("hex"),
  });
  expect(new TextDecoder().decode(opening.payload)).not.toContain("laptop");
});

describe("an act on a stream", () => {
  const owing = viewOf({accruedDust: 300n, settledDust: 100n});
  const order = (act: "settle" | "pause" | "resume" | "close", stream: StreamView, sender: string) =>
    orderAct({act, streamId: "vpn-7", host}, against(stream, sender));

  test.each([
    ["settle", owing, PROVIDER, {claimed_dust: 200n}],
    ["pause", owing, PAYER, {}],
    ["resume", viewOf({status: "paused"}), PAYER, {}],
    ["close", owing, PAYER, {paid_dust: 200n, refunded_dust: 700n}],
  ] as const)("%s is what the chain takes", async (act, stream, sender, summary) => {
    const {payload, summary: told} = await order(act, stream, sender);
    expect(told).toEqual({stream_id: "vpn-7", action: act, ...summary});
    expect(checkAction(streamAction.decode(payload)).action).toMatchObject({action: act, sender});
  });

  test.each([
    ["settle", owing, PAYER, "STREAM_WRONG_PARTY"],
    ["close", owing, PROVIDER, "STREAM_WRONG_PARTY"],
    ["settle", viewOf(), PROVIDER, "STREAM_NOTHING_DUE"],
    ["pause", viewOf({status: "paused"}), PAYER, "STREAM_STATUS_UNFIT"],
    ["resume", viewOf(), PAYER, "STREAM_STATUS_UNFIT"],
    ["close", viewOf({status: "closed"}), PAYER, "STREAM_STATUS_UNFIT"],
  ] as const)("%s is refused before it costs a fee", async (act, stream, sender, code) => {
    await expect(order(act, stream, sender)).rejects.toMatchObject({code});
  });
});

test("a receipt that the device signs is one that the chain bills", async () => {
  const {url} = await serve();
  const desk = deskOf(url, await keystoreOf("owner"), {"/vpn.key": `${SEED}\n`});
  const line = "stream receipt vpn-7 --session-key-file /vpn.key --sequence 1 --active-seconds 250";
  const {out, status} = await desk.qsdm(line);
  expect(status).toBe(0);
  const receipt = {...streamReceipt.readCompat(utf8(out)), observedAt: ""};
  expect(receipt).toMatchObject({streamId: "vpn-7", sequence: 1n, cumulativeActiveSeconds: 250n});
  const signed = streamReceipt.readCompat(utf8(out));
  const nowNs = BigInt(Date.parse(signed.observedAt)) * NS;
  const started = {...opened, openedAtNs: nowNs - 1_000n * 1_000_000_000n, lastActionAtNs: 0n, expiresAtNs: nowNs};
  const {payload} = await orderReport({receipt: signed, host}, against(viewOf(), PROVIDER));
  const {record} = stepStream(started, checkAction(streamAction.decode(payload)), nowNs);
  expect(record.accruedDust).toBe(500n);
  expect((await desk.qsdm(line.replace("--sequence 1", "--sequence 0"))).status).toBe(2);
});

test.each([
  ["of another's stream", viewOf({provider: PAYER}), "STREAM_WRONG_PARTY"],
  ["of a paused stream", viewOf({status: "paused"}), "STREAM_NOT_ACTIVE"],
  ["that was reported before", viewOf({lastReceiptSequence: 1n}), "STREAM_RECEIPT_REPLAYED"],
])("a receipt %s is refused before it costs a fee", async (_what, stream, code) => {
  const receipt = {streamId: "vpn-7", sequence: 1n, cumulativeActiveSeconds: 1n, observedAt: "", signature: ""};
  await expect(orderReport({receipt, host}, against(stream, PROVIDER))).rejects.toMatchObject({code});
});

describe("against a node", () => {
  const streams = [opened, {...opened, streamId: "vpn-8", status: "closed" as const}];
  const asked: unknown[] = [];
  const node = () =>
    serve({
      view: () =>
        view({
          stream: (id) => streams.find(({streamId}) => streamId === id) ?? null,
          streams: (query) => {
            asked.push(query);
            return query.cursor === null
              ? {streams: [opened], nextCursor: "vpn-7"}
              : {streams: [streams[1]!], nextCursor: null};
          },
        }),
    });
  const LINE = `vpn-7\tactive\t${PAYER}\t${PROVIDER}\tsvc.vpn\t0.00001\t0\t0\t0\t0\n`;

  test("list prints a line for each, page by page or all of them", async () => {
    const {url, client} = await node();
    const desk = deskOf(url, await keystoreOf("owner"));
    const one = await desk.qsdm(`stream list --payer ${PAYER} --status active`);
    expect(one.out).toBe(LINE);
    expect(one.err).toContain("--cursor vpn-7");
    expect(asked.at(-1)).toMatchObject({payer: PAYER, provider: null, status: "active", cursor: null, limit: 500});
    const all = await desk.qsdm("stream list --all");
    expect(all.out).toBe(`${LINE}${LINE.replace("vpn-7", "vpn-8").replace("active", "closed")}`);
    const stuck = {streams: async () => ({...(await client.streams(NOTHING)), nextCursor: "vpn-7"})};
    await expect(listStreams({...NOTHING, cursor: "vpn-7"}, {client: stuck, all: true})).rejects.toMatchObject({
      code: "PAGING_BROKEN",
    });
  });
  const NOTHING = {payer: null, provider: null, status: null, serviceId: null, cursor: null, limit: null};

  test("show prints one, and says where there is none", async () => {
    const {url} = await node();
    const desk = deskOf(url, await keystoreOf("owner"));
    expect((await desk.qsdm("stream show vpn-7")).out).toBe(LINE);
    const none = await desk.qsdm("stream show vpn-9 --json");
    expect(none.status).toBe(3);
    expect((await desk.qsdm("stream show a/b")).status).toBe(2);
  });

  test("open writes the session key before it sends anything, and never over another", async () => {
    const {url} = await node();
    const desk = deskOf(url, await keystoreOf("owner"));
    const terms = `--provider ${PROVIDER} --service-id svc --price 2 --period 60 --budget 5 --device laptop`;
    const line = `stream open ${terms} --session-key-out /s.key --passphrase-file /pass`;
    const {host: after, status} = await desk.qsdm(line);
    expect(status).toBe(0);
    expect(new TextDecoder().decode(after.files.get("/s.key"))).toMatch(/^[0-9a-f]{64}\n$/);
    const dry = await desk.qsdm(`${line} --dry-run`);
    expect(dry.host.files.has("/s.key")).toBe(false);
    expect((await desk.qsdm(line, {files: {"/s.key": "old"}})).err).toContain("already exists");
  });
});
