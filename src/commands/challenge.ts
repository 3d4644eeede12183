import type {Command} from "commander";
import {hexOf, textOf} from "../codecs/bytes.js";
import {challengeCodec} from "../codecs/mining/challenge.js";
import {ChallengeSource, freshUntil, httpGet} from "../node/mining/challenge-source.js";
import {type ClientFlags, settingFlags} from "./client.js";
import {defineCommand} from "./define.js";
import {durationFlag, repeatFlag, u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import {addClientFlags, loadSettings, settingsEnvironment} from "./settings.js";

interface Flags extends ClientFlags {
  readonly minerAddr?: string;
  readonly nodeId?: string;
  readonly height?: bigint;
  readonly also: readonly string[];
  readonly out: string;
  readonly force: boolean;
}

/** Where a node's routes begin, out of the address of its API. */
const baseOf = (apiUrl: string): string =>
  apiUrl
    .trim()
    .replace(/\/+$/, "")
    .replace(/\/api\/v1$/, "");

export const challengeCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("challenge", {
      summary: "fetch a challenge to attest with",
      description:
        "Asks a node for a challenge and prints it in its canonical JSON, which qsdm attest takes. It is good for a " +
        "minute. Strict chains issue a challenge for one account, node and height, which must then be named; chains " +
        "with compat rules issue it to whoever asks.\n\n" +
        "With --also further nodes are asked, one after the other, where the first does not answer.",
      examples: [
        {
          does: "a challenge for the proof of one height",
          run: "qsdm challenge --miner-addr ADDRESS --node-id rig-1 --height 1200 --out challenge.json",
        },
        {does: "from a QSDM node, or another where it is down", run: "qsdm challenge --also http://other.example:8080"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      files: {"--out": "The challenge."},
      exit: {3: "The node answered something that is no challenge.", 4: "No node gave a challenge."},
      seeAlso: ["attest hmac", "attest key", "mine"],
    }),
  )
    .option("--miner-addr <address>", "account that the proof pays")
    .option("--node-id <id>", "node that makes the proof")
    .option("--height <height>", "height that the proof quotes", u64Flag)
    .option("--also <url>", "another node to ask; may be repeated", repeatFlag, [])
    .option("--out <path>", "file for the challenge; - is standard output", "-")
    .option("--force", "replace an existing file", false)
    .action(async (flags: Flags) => {
      const settings = await loadSettings(io.host, settingFlags(flags));
      const urls = [settings.api_url.value!, ...flags.also].map(baseOf);
      const source = new ChallengeSource(httpGet(io.host.fetch), urls);
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(durationFlag(settings.timeout.value!))]);
      const {minerAddr, nodeId, height, out, force} = flags;
      const {challenge, url} = await source.fetch({minerAddr, nodeId, height, signal}, (asked, error) => {
        if (error instanceof Error) io.detail(`${asked}: ${error.message}`);
      });
      const raw = challengeCodec.encode(challenge);
      const {nonce, signature, ...rest} = challenge;
      const data = {
        nonce: hexOf(nonce),
        issued_at: rest.issuedAt,
        signer_id: rest.signerId,
        signature: hexOf(signature),
        fresh_until: freshUntil(challenge),
        url,
      };
      if (out === "-") return io.result(data, textOf(raw));
      await io.writeFile(out, raw, {force});
      io.result({...data, path: out}, out);
    });
