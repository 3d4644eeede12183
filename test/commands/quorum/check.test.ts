/** `qsdm quorum check`: services that do what they should pass, and each that does not is found out. */
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {describe, expect, onTestFinished, test} from "vitest";
import {Io} from "../../../src/commands/io.js";
import {Away} from "../../../src/commands/quorum/check/away.js";
import {runChecks} from "../../../src/commands/quorum/check/checks.js";
import {CompatChecks} from "../../../src/commands/quorum/check/compat.js";
import {serviceClient} from "../../../src/commands/quorum/service-client.js";
import {answerRequest, answerText} from "../../../src/node/api/quorum/route.js";
import {Cluster} from "../../support/quorum-cluster.js";
import {memoryHost} from "../memory-host.js";

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly body: string;
}
/** Another answer than the service's, as JSON with a status, or null for the service's own. */
type Bend = (asked: Asked, answer: () => Promise<string>) => Promise<{status?: number; text: string} | null>;

async function check(bend: Bend = async () => null, commands: {stopCommand?: string; startCommand?: string} = {}) {
  const cluster = new Cluster();
  const fetch = async (url: string, {method = "GET", body = ""}: {method?: string; body?: string}) => {
    const {hostname, pathname, search} = new URL(url);
    const routes = hostname === "coordinator" ? cluster.coordinator : cluster.custodians[Number(hostname.slice(1))]!;
    const own = () => answerRequest(routes, {method, path: pathname + search, body});
    const bent = await bend({host: hostname, path: pathname, body}, async () => answerText(await own()));
    if (bent) return new Response(bent.text, {status: bent.status ?? 200});
    const answer = await own();
    return new Response(answerText(answer), {status: answer.status});
  };
  const host = {...memoryHost(), fetch: fetch as never};
  const io = new Io(host, {json: false, verbose: false, color: false, input: false, yes: false});
  const services = {
    coordinator: serviceClient(io, "http://coordinator"),
    custodians: [0, 1, 2].map((index) => serviceClient(io, `http://c${index}`)),
    threshold: 2,
  };
  const made = await runChecks(io, new CompatChecks(io, services, new Away(io, commands)).checks);
  const of = (outcome: string) => made.filter((each) => each.outcome === outcome).map(({check}) => check);
  return {made, passed: of("passed"), failed: of("failed"), skipped: of("skipped")};
}

const THIRTEEN = ["154", "155", "156", "157", "158", "159", "160", "161", "162", "163", "164", "165", "166"];

describe("services of the compat profile", () => {
  test("pass all thirteen, and the last is skipped without commands", async () => {
    const {passed, skipped, made} = await check();
    expect([passed, skipped]).toEqual([THIRTEEN, ["away"]]);
    expect(made.at(-1)!.reason).toBe("it takes --stop-command and --start-command");
  });

  const faults: readonly (readonly [string, readonly string[], Bend])[] = [
    [
      "says that a program is active before it is",
      ["154"],
      async ({path}, answer) =>
        path.startsWith("/status") ? {text: (await answer()).replace("PENDING", "ACTIVE")} : null,
    ],
    [
      "takes a forged approval",
      ["155"],
      async ({path, body}) => (path === "/approve" && body.includes("abab") ? {text: '{"status":"PENDING"}'} : null),
    ],
    [
      "evaluates a program that is pending",
      ["156"],
      (() => {
        let first = true;
        return async ({path}) => {
          if (path !== "/eval" || !first) return null;
          first = false;
          return {text: '{"result":64,"request_id":"r"}'};
        };
      })(),
    ],
    [
      "has a custodian that holds another share",
      ["157"],
      async ({host, path}, answer) =>
        host === "c2" && path === "/reshare_lagrange_partial"
          ? {text: (await answer()).replace(/"partial":"\d+"/, '"partial":"7"')}
          : null,
    ],
    [
      "has custodians that hold the secret itself",
      ["158"],
      async ({path}) => (path === "/reshare_lagrange_partial" ? {text: '{"partial":"42","custodian":0}'} : null),
    ],
    [
      "is never active",
      ["159"],
      async ({host, path, body}, answer) =>
        host === "coordinator" && path === "/approve" && !body.includes("abab")
          ? {text: (await answer()).replace("ACTIVE", "PENDING")}
          : null,
    ],
    [
      "has a custodian that reckons otherwise",
      ["160"],
      async ({host, path}, answer) =>
        host === "c1" && path === "/eval_share" ? {text: (await answer()).replace('"144"', '"145"')} : null,
    ],
    [
      "gives wrong results",
      ["160", "161", "162"],
      async ({path}, answer) =>
        path === "/eval" ? {text: (await answer()).replace(/"result":(\d)/, '"result":9$1')} : null,
    ],
    [
      "has a log that was changed",
      ["164"],
      async ({path}, answer) => (path === "/audit" ? {text: (await answer()).replace('"install"', '"instal"')} : null),
    ],
  ];
  for (const [fault, expected, bend] of faults)
    test(`are found out where the service ${fault}`, async () => {
      const {failed} = await check(bend);
      for (const each of expected) expect(failed).toContain(each);
    });

  test("are found out where budgets and rates are not kept", async () => {
    const lax: Bend = async ({path}, answer) => {
      if (path !== "/eval") return null;
      const text = await answer();
      return /budget|rate/.test(text) ? {text: '{"result":121,"request_id":"r"}'} : null;
    };
    const {failed} = await check(lax);
    expect(failed).toEqual(expect.arrayContaining(["161", "163"]));
    const strict: Bend = async ({path, body}) =>
      path === "/eval" && body.includes("bob") ? {status: 429, text: '{"detail":"budget exhausted"}'} : null;
    expect((await check(strict)).failed).toContain("162");
  });

  test("are found out where the log leaves refusals out", async () => {
    const {failed} = await check(async ({path}, answer) =>
      path === "/audit" ? {text: (await answer()).replaceAll("eval_denied", "eval_dropped")} : null,
    );
    expect(failed).toEqual(expect.arrayContaining(["165", "166"]));
  });

  test("go on without a custodian that the commands stop, whose own failure is told", async () => {
    const commands = {stopCommand: 'test "$QSDM_CUSTODIAN" = 2', startCommand: "true"};
    expect((await check(undefined, commands)).passed).toEqual([...THIRTEEN, "away"]);
    const {made} = await check(undefined, {stopCommand: "exit 3", startCommand: "true"});
    expect(made.at(-1)).toMatchObject({outcome: "failed", reason: expect.stringContaining("ended with 3")});
  });

  test("start a custodian again also where the command that stopped it failed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "qsdm-check-"));
    onTestFinished(() => rmSync(folder, {recursive: true}));
    const started = join(folder, "started");
    const {failed} = await check(undefined, {stopCommand: "exit 3", startCommand: `touch ${started}`});
    expect([failed, existsSync(started)]).toEqual([["away"], true]);
  });
});
