/** What each of those who attack the books sends in a round. */
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyClaim,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../src/codecs/chain/quorum-stake.js";
import {STREAM_CONTRACT} from "../../src/codecs/chain/stream.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  votingKeyClaim,
} from "../../src/codecs/chain/validator-payloads.js";
import {streamAction} from "../../src/codecs/envelopes/actions.js";
import {sha3} from "../../src/codecs/hash.js";
import {SLASH_CONTRACT, slashPayload} from "../../src/codecs/slashing/payload.js";
import {actionOf} from "../../src/commands/stream/order.js";
import type {MlDsa} from "../../src/node/compute/ml-dsa.js";
import type {Signer} from "../../src/node/keys/signer.js";

const DUST_PAYMENTS = 64;
const STAKE_DUST = 10_000_000_000n;

/** Who they are; each has an account of its own. */
export const VILLAINS = ["griefer", "gapper", "duster", "failer", "accuser", "staker", "locker", "streamer"] as const;
type Villain = (typeof VILLAINS)[number];

/** One transaction. */
export interface Move {
  readonly contract: string;
  readonly payload: Uint8Array;
  readonly nonce: bigint;
  readonly tipDust?: bigint;
}

export interface Turn {
  readonly chainId: string;
  /** ML-DSA-44, for voting keys that stake. */
  readonly votes: MlDsa;
  /** Whose key is locked behind. */
  readonly client: Signer;
  readonly sender: string;
  readonly round: number;
  readonly nonce: bigint;
}

export function movesOf(who: Villain, turn: Turn): readonly Move[] {
  const {round, nonce} = turn;
  const pay = (amountDust: bigint) => ({
    contract: TRANSFER_CONTRACT,
    payload: transfer.encode({to: someone(who, round), amountDust, memo: ""}),
  });
  switch (who) {
    case "griefer":
      // Each bids more for the place of the one before.
      return [0n, 4_000n, 9_000n, 15_000n].map((tipDust) => ({...pay(1n), nonce, tipDust}));
    case "gapper":
      // The gap is closed every fifth time.
      return round % 5 === 4 ? [{...pay(1n), nonce}] : [{...pay(1n), nonce: nonce + 1n + BigInt(round % 5)}];
    case "duster": {
      const payments = Array.from({length: DUST_PAYMENTS}, (_, i) => ({
        to: someone(`${who} ${i}`, round),
        amountDust: 1n,
        memo: "",
      }));
      return [{contract: BATCH_TRANSFER_CONTRACT, payload: batchTransfer.encode({payments}), nonce}];
    }
    case "failer":
      return [
        {...pay(1n << 60n), nonce},
        {
          contract: LEAVE_CONTRACT,
          payload: validatorLeave.encode({validator: someone(who, round)}),
          nonce: nonce + 1n,
        },
      ];
    case "accuser": {
      const evidence = utf8(`{"round":${round}}`);
      const payload = slashPayload.encode({
        ...{nodeId: `rig-${round}`, evidenceKind: "double-mining", evidence, slashAmountDust: 1n, memo: ""},
      });
      return [{contract: SLASH_CONTRACT, payload, nonce}];
    }
    case "staker":
      return stake(turn);
    case "locker":
      return lock(turn);
    case "streamer":
      return stream(turn);
  }
}

/** Joins and leaves before anybody could elect it: what it staked is on its way back from then on. */
function stake({chainId, votes, sender, round, nonce}: Turn): readonly Move[] {
  if (round % 15 !== 0) return [];
  const {publicKey, secretKey} = votes.keygenFromSeed(sha3(utf8(`adversary voter ${round}`)));
  const possession = votes.sign(secretKey, votingKeyClaim(chainId, sender, publicKey));
  const joined = validatorJoin.encode({publicKey, amountDust: STAKE_DUST, possession});
  const left = validatorLeave.encode({validator: validatorIdOf(publicKey)});
  return [
    {contract: JOIN_CONTRACT, payload: joined, nonce},
    {contract: LEAVE_CONTRACT, payload: left, nonce: nonce + 1n},
  ];
}

/** Locks twice behind one key, takes back a part and the rest at once, and then more than there is. */
function lock({chainId, client, sender, nonce}: Turn): readonly Move[] {
  const {publicKey} = client;
  const possession = client.sign(quorumKeyClaim(chainId, sender, publicKey));
  const key = quorumKeyOf(publicKey);
  const locked = [3n, 5n].map((amountDust) => ({
    contract: QUORUM_STAKE_CONTRACT,
    payload: quorumStake.encode({publicKey, amountDust, possession}),
  }));
  const released = [6n, 2n, 1n].map((amountDust) => ({
    contract: QUORUM_RELEASE_CONTRACT,
    payload: quorumRelease.encode({key, amountDust}),
  }));
  return [...locked, ...released].map((call, i) => ({...call, nonce: nonce + BigInt(i)}));
}

/** Opens and closes; every third one stays open with its escrow. */
function stream({sender, round, nonce}: Turn): readonly Move[] {
  const host = {
    now: () => Date.now(),
    randomBytes: (size: number) => sha3(utf8(`${size} ${round}`)).subarray(0, size),
  };
  const common = {sender, streamId: `s-${round}`} as const;
  const opened = actionOf(host, {
    ...{...common, action: "open", provider: someone("provider", 0), serviceId: "chaos"},
    ...{deviceIdHash: hexOf(sha3(utf8("device"))), sessionPublicKey: hexOf(sha3(utf8(`session ${round}`)))},
    ...{priceDust: 7n, pricePeriodSeconds: 3n, budgetDust: 1_001n, maxActiveSeconds: 60n},
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const open = {contract: STREAM_CONTRACT, payload: streamAction.encode(opened), nonce};
  if (round % 3 === 0) return [open];
  const closed = actionOf(host, {...common, action: "close"});
  return [open, {contract: STREAM_CONTRACT, payload: streamAction.encode(closed), nonce: nonce + 1n}];
}

const someone = (what: string, round: number): string => hexOf(sha3(utf8(`${what} ${round}`)));
