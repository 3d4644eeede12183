/** What the reference of quorum programs answered wrongly, answered right. */
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {optimize} from "../../../src/node/quorum/program/optimize.js";
import {reconstruct, type Share} from "../../../src/node/quorum/sharing/shamir.js";
import {Cluster} from "../../support/quorum-cluster.js";
import {type Adapter, type Adapters, type Output, UnknownCase} from "../case.js";
import {scenario} from "./quorum-http.js";
import {irShape} from "./quorum-shapes.js";

const PROGRAM = packProgram(compile("input x\nmul y = x x\noutput y"));
const {programId} = PROGRAM;
const NEWCOMER = 3;

/** A cluster in which a program runs whose secret is shared among three, and a fourth custodian that has nothing yet. */
async function running(secret: bigint): Promise<Cluster> {
  const cluster = new Cluster({n: 4, known: 3, k: 2});
  await cluster.run(PROGRAM, {secret});
  return cluster;
}

/** What custodian `index` holds: alone, its term of any value is its share. */
const held = (cluster: Cluster, index: number): Share => {
  const x = BigInt(index + 1);
  return {x, y: cluster.machines[index]!.interpolationTerm({programId}, 99n, [x])};
};

function pairs(cluster: Cluster, indices: readonly number[]): readonly bigint[] {
  const shares = indices.map((index) => held(cluster, index));
  return shares.flatMap((a, at) => shares.slice(at + 1).map((b) => reconstruct([a, b])));
}

const rotation: Adapter = async (input) => {
  const cluster = await running(input.big("secret"));
  const {retire_indices = [], onboard_urls = []} = input.object("rotate").json;
  if (!Array.isArray(onboard_urls)) throw new UnknownCase("no URLs to onboard");
  const urls = onboard_urls.map(() => `${NEWCOMER}`);
  const retire = (retire_indices as readonly number[]).map(BigInt);
  await cluster.service.rotate(programId, {retire, onboardUrls: urls, onboardXs: []});
  const gone = new Set((retire_indices as readonly number[]).map(Number));
  const found = new Set(
    pairs(
      cluster,
      [0, 1, 2, NEWCOMER].filter((index) => !gone.has(index)),
    ),
  );
  return {every_pair_reconstructs: [...found].join(" and ")};
};

/** The absent custodian is left out, and has its share anew at the next resharing that it takes part in. */
const absentee: Adapter = async (input) => {
  const secret = input.big("secret");
  const cluster = await running(secret);
  const absent = input.list("unreachable_custodians").map(Number);
  cluster.unreachable = new Set(absent);
  await cluster.service.reshare(programId);
  const present = [0, 1, 2].filter((index) => !absent.includes(index));
  const asked = cluster.calls.length;
  cluster.unreachable = new Set();
  const kept = pairs(cluster, present);
  await cluster.service.reshare(programId);
  // The stale share was neither asked for terms nor refreshed.
  const dealers = cluster.calls.slice(asked).filter(({path}) => path === "/reshare_generate").length;
  const sound = [...kept, ...pairs(cluster, [0, 1, 2])].every((value) => value === secret);
  if (!sound || dealers !== present.length) throw new UnknownCase("a stale share was used or left");
  return {};
};

/** The constant of the program as a secret: it decides the result, and without enough shares there is none. */
const secretUsed: Adapter = async (input) => {
  const constant = /^const (\S+) = .*$/m;
  const [, name = ""] = constant.exec(input.text("source")) ?? [];
  const ir = compile(input.text("source").replace(constant, `secret ${name}`));
  const program = packProgram(ir);
  const secrets = new Map([[name, input.big("secret")]]);
  const inputs = new Map([["x", 3n]]);
  const request = {identity: "a", programId: program.programId, requestId: "r", inputs};
  const cluster = new Cluster();
  await cluster.run(program, {secrets});
  const right = [...evaluate(ir, {inputs, secrets})].join();
  const used = [...(await cluster.service.evaluate(request))].join() === right;
  const bare = new Cluster();
  await bare.run(program, {secrets});
  for (const machine of bare.machines) machine.install(program, {x: 99n, y: 1n});
  const refused = await bare.service.evaluate(request).then(
    () => false,
    () => true,
  );
  if (!used || !refused) throw new UnknownCase("a declared secret does not take part");
  return {};
};

const byShape: Adapter = (input, kind) => {
  const names = Object.keys(input.json).sort().join(" ");
  const run = SHAPES[names];
  if (!run) throw new UnknownCase(`no adapter for a case of ${names}`);
  return run(input, kind);
};

const SHAPES: Readonly<Record<string, Adapter>> = {
  source: (input): Output => irShape(compile(input.text("source"))),
  "op source": (input): Output => irShape(optimize(compile(input.text("source")))),
  steps: scenario,
  "rotate secret": rotation,
  "secret source": secretUsed,
  "secret unreachable_custodians": absentee,
};

export const quorumDefectAdapters: Adapters = {
  "reference behaviours that must NOT be reproduced: what the reference answered, and what is required": byShape,
};
