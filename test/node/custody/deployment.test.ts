/** The deployment kit: manifests and compose file hold together, and what they start and probe is there. */
import {readdirSync, readFileSync} from "node:fs";
import type {AddressInfo} from "node:net";
import {StatefulSet} from "kubernetes-models/apps/v1/StatefulSet";
import {Job} from "kubernetes-models/batch/v1/Job";
import {NetworkPolicy} from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import {PodDisruptionBudget} from "kubernetes-models/policy/v1/PodDisruptionBudget";
import {Service} from "kubernetes-models/v1/Service";
import {describe, expect, test} from "vitest";
import {parse, parseAllDocuments} from "yaml";
import {Io} from "../../../src/commands/io.js";
import {serveMetrics} from "../../../src/commands/metrics-server.js";
import {QUORUM} from "../../../src/commands/registry/quorum.js";
import {memoryHost} from "../../commands/memory-host.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

const KIT = "deploy/quorum";
const MANIFESTS = `${KIT}/kubernetes`;
const MODELS = {StatefulSet, Job, NetworkPolicy, PodDisruptionBudget, Service} as const;

// biome-ignore lint/suspicious/noExplicitAny: objects are looked into member by member, once their schema held
type Any = any;
const objects: readonly Any[] = readdirSync(MANIFESTS).flatMap((file) =>
  parseAllDocuments(readFileSync(`${MANIFESTS}/${file}`, "utf8"), {uniqueKeys: true}).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  }),
);
const ofKind = (kind: string): readonly Any[] => objects.filter((each) => each.kind === kind);
const sets = ofKind("StatefulSet");
const pods: readonly Any[] = [...sets, ...ofKind("Job")].map(({spec}) => spec.template);
const compose = parse(readFileSync(`${KIT}/compose.yaml`, "utf8"), {merge: true});
const services = Object.entries<Any>(compose.services);

/** The flags of a command line of the program, refused where the program would refuse them. */
async function flagsOf(line: readonly string[]): Promise<Any> {
  const [group, name, ...rest] = line;
  const entry = QUORUM.find(({path}) => path === `${group} ${name}`)!;
  const flags = {json: false, verbose: false, color: false, input: false, yes: false};
  const command = (await entry.load())(new Io(memoryHost(), flags));
  let read: Any;
  command.exitOverride().configureOutput({writeErr: () => undefined});
  await command.action((given) => (read = given)).parseAsync(rest, {from: "user"});
  return read;
}

const matches = (selector: Any, labels: Any): boolean =>
  Object.entries(selector?.matchLabels ?? selector ?? {}).every(
    ([key, value]) => ["matchExpressions"].includes(key) || labels[key] === value,
  ) && (selector?.matchExpressions ?? []).every((each: Any) => each.values.includes(labels[each.key]));
const labelsOf = (pod: Any): Any => pod.metadata.labels;

describe("Kubernetes manifests", () => {
  test("are objects of their schemas", () => {
    expect(objects.length).toBe(5 * 2 + 2 + 5 + 1);
    for (const object of objects) {
      const Model = MODELS[object.kind as keyof typeof MODELS];
      expect(Model, object.kind).toBeDefined();
      const model = new Model(object);
      expect(model.apiVersion).toBe(object.apiVersion);
      expect(() => model.validate(), `${object.kind} ${object.metadata.name}`).not.toThrow();
    }
    // The schemas do refuse.
    expect(() => new StatefulSet({...sets[0], spec: {...sets[0].spec, replicas: "one"}}).validate()).toThrow();
  });

  test("start what the program takes, without root, with limits and nothing to write to but its volumes", async () => {
    for (const {spec} of pods) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: {runAsNonRoot: true, runAsUser: 10_001, seccompProfile: {type: "RuntimeDefault"}},
      });
      for (const container of spec.containers) {
        const flags = await flagsOf(container.args);
        const mounts = container.volumeMounts.map(({mountPath}: Any) => mountPath);
        for (const path of [flags.roster, flags.key, flags.dataDir ?? "/tmp/x", flags.otherKey ?? flags.key])
          expect(
            mounts.some((mount: string) => path.startsWith(`${mount}/`)),
            path,
          ).toBe(true);
        expect(container).toMatchObject({
          resources: {requests: {cpu: expect.anything(), memory: expect.anything()}, limits: {cpu: expect.anything()}},
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: {drop: ["ALL"]},
          },
        });
        expect(container.resources.limits.memory).toMatch(/i$/);
        const claims = sets.flatMap((set) => set.spec.volumeClaimTemplates.map((each: Any) => each.metadata.name));
        const volumes = [...spec.volumes.map(({name}: Any) => name), ...claims];
        for (const {name} of container.volumeMounts) expect(volumes).toContain(name);
      }
    }
    await expect(flagsOf(["quorum", "custodian", "--data-dir=x", "--no-such-flag"])).rejects.toThrow("no-such-flag");
  });

  test("give each party its own key and an address, on the ports that it listens on", async () => {
    const keys = sets.map(
      ({spec}) => spec.template.spec.volumes.find(({name}: Any) => name === "key").secret.secretName,
    );
    expect(new Set(keys).size).toBe(5);
    for (const {metadata, spec} of sets) {
      const service = ofKind("Service").find((each) => each.metadata.name === spec.serviceName)!;
      expect(matches(service.spec.selector, labelsOf(spec.template))).toBe(true);
      expect(matches(spec.selector, labelsOf(spec.template))).toBe(true);
      expect(pods.filter((pod) => matches(service.spec.selector, labelsOf(pod))).length).toBe(1);
      const [container] = spec.template.spec.containers;
      const {listen, metrics} = await flagsOf(container.args);
      const ports = Object.fromEntries(container.ports.map((each: Any) => [each.name, each.containerPort]));
      expect([listen, metrics]).toEqual([`0.0.0.0:${ports.parties}`, `0.0.0.0:${ports.probes}`]);
      expect([service.spec.ports[0].port, metadata.name]).toEqual([ports.parties, spec.serviceName]);
    }
  });

  test("keep two of three custodians, and let parties reach whom they have to, and nobody else", () => {
    for (const {spec} of ofKind("PodDisruptionBudget")) {
      const there = sets.filter((set) => matches(spec.selector, labelsOf(set.spec.template))).length;
      expect([spec.maxUnavailable, there > 1]).toEqual([1, true]);
    }
    const policies = ofKind("NetworkPolicy");
    const nothing = policies.find(({metadata}) => metadata.name === "quorum-nothing")!;
    for (const pod of pods) expect(matches(nothing.spec.podSelector, labelsOf(pod))).toBe(true);
    expect([nothing.spec.ingress, nothing.spec.egress]).toEqual([undefined, undefined]);
    const allows = (from: Any, to: Any, port: number): boolean => {
      const rule = (rules: Any, way: "from" | "to", other: Any): boolean =>
        (rules ?? []).some(
          (each: Any) =>
            each.ports.some((given: Any) => given.port === port) &&
            each[way].some((peer: Any) => !peer.namespaceSelector && matches(peer.podSelector, labelsOf(other))),
        );
      const of = (pod: Any): readonly Any[] => policies.filter(({spec}) => matches(spec.podSelector, labelsOf(pod)));
      return (
        of(from).some(({spec}) => rule(spec.egress, "to", to)) &&
        of(to).some(({spec}) => rule(spec.ingress, "from", from))
      );
    };
    const [coordinator, , custodian, other, , client] = pods;
    expect([
      allows(custodian, other, 9_200),
      allows(coordinator, custodian, 9_200),
      allows(client, coordinator, 9_209),
      allows(client, custodian, 9_200),
      allows(custodian, coordinator, 9_209),
    ]).toEqual([true, true, true, false, false]);
  });
});

describe("the compose file", () => {
  test("starts what the program takes, without root, with limits and keys that are not there yet", async () => {
    expect(services.map(([name]) => name)).toEqual([
      "custodian-0",
      "custodian-1",
      "custodian-2",
      "coordinator-0",
      "check",
    ]);
    for (const [name, service] of services) {
      expect(service).toMatchObject({
        ...{read_only: true, user: "10001:10001", cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"]},
        deploy: {resources: {limits: {cpus: expect.any(String), memory: expect.any(String)}}},
      });
      const {roster, key} = await flagsOf(service.command);
      expect(roster).toBe(service.configs[0].target);
      const own = service.secrets.find(({target}: Any) => key === `/run/secrets/${target}`);
      if (name !== "check") expect(own.source).toBe(name);
      expect(compose.secrets[own.source].file).toBe(`./keys/${own.source}.key`);
    }
  });
});

test("the image holds the program alone, and starts it as a user of its own", () => {
  const text = readFileSync(`${KIT}/Dockerfile`, "utf8");
  const last = text.slice(text.lastIndexOf("\nFROM ")).split("\n");
  expect(last.filter((line) => line.startsWith("COPY")).every((line) => line.includes("--from=build /src/"))).toBe(
    true,
  );
  expect(last).toEqual(expect.arrayContaining(["USER 10001:10001", "VOLUME /data"]));
  expect(text).toMatch(/^ARG NODE_MAJOR=\d+$/m);
  const let_in = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(let_in[0]).toBe("*");
  for (const line of let_in.slice(1))
    expect(readdirSync(".").concat("native/build", "native/out", "tools/gl")).toContain(line.replace(/^!/, ""));
});

test("every path that is probed is answered by the service, which tells nothing that is secret", async () => {
  const quorum = await StrictQuorum.create({n: 3, k: 2});
  try {
    await quorum.start();
    const probed = new Map<string, Set<string>>();
    for (const {spec} of pods)
      for (const {name, ...container} of spec.containers)
        for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
          if (probe) probed.set(name, (probed.get(name) ?? new Set()).add(probe.httpGet.path));
    expect(Object.fromEntries([...probed].map(([name, paths]) => [name, [...paths]]))).toEqual({
      custodian: ["/health"],
      coordinator: ["/health", "/audit"],
    });
    for (const [name, service] of [
      ["custodian", quorum.custodians[0]!],
      ["coordinator", quorum.coordinator!],
    ] as const) {
      const server = await serveMetrics(service.registry, {host: "127.0.0.1", port: 0}, service.pages);
      const get = async (path: string) => {
        const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
        return {status: answer.status, text: await answer.text()};
      };
      for (const path of probed.get(name)!) {
        const {status, text} = await get(path);
        expect([status, Object.keys(JSON.parse(text)).sort()]).toEqual([
          200,
          path === "/health"
            ? [name, "status"]
            : ["checkpoint", "coordinator", "custodians", "entries", "status", "threshold"],
        ]);
      }
      expect((await get("/metrics")).text).toContain("qsdm_quorum_");
      expect((await get("/nothing")).status).toBe(404);
      if (name === "coordinator") {
        for (const place of [0, 1]) await quorum.stopCustodian(place);
        await expect.poll(async () => (await get("/audit")).status).toBe(503);
        expect((await get("/health")).status).toBe(200);
      }
      server.close();
    }
  } finally {
    await quorum.stop();
  }
});
