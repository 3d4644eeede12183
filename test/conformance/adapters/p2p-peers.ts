/** `p2p-peers.json`: liveness scores, bounds on neighbourhoods, and the table of known peers. */
import {Diversity, type DiversityRules} from "../../../src/node/network/peers/diversity.js";
import {answered, type Liveness, missed, verdictOn} from "../../../src/node/network/peers/liveness.js";
import {neighbourhoodOf} from "../../../src/node/network/peers/prefix.js";
import {PeerTable, type Source} from "../../../src/node/network/peers/table.js";
import type {Adapters, Input, Json, Output} from "../case.js";

function liveness(input: Input): Output {
  const rules = {minScore: input.number("minScore"), failureThreshold: input.number("failureThreshold")};
  let state: Liveness = {score: input.number("initialScore"), missed: 0};
  const afterEach = input.texts("events").map((event): Json => {
    state = event === "pong" ? answered(state) : missed(state);
    return {score: state.score, missed: state.missed, evict: verdictOn(state, rules)};
  });
  return {afterEach};
}

/** The reference counts shares from the second peer on, which our rules do not. */
const FROM_THE_SECOND = 1;

function diversity(input: Input): Output {
  const config = input.object("config");
  const rules: DiversityRules = {
    maxNear: config.number("maxPer24"),
    maxWide: config.number("maxPer16"),
    minBuckets: config.number("minBuckets"),
    maxFractionBps: config.number("maxFractionBps"),
    fractionFrom: FROM_THE_SECOND,
  };
  const peers = new Diversity(rules, neighbourhoodOf);
  const afterEach = input.objects("attempts").map((attempt): Json => {
    const placed = {host: attempt.text("ip"), outbound: attempt.flag("outbound")};
    // What a mode makes of a refusal is the caller's: the answer is the same under "warn".
    const reason = peers.refusal(placed);
    if (reason === null) peers.add(placed);
    const {distinctBuckets, maxFractionBps, outboundTotal, violated} = peers;
    const allowed = reason === null;
    return {allowed, reason, distinctOutboundBuckets: distinctBuckets, maxFractionBps, outboundTotal, violated};
  });
  return {afterEach};
}

function antiEclipse(input: Input): Output {
  const rules: DiversityRules = {
    maxNear: input.number("maxPerPrefix"),
    maxWide: Number.POSITIVE_INFINITY,
    minBuckets: 0,
    maxFractionBps: 10_000,
    fractionFrom: FROM_THE_SECOND,
  };
  const peers = new Diversity(rules, neighbourhoodOf);
  const afterEach = input.objects("attempts").map((attempt): Json => {
    const placed = {host: attempt.text("ip"), outbound: attempt.flag("outbound")};
    const allowed = peers.refusal(placed) === null;
    if (allowed) peers.add(placed);
    const {wideNeighbourhoods: asn, outboundTotal: outbound} = peers;
    const [minAsnMet, minOutboundMet] = [asn >= input.number("minAsn"), outbound >= input.number("minOutbound")];
    return {allowed, reason: allowed ? null : "anti_eclipse_prefix", asn, outbound, minAsnMet, minOutboundMet};
  });
  return {afterEach};
}

const SOURCES: Readonly<Record<string, Source>> = {
  Bootstrap: "bootstrap",
  StaticConfig: "static",
  Discovered: "discovered",
};

function peerTable(input: Input): Output {
  const table = new PeerTable<number, {source: Source; address: string}>(input.number("capacity"), {
    isConnected: () => false,
    scoreOf: () => 80,
  });
  const afterEach = input.objects("inserts").map((insert): Json => {
    const source = SOURCES[insert.text("source")]!;
    const inserted = table.insert(insert.number("peer"), {source, address: insert.text("address")});
    return {inserted, size: table.size};
  });
  return {afterEach};
}

const KINDS: Readonly<Record<string, (input: Input) => Output>> = {liveness, diversity, antiEclipse, peerTable};

export const p2pPeersAdapters: Adapters = {"p2p-peers": (input) => KINDS[input.text("type")]!(input)};
