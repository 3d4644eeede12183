/** A capsule as a node shows it, held to what was asked for. */

import type {Capsule} from "../../../codecs/envelopes/actions.js";
import {UnavailableError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";

/** A capsule with the action that brought it. */
export interface ShownCapsule {
  readonly capsule: Capsule;
  readonly actionId: string;
}

/**
 * The capsule at `locator`, which is opened only after this.
 * @throws RuleError CAPSULE_NOT_FOUND; UnavailableError CAPSULE_INCONSISTENT
 */
export async function capsuleFrom(client: Pick<Client, "capsule" | "url">, locator: string): Promise<ShownCapsule> {
  const {owner, locator: at, capsule, actionId} = (await client.capsule({locator})).recovery;
  if (at === locator && capsule.locator === locator && capsule.address === owner) return {capsule, actionId};
  throw new UnavailableError(
    "CAPSULE_INCONSISTENT",
    `asked for the capsule at ${locator}, ${client.url} showed the one at ${capsule.locator} of ${capsule.address}`,
    {hint: "ask another node with --api-url"},
  );
}
