/** What evidence says, as commands show it. */

import {hexOf} from "../../../codecs/bytes.js";
import {isInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import type {Attested} from "../../../node/quorum/attestation/check.js";
import type {Io} from "../../io.js";
import {namedVersions} from "../strict/attestation-policy.js";
import {warnInsecure} from "../strict/insecure.js";

export const attestedDocument = ({kind, measurement, anchor, versions}: Attested) => ({
  kind,
  insecure: isInsecure(kind),
  measurement: hexOf(measurement),
  anchor: hexOf(anchor),
  versions: namedVersions(kind, versions),
});

export function attestedRows({kind, measurement, anchor, versions}: Attested): readonly (readonly [string, string])[] {
  const named = Object.entries(namedVersions(kind, versions)).map(([name, version]) => `${name} ${version}`);
  return [
    ["kind", kindLabel(kind)],
    ["measurement", hexOf(measurement)],
    ["anchor", hexOf(anchor)],
    ["versions", named.join(", ")],
  ];
}

export const kindLabel = (kind: Attested["kind"]): string => (isInsecure(kind) ? `${kind} (INSECURE)` : kind);

export function warnOf(io: Io, {kind}: Pick<Attested, "kind">, who: string): void {
  if (isInsecure(kind)) warnInsecure(io, `${who} is attested by software`);
}
