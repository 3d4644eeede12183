/** The laws of QBIND's forms, and what their readers refuse. The recorded bytes run in test/conformance. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import type {Codec} from "../../../src/codecs/codec.js";
import {batchCertificate, batchContent, batchReferences} from "../../../src/codecs/qbind/batch.js";
import {certificate, proposal, vote} from "../../../src/codecs/qbind/consensus.js";
import {accountTransaction} from "../../../src/codecs/qbind/digests.js";
import {networkCertificate, packets, peerList, sealedRecord} from "../../../src/codecs/qbind/kemtls.js";
import {preimage} from "../../../src/codecs/qbind/preimage.js";
import {codeOf, expectCanonicalOrRefused, near} from "../laws.js";
import kemtls from "./kemtls.vectors.json" with {type: "json"};
import preimages from "./signing-preimages.vectors.json" with {type: "json"};
import wire from "./wire-consensus.vectors.json" with {type: "json"};

type Case = {readonly name: string; readonly expected: object};
/** Recorded bytes of the cases whose names begin with `name`. */
const recorded = (cases: readonly Case[], name: string): Uint8Array[] =>
  cases
    .filter((each) => each.name.startsWith(name) && !each.name.includes("decode"))
    .map(({expected}) =>
      bytesOfHex(Object.values(expected).find((value): value is string => typeof value === "string")!),
    );

const FORMS: readonly [name: string, codec: Codec<never> | Codec<unknown>, samples: Uint8Array[]][] = [
  ["vote", vote, recorded(wire.cases, "vote")],
  ["certificate", certificate, recorded(wire.cases, "qc")],
  ["proposal", proposal, recorded(wire.cases, "proposal")],
  ["client init", packets.clientInit, recorded(kemtls.cases, "client-init")],
  ["server accept", packets.serverAccept, recorded(kemtls.cases, "server-accept")],
  ["server cookie", packets.serverCookie, recorded(kemtls.cases, "server-cookie")],
  ["peer list", peerList, recorded(kemtls.cases, "peer-list")],
  ["vote preimage", preimage, recorded(preimages.cases, "vote")],
  ["proposal preimage", preimage, recorded(preimages.cases, "proposal")],
  ["transaction preimage", preimage, recorded(preimages.cases, "tx")],
];

describe("whatever the bytes,", () => {
  for (const [name, codec, samples] of FORMS)
    test(`a reader of a ${name} takes what its writer writes and nothing else`, () => {
      expect(samples.length).toBeGreaterThan(0);
      for (const sample of samples) expect(codec.encode(codec.decode(sample) as never)).toEqual(sample);
      const neighbour = fc.constantFrom(...samples).chain(near);
      fc.assert(fc.property(neighbour, (bytes) => expectCanonicalOrRefused(codec as Codec<unknown>, bytes)));
    });

  for (const codec of [
    batchContent,
    batchCertificate,
    batchReferences,
    accountTransaction,
    networkCertificate,
    sealedRecord,
  ])
    test("random ones are refused or written back", () => {
      fc.assert(
        fc.property(fc.uint8Array({maxLength: 200}), (bytes) =>
          expectCanonicalOrRefused(codec as Codec<unknown>, bytes),
        ),
      );
    });
});

describe("refused with LAYOUT_INVALID", () => {
  const [sample] = recorded(wire.cases, "vote");
  const [init] = recorded(kemtls.cases, "client-init");
  const mutated = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
    const out = bytes.slice();
    out[at] = byte;
    return out;
  };
  for (const [name, work] of [
    ["another type", () => vote.decode(mutated(sample!, 0, 9))],
    ["a byte that follows", () => vote.decode(Uint8Array.of(...sample!, 0))],
    ["a cut message", () => vote.decode(sample!.subarray(0, -1))],
    ["no bytes", () => vote.decode(new Uint8Array())],
    ["a handshake of version 3", () => packets.clientInit.decode(mutated(init!, 4, 3))],
    ["seventeen peers", () => peerList.decode(Uint8Array.of(17, 0, ...new Uint8Array(17 * 34)))],
    ["a count beyond the input", () => batchCertificate.decode(new Uint8Array(52).fill(255))],
    ["a prefix of another kind", () => preimage.decode(new TextEncoder().encode("QBIND:DEV:NEWVIEW:v1"))],
    ["a number that does not fit", () => vote.encode({...vote.decode(sample!), suiteId: 65_536})],
    ["an integer above 64 bits", () => vote.encode({...vote.decode(sample!), epoch: 1n << 64n})],
    ["a block id of 31 bytes", () => vote.encode({...vote.decode(sample!), blockId: new Uint8Array(31)})],
    [
      "a proposal that counts other transactions",
      () => {
        const value = proposal.decode(recorded(wire.cases, "proposal")[0]!);
        proposal.encode({...value, txs: [...value.txs, new Uint8Array()]});
      },
    ],
    [
      "a certificate in a handshake of version 1",
      () => packets.clientInit.encode({...packets.clientInit.decode(init!), version: 1, clientCert: new Uint8Array()}),
    ],
  ] as const)
    test(name, () => expect(codeOf(work)).toBe("LAYOUT_INVALID"));
});
