/** Transactions that the embedded node applies per second, durable, against the bound that signatures alone set. */
import {decodeEnvelope, signingBytes} from "../../src/codecs/chain/envelope.js";
import {mlDsa87, signedTransfer, testAccount} from "../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../support/chain.js";

export const name = "applied transactions per second, one validator";

const SENDERS = 32;
const PER_SENDER = 48;

export async function run(print: (line: string) => void): Promise<void> {
  const senders = Array.from({length: SENDERS}, (_, i) => testAccount(`sender ${i}`));
  const {intake, chain, store} = await openTestChain(
    scratchDirectory(),
    testGenesis(senders.map((each) => ({to: each.address, amountDust: 1_000_000_000n}))),
  );
  const to = testAccount("receiver").address;
  const envelopes: Uint8Array[] = [];
  for (let nonce = 0n; nonce < PER_SENDER; nonce++)
    for (const sender of senders) envelopes.push(signedTransfer(sender, {to, amountDust: 1n, nonce}));

  const sample = decodeEnvelope(envelopes[0]!);
  const message = signingBytes(sample.content);
  const verifyStart = performance.now();
  for (let i = 0; i < 500; i++) mlDsa87.verify(sample.publicKey!, message, sample.signature);
  const verifyPerSecond = 500_000 / (performance.now() - verifyStart);

  const start = performance.now();
  for (let at = 0; at < envelopes.length; at += 256) {
    await Promise.all(envelopes.slice(at, at + 256).map((each) => intake.submit(each)));
    await extend(intake);
  }
  const seconds = (performance.now() - start) / 1_000;
  const applied = envelopes.length / seconds;
  print(`signature checks alone (${mlDsa87.name}): ${verifyPerSecond.toFixed(0)}/s`);
  print(`applied, acknowledged on disk: ${applied.toFixed(0)}/s over ${chain.tip.height} blocks`);
  print(`ratio to signature checks alone: ${(applied / verifyPerSecond).toFixed(2)}x`);
  store.close();
}
