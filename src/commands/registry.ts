/** Every command by its path, loaded when it is called: start-up pays for one command, not for all. */
import {ENROLLMENT} from "./registry/enrollment.js";
import type {CommandEntry, ListedCommand} from "./registry/entry.js";
import {GOVERNANCE} from "./registry/governance.js";
import {MINING} from "./registry/mining.js";
import {NODE} from "./registry/node.js";
import {PROGRAM} from "./registry/program.js";
import {QUORUM} from "./registry/quorum.js";
import {SLASHING} from "./registry/slashing.js";
import {TRANSACTIONS} from "./registry/transactions.js";
import {WALLETS} from "./registry/wallets.js";
import {WATCHING} from "./registry/watching.js";

/** Words that only group commands. */
export const GROUPS: Readonly<Record<string, string>> = {
  wallet: "Keys that hold money: make one, see what it owns, pay and sign with it, move it.",
  tx: "Transactions step by step: build, sign on a machine without network, send, look up.",
  vesting: "What the genesis gives away over time.",
  stream: "Services that are paid by the second of their use, out of a budget in escrow.",
  fees: "What a place in a block costs.",
  "slash-helper": "Evidence: build it from proofs, and look into it. Works offline.",
  gov: "What the chain's authorities change: its parameters, and who they are.",
  "gov-helper": "Votes for changes of the chain: build them, and look into them. Works offline.",
  watch: "What happens on a node, as it happens.",
  attest: "Evidence about a GPU for a solved proof, built offline.",
  keygen: "Keys of mining rigs.",
  localnet: "Networks of several validators, written out to be run.",
  migrate: "What other stores and other programs kept, brought over.",
  node: "A node on this machine: create it, run it, ask how it is.",
  snapshot: "The state of a final block, for a node that starts there: write one, check one, start from one.",
  store: "What a node keeps, while it does not run: look at it, check it, shrink it, copy it.",
  finality: "Proofs that a block is final, for whoever trusts no node.",
  light: "A chain verified from its proofs alone, without a node of one's own.",
  validator: "Voting with stake: join, leave, come back from jail, and have cheats punished.",
  quorum: "Programs that custodians evaluate on secret shares: compile, judge, deploy and evaluate them.",
  config: "The configuration file and the settings in force.",
};

/** In the order in which help lists them. */
const HEADINGS: readonly (readonly [heading: string, commands: readonly ListedCommand[]])[] = [
  ["Enrollment", ENROLLMENT],
  ["Mining", MINING],
  ["Slashing", SLASHING],
  ["Governance", GOVERNANCE],
  ["Watching", WATCHING],
  ["Wallets and keys", WALLETS],
  ["Transactions", TRANSACTIONS],
  ["Node", NODE],
  ["Quorum programs", QUORUM],
  ["Program", PROGRAM],
];

export const COMMANDS: readonly CommandEntry[] = HEADINGS.flatMap(([heading, commands]) =>
  commands.map((command) => ({...command, heading})),
);
