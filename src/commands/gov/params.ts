import type {Command} from "commander";
import type {Governance} from "../../codecs/api/governance.js";
import {RuleError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

/** One line for each parameter, `name` alone where it is given. @throws RuleError PARAMETER_NOT_FOUND */
export function parameterRows({active, pending, registry}: Governance, name?: string): TextField[][] {
  const wanted = registry.filter((each) => name === undefined || each.name === name);
  if (name !== undefined && wanted.length === 0)
    throw new RuleError("PARAMETER_NOT_FOUND", `no governed parameter ${name}`, {
      hint: `there are ${registry.map((each) => each.name).join(", ")}`,
    });
  return wanted.map((each) => {
    const change = pending.find(({param}) => param === each.name);
    const now = active.get(each.name) ?? null;
    return [
      each.name,
      now,
      change?.value ?? null,
      change?.effectiveHeight ?? null,
      each.minValue,
      each.maxValue,
      each.unit,
    ];
  });
}

export const govParamsCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("gov params", {
      summary: "show the parameters that authorities can change",
      description:
        "Prints one line for each governed parameter: its name, its value, the value that is staged and from which height on " +
        "it holds, the least and the greatest value that can be voted for, and the unit. --json has what each one means.",
      examples: [
        {does: "the base fee", run: "qsdm gov params base_fee_dust | cut -f 2"},
        {does: "what is about to change", run: "qsdm gov params | awk '$3 != \"-\"'"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "There is no such parameter."},
      seeAlso: ["gov status", "gov propose-param", "watch params"],
    }),
  )
    .argument("[name]", "one parameter alone")
    .action(async (name: string | undefined, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const governance = await client.governance();
        const rows = parameterRows(governance, name);
        const {active, ...rest} = governance;
        const registry = rest.registry.filter((each) => name === undefined || each.name === name);
        io.result(documentOf({...rest, registry, active: Object.fromEntries(active)}), rows);
      });
    });
