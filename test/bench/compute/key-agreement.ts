/** Part of P19: ML-KEM-768 by every implementation that is here, and by liboqs in WebAssembly and OpenSSL as peers. */
import * as crypto from "node:crypto";
import {createMLKEM768} from "@oqs/liboqs-js";
import {equalBytes} from "../../../src/codecs/bytes.js";
import {guardKem, ML_KEM_LOADERS} from "../../../src/node/compute/ml-kem.js";
import {liboqsMicros} from "./native-peers.js";
import {best, type Print, ratio} from "./rounds.js";

const ROUNDS = 10;
const SEED = new Uint8Array(64).fill(1);
const MESSAGE = new Uint8Array(32).fill(7);

/** A key pair, an encapsulation under it, and its decapsulation; whether both sides have one secret. */
interface Peer {
  readonly name: string;
  agree(): boolean;
}

export async function benchKeyAgreement(print: Print): Promise<void> {
  const peers: Peer[] = [];
  for (const load of Object.values(ML_KEM_LOADERS)) {
    const backend = await load();
    if (!backend) continue;
    const kem = guardKem(backend);
    peers.push({
      name: kem.name,
      agree() {
        const {publicKey, secretKey} = kem.keygen(SEED);
        const {ciphertext, secret} = kem.encapsulate(publicKey, MESSAGE);
        return equalBytes(kem.decapsulate(ciphertext, secretKey), secret);
      },
    });
  }
  peers.push(await liboqs(), ...openssl(print));
  for (const {name, agree} of peers) if (!agree()) print(`WRONG ANSWER from ${name}`);
  const took = best(
    Object.fromEntries(
      peers.map(({name, agree}) => [
        name,
        () => {
          for (let i = 0; i < ROUNDS; i++) agree();
        },
      ]),
    ),
  ) as Record<string, number>;
  print("P19, the part of ML-KEM-768: a key pair, an encapsulation and a decapsulation");
  for (const {name} of peers)
    print(
      `  ${name} ${((took[name]! / ROUNDS) * 1e3).toFixed(0)} us: ratio to noble ${ratio(took.noble!, took[name]!)}`,
    );
  const native = liboqsMicros("speed_kem", "ML-KEM-768", (line) => print(`  ${line}`));
  if (!native) return;
  const sum = native.keygen! + native.encaps! + native.decaps!;
  print(
    `  native liboqs ${sum.toFixed(0)} us: ours takes ${ratio((took[peers[0]!.name]! / ROUNDS) * 1e3, sum)} its time`,
  );
}

async function liboqs(): Promise<Peer> {
  const kem = await createMLKEM768();
  return {
    name: "liboqs",
    agree() {
      const {publicKey, secretKey} = kem.generateKeyPair();
      const {ciphertext, sharedSecret} = kem.encapsulate(publicKey);
      return equalBytes(kem.decapsulate(ciphertext, secretKey), sharedSecret);
    },
  };
}

/** Node 24.7 brought these; the types of version 20 know none of them. */
interface KemOfNode {
  generateKeyPairSync(type: "ml-kem-768"): {publicKey: crypto.KeyObject; privateKey: crypto.KeyObject};
  encapsulate(key: crypto.KeyObject): {ciphertext: Buffer; sharedKey: Buffer};
  decapsulate(key: crypto.KeyObject, ciphertext: Buffer): Buffer;
}

function openssl(print: Print): Peer[] {
  if (!("encapsulate" in crypto)) {
    print("OpenSSL: no ML-KEM in this Node");
    return [];
  }
  const {generateKeyPairSync, encapsulate, decapsulate} = crypto as unknown as KemOfNode;
  return [
    {
      name: "openssl",
      agree() {
        const {publicKey, privateKey} = generateKeyPairSync("ml-kem-768");
        const {ciphertext, sharedKey} = encapsulate(publicKey);
        return equalBytes(decapsulate(privateKey, ciphertext), sharedKey);
      },
    },
  ];
}
