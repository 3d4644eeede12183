import {expect, test} from "vitest";
import {BOB, jsonOf, serve, view} from "../../support/api.js";

const attestation = {
  deviceId: "ab".repeat(16),
  gpuArch: "hopper",
  driver: "550.90.07",
  firmware: "96.00.9F.00.01",
  attestedAtHeight: 3n,
  expiresAtHeight: 13n,
};

test("validators are listed with what the chain knows of their GPU, and whether it still counts", async () => {
  const at = async (expiresAtHeight: bigint) => {
    const validators = () => [
      {account: BOB, power: 1n, publicKey: new Uint8Array(1312), attestation: {...attestation, expiresAtHeight}},
    ];
    const {get, client} = await serve({view: () => view({validators})});
    expect(await jsonOf(await get("/api/v1/validators"))).toMatchObject({height: 12, validators: [{account: BOB}]});
    return (await client.validators()).validators[0]?.attestation?.active;
  };
  expect([await at(13n), await at(12n)]).toEqual([true, false]);
});

test("a validator that never attested has no attestation", async () => {
  const {get} = await serve();
  expect((await jsonOf(await get("/api/v1/validators"))).validators).toEqual([
    // SHA3-256 of 1,312 zero bytes, by: head -c 1312 /dev/zero | openssl dgst -sha3-256
    {account: BOB, power: 1, peer_id: "bf80174179038d98eb5f2d31029dc67a9f94cd5b1b5bc3b596234089d87efcf7"},
  ]);
});
