/** The recorded runs of QSDM's miner client, with the built program in its place: bytes match, exit codes are ours. */

import {writeFileSync} from "node:fs";
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";

import {challengeCodec} from "../../src/codecs/mining/challenge.js";
import {encodeProof, NO_ATTESTATION} from "../../src/codecs/mining/proof.js";
import vectors from "../node/mining/challenge-source.vectors.json" with {type: "json"};
import {documentIn, qsdm, scratch} from "./qsdm.js";

interface Recorded {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation has its own input, read by name below
  readonly input: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly expected?: any;
  readonly error?: string;
  readonly error_prefix?: string;
}
const cases = (op: string) => (vectors.cases as Recorded[]).filter(({input}) => input.op === op);

let base: string;
let answer = {status: 200, body: ""};
const asked: string[] = [];
const server = createServer(({method, url, headers}, response) => {
  asked.push(`${method} ${url} ${headers.accept}`);
  const down = /^\/([abc])\//.exec(url ?? "")?.[1];
  const {status, body} = down && failing.has(down) ? {status: 503, body: "down"} : answer;
  response.writeHead(status).end(body);
});
const failing = new Set<string>();
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe("qsdm attest hmac", () => {
  for (const {name, input, expected} of cases("build_hmac_attestation"))
    test(name, async () => {
      const cwd = scratch();
      const {challenge} = input;
      const solution = {
        version: 1,
        epoch: 1n,
        height: 2n,
        headerHash: new Uint8Array(32),
        minerAddr: input.miner_addr || "a",
        batchRoot: Buffer.from(input.batch_root, "hex"),
        batchCount: 1,
        nonce: new Uint8Array(16),
        mixDigest: Buffer.from(input.mix_digest, "hex"),
        attestation: NO_ATTESTATION,
      };
      const proof = Buffer.from(encodeProof(solution))
        .toString()
        .replace('"miner_addr":"a"', `"miner_addr":"${input.miner_addr}"`);
      writeFileSync(join(cwd, "proof.json"), proof);
      const {nonce, issued_at, signer_id, signature} = challenge;
      writeFileSync(
        join(cwd, "challenge.json"),
        `{"nonce":"${nonce}","issued_at":${issued_at},"signer_id":${JSON.stringify(signer_id)},"signature":"${signature}"}`,
      );
      writeFileSync(join(cwd, "key"), input.hmac_key);
      const flags = ["node-id", "gpu-uuid", "gpu-name", "gpu-arch", "compute-cap", "cuda-version", "driver-ver"];
      const given = flags.map((flag) => `--${flag}=${input[flag.replaceAll("-", "_")]}`);
      const files = ["--proof=proof.json", "--challenge=challenge.json", "--hmac-key-file=key"];
      const ran = await qsdm(["attest", "hmac", ...files, ...given], {cwd});
      if (!expected) return expect([ran.status === 2 || ran.status === 3, ran.stdout]).toEqual([true, ""]);
      expect(ran.stdout).toBe(`${Buffer.from(expected.attached_canonical_hex, "hex")}\n`);
      expect((await qsdm(["attest", "hmac", ...files, ...given, "--bundle"], {cwd})).stdout).toBe(
        `${expected.attestation.bundle}\n`,
      );
    });
});

describe("qsdm challenge", () => {
  for (const {name, input, expected, error, error_prefix} of cases("fetch_challenge"))
    test(name, async () => {
      answer = input;
      asked.length = 0;
      const ran = await qsdm(["challenge", "--api-url", `${base}/api/v1`, "--json"]);
      expect(asked).toEqual(["GET /api/v1/mining/challenge application/json"]);
      const document = documentIn(ran);
      if (!expected) {
        // One node is a rotation of one: its error follows what the rotation says.
        expect([ran.status, document.error.message]).toEqual([4, expect.stringContaining(error_prefix ?? error!)]);
        return;
      }
      expect(document.data).toMatchObject(expected.challenge);
      const {nonce, signature, issued_at, signer_id} = expected.challenge;
      const [nonceBytes, signatureBytes] = [nonce, signature].map((hex: string) => Buffer.from(hex, "hex"));
      const text = challengeCodec.encode({
        nonce: nonceBytes!,
        signature: signatureBytes!,
        issuedAt: BigInt(issued_at),
        signerId: signer_id,
      });
      expect((await qsdm(["challenge", "--api-url", base])).stdout).toBe(`${Buffer.from(text)}\n`);
    });

  for (const {name, input, expected} of cases("multi_fetch"))
    test(`${name}: goes on to the next node, and names every failure`, async () => {
      answer = {status: 200, body: input.good_body};
      failing.clear();
      for (const [url, down] of Object.entries(input.failing_hosts_503_body_down))
        if (down) failing.add(new URL(url).hostname[0]!);
      const [first, ...others] = ["a", "b", "c"].map((host) => `${base}/${host}`);
      const ran = await qsdm(["challenge", "--api-url", first!, ...others.flatMap((url) => ["--also", url]), "--json"]);
      const [recorded] = expected.results;
      if (recorded.ok)
        return expect(documentIn(ran).data.url).toBe(`${base}/${["a", "b", "c"][recorded.attempted.length - 1]}`);
      const message = recorded.error.replaceAll(
        /http:\/\/([abc])\.example/g,
        (_: string, host: string) => `${base}/${host}`,
      );
      expect([ran.status, documentIn(ran).error.message]).toEqual([4, message]);
    });

  test("names account, node and height where they are given", async () => {
    answer = {status: 200, body: cases("fetch_challenge")[0]!.input.body};
    asked.length = 0;
    await qsdm(["challenge", "--api-url", base, "--miner-addr", "aa", "--node-id", "rig-1", "--height", "7"]);
    expect(asked).toEqual(["GET /api/v1/mining/challenge?miner_addr=aa&node_id=rig-1&height=7 application/json"]);
  });
});
