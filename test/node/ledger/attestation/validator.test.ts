/** Validators that put their GPU's report on a real chain, and what the chain refuses of them. */
import {beforeAll, describe, expect, test} from "vitest";
import type {Genesis} from "../../../../src/codecs/chain/genesis.js";
import {
  VALIDATOR_ATTEST_CONTRACT,
  type ValidatorAttestation,
  validatorAttestation,
  validatorNonce,
} from "../../../../src/codecs/chain/validator-attestation.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import {deviceIdOf} from "../../../../src/node/ledger/attestation/cc/device.js";
import {validatorAttestContract} from "../../../../src/node/ledger/attestation/validator/contract.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {validators} from "../../../../src/node/ledger/state/stores.js";
import {viewOf} from "../../../../src/node/view.js";
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {
  extend,
  openTestChain,
  scratchDirectory,
  type TestChain,
  testGenesis,
  VALIDATOR_ACCOUNT,
} from "../../../support/chain.js";
import {STAND_IN_MEASUREMENTS, STAND_IN_SOFTWARE, type StandInGpu, standInGpu} from "../../../support/gpu.js";

const stranger = testAccount("stranger");
let gpu: StandInGpu;
let genesis: Genesis;
beforeAll(async () => {
  gpu = await standInGpu();
  const measurements = [...STAND_IN_MEASUREMENTS].map(([index, digest]) => ({index, digests: [digest]}));
  const deviceTrust = {
    roots: [gpu.root.certificate.der],
    minFirmware: "96.00",
    minDriver: "550",
    references: [{...STAND_IN_SOFTWARE, measurements}],
  };
  const funded = testGenesis([VALIDATOR_ACCOUNT, stranger].map(({address}) => ({to: address, amountDust: 1_000_000n})));
  genesis = {...funded, params: {...funded.params, deviceTrust}};
});

const open = (directory = scratchDirectory(), from = genesis) =>
  openTestChain(directory, from, {contracts: contractsOf(STRICT_RULES)});

interface Story {
  readonly by?: TestAccount;
  readonly from?: StandInGpu;
  readonly nonce?: Uint8Array;
  readonly change?: Partial<ValidatorAttestation>;
  readonly accountNonce?: bigint;
}

/** Submits an attestation against the tip and builds the block; how the chain decided. */
async function attest({chain, intake, store}: TestChain, story: Story = {}): Promise<string> {
  const {by = VALIDATOR_ACCOUNT, from = gpu, change = {}, accountNonce = 0n} = story;
  const {tip} = chain;
  const report = from.report(story.nonce ?? validatorNonce(tip.id, by.address));
  const payload = validatorAttestation.encode({
    anchorHeight: tip.height,
    gpuArch: "hopper",
    certChain: from.certChain,
    report,
    ...change,
  });
  const content = contentOf(by, {contract: VALIDATOR_ATTEST_CONTRACT, payload, nonce: accountNonce});
  const {txId} = await intake.submit(signed(by, content, {byReference: accountNonce > 0n}));
  await extend(intake);
  const {outcome, code} = store.receipt(txId)!;
  return code ?? outcome;
}

const attested = ({chain}: TestChain) => viewOf(chain).validators()[0]!.attestation;

describe("a validator", () => {
  test("is attested for an hour of blocks by a report that answers the tip", async () => {
    const node = await open();
    expect(attested(node)).toBeNull();
    expect(await attest(node)).toBe("applied");
    expect(attested(node)).toEqual({
      deviceId: deviceIdOf(gpu.device.certificate),
      gpuArch: "hopper",
      driver: STAND_IN_SOFTWARE.driver,
      firmware: STAND_IN_SOFTWARE.firmware,
      attestedAtHeight: 1n,
      expiresAtHeight: 3_601n,
    });
  });

  test("renews its attestation, and keeps it over a restart", async () => {
    const directory = scratchDirectory();
    const node = await open(directory);
    await attest(node);
    expect(await attest(node, {accountNonce: 1n})).toBe("applied");
    const before = attested(node);
    expect(before?.attestedAtHeight).toBe(2n);
    node.store.close();
    expect(attested(await open(directory))).toEqual(before);
  });

  test("may answer a block of the last minute, and none before", async () => {
    const node = await open();
    const {id, height} = node.chain.tip;
    const nonce = validatorNonce(id, VALIDATOR_ACCOUNT.address);
    // A dev chain's minute is 60 blocks of a second.
    while (node.chain.tip.height < height + 59n) await extend(node.intake);
    expect(await attest(node, {nonce, change: {anchorHeight: height}})).toBe("applied");
    expect(await attest(node, {nonce, change: {anchorHeight: height}, accountNonce: 1n})).toBe(
      "VALIDATOR_ATTESTATION_STALE",
    );
  });
});

describe("an attestation is refused", () => {
  const refused = async (story: Story) => {
    const node = await open();
    const code = await attest(node, story);
    expect(attested(node)).toBeNull();
    return code;
  };

  test("from an account that does not vote", async () => {
    expect(await refused({by: stranger})).toBe("VALIDATOR_ATTESTATION_NOT_VALIDATOR");
  });

  test("for a nonce of another block, validator or chain", async () => {
    const other = await open(scratchDirectory(), {...genesis, timeMs: genesis.timeMs + 1n});
    for (const nonce of [
      new Uint8Array(32),
      validatorNonce(other.chain.tip.id, VALIDATOR_ACCOUNT.address),
      validatorNonce((await open()).chain.tip.id, stranger.address),
    ])
      expect(await refused({nonce})).toBe("VALIDATOR_ATTESTATION_NONCE_OTHER");
  });

  test("against a block that is not there yet", async () => {
    for (const anchorHeight of [1n, 2n, 99n])
      expect(await refused({change: {anchorHeight}})).toBe("VALIDATOR_ATTESTATION_STALE");
  });

  test("from a GPU under another root, of another chip, or with a report that was changed", async () => {
    expect(await refused({from: await standInGpu()})).toBe("ATTESTATION_SIGNATURE_INVALID");
    expect(await refused({change: {gpuArch: "blackwell"}})).toBe("ATTESTATION_SIGNATURE_INVALID");
    const changed = gpu.report(new Uint8Array(32)).with(100, 0);
    expect(await refused({change: {report: changed}})).toMatch(/^ATTESTATION_/);
    expect(await refused({change: {report: Uint8Array.of(1)}})).toBe("ATTESTATION_BUNDLE_MALFORMED");
  });

  test("before it costs a fee, where the chain pins no root, or the chain is no chain", async () => {
    const plain = await open(
      scratchDirectory(),
      testGenesis([{to: VALIDATOR_ACCOUNT.address, amountDust: 1_000_000n}]),
    );
    await expect(attest(plain)).rejects.toMatchObject({code: "VALIDATOR_ATTESTATION_UNSUPPORTED"});
    const alone = {certChain: [gpu.certChain[0]!]};
    await expect(attest(await open(), {change: alone})).rejects.toMatchObject({code: "VALIDATOR_ATTESTATION_INVALID"});
  });

  test("when its GPU already speaks for another validator, until that has expired", async () => {
    // One validator is all that a chain can start with today, so the rule is asked without a chain.
    const state = genesisState(genesis);
    state.put(validators, "00000001", {...genesis.validators[0]!, account: stranger.address});
    const anchorId = "ab".repeat(32);
    const apply = (by: TestAccount, height: bigint) => {
      const report = gpu.report(validatorNonce(anchorId, by.address));
      const value = {anchorHeight: height - 1n, gpuArch: "hopper", certChain: gpu.certChain, report};
      const payload = validatorAttestation.encode(value);
      const content = contentOf(by, {contract: VALIDATOR_ATTEST_CONTRACT, payload});
      const block = {
        params: chainParamsOf(genesis),
        height,
        timeMs: genesis.timeMs,
        verifySignature: () => false,
        verifyVote: () => false,
        ancestor: () => (anchorId === null ? null : {id: anchorId, timeMs: 0n}),
      };
      return validatorAttestContract.apply({state, block, txId: "", content});
    };
    apply(VALIDATOR_ACCOUNT, 1n);
    expect(() => apply(stranger, 3_600n)).toThrow(
      expect.objectContaining({code: "VALIDATOR_ATTESTATION_DEVICE_TAKEN"}),
    );
    expect(() => apply(stranger, 3_601n)).not.toThrow();
    expect(() => apply(VALIDATOR_ACCOUNT, 3_602n)).toThrow(
      expect.objectContaining({code: "VALIDATOR_ATTESTATION_DEVICE_TAKEN"}),
    );
  });
});

test("chains with compat rules have no such transaction", () => {
  const ids = (rules: typeof STRICT_RULES) => contractsOf(rules).map(({id}) => id);
  expect([
    ids(STRICT_RULES).includes(VALIDATOR_ATTEST_CONTRACT),
    ids(COMPAT_RULES).includes(VALIDATOR_ATTEST_CONTRACT),
  ]).toEqual([true, false]);
});
