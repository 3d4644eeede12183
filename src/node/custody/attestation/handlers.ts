/** What a coordinator does for attestation: it carries nonces and evidence, and can make neither. */
import {coordinatorMethods} from "../../../codecs/quorum/strict/calls.js";
import type {Members} from "../../quorum/strict/members.js";
import type {CustodianCalls} from "../custodian-calls.js";
import {missing} from "../failures.js";
import type {MethodName} from "../rpc.js";

export function attestationHandlers({
  members,
  custodians,
}: {
  readonly members: Members;
  readonly custodians: CustodianCalls;
}): Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> {
  const {attest, challenge} = coordinatorMethods;
  return {
    attest: async (body) => {
      const asked = attest.ask.decode(body);
      const {length: there} = custodians.live;
      // Another coordinator may reach them.
      if (there < members.k) throw missing(there, members.k);
      const {answers} = await custodians.all("attest", asked);
      const byPlace = new Map(answers.map(({place, answer}) => [place, answer.attestation]));
      return attest.answer.encode({
        attestations: Array.from({length: members.n}, (_, place) => byPlace.get(place) ?? null),
      });
    },
    challenge: async (body) => {
      const {answers} = await custodians.all("challenge", challenge.ask.decode(body));
      return challenge.answer.encode({nonces: answers.map(({answer}) => answer.nonce)});
    },
  };
}
