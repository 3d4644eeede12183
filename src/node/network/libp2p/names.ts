/**
 * What libp2p calls our peers. It wants an Ed25519 key: it gets one whose seed is a digest of the peer id, which
 * everybody can compute. It names and proves nothing; the session proves (docs/decisions/0061-sessions.md).
 */
import {generateKeyPairFromSeed} from "@libp2p/crypto/keys";
import type {Ed25519PrivateKey, PeerId as Name} from "@libp2p/interface";
import {peerIdFromPrivateKey} from "@libp2p/peer-id";
import {bytesOfHex, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import type {PeerId} from "../port.js";

const TAG = utf8("qsdm/libp2p-name/v1\0");
/** Names that are remembered, besides those in use; a forgotten one is computed again at the next session. */
const KNOWN_MAX = 16_384;

export const nameKeyOf = (id: PeerId): Promise<Ed25519PrivateKey> =>
  generateKeyPairFromSeed("Ed25519", sha3(TAG, bytesOfHex(id, 32)));

export class Names {
  readonly #names = new Map<PeerId, Name>();
  readonly #ids = new Map<string, PeerId>();

  /** @param isInUse whether a peer is connected: without its name, nobody would see it go */
  constructor(
    private readonly isInUse: (id: PeerId) => boolean,
    private readonly knownMax = KNOWN_MAX,
  ) {}

  async nameOf(id: PeerId): Promise<Name> {
    const known = this.#names.get(id);
    if (known) return known;
    const name = peerIdFromPrivateKey(await nameKeyOf(id));
    if (this.#names.size >= this.knownMax) this.#forgetOldest();
    this.#names.set(id, name);
    this.#ids.set(name.toString(), id);
    return name;
  }

  /** The peer of a name; a name that no session or configuration brought is nobody's. */
  idOf(name: {toString(): string}): PeerId | undefined {
    return this.#ids.get(name.toString());
  }

  #forgetOldest(): void {
    for (let left = this.#names.size; left > 0; left--) {
      const [id, name] = this.#names.entries().next().value!;
      this.#names.delete(id);
      if (!this.isInUse(id)) {
        this.#ids.delete(name.toString());
        return;
      }
      // To the end, so that it is not looked at each time.
      this.#names.set(id, name);
    }
  }
}
