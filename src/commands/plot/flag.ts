/** `--plot`: the same data as a picture, in the terminal or in a file. */
import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import type {Io} from "../io.js";
import type {Panel} from "./panel.js";

export interface PlotFlags {
  /** `true` for the terminal; otherwise the file. */
  readonly plot?: true | string | undefined;
  readonly force: boolean;
}

export const addPlotFlags = (command: Command, what: string): Command =>
  command
    .option("--plot [path]", `draw ${what} instead: in the terminal, or as SVG into a file`)
    .option("--force", "replace an existing file", false);

/** @throws UsageError PLOT_FORM */
export function checkPlot({plot}: Pick<PlotFlags, "plot">): void {
  if (typeof plot === "string" && !plot.endsWith(".svg"))
    throw new UsageError("PLOT_FORM", `"${plot}" is no name of an SVG file`, {
      hint: "end it with .svg: --plot fees.svg",
    });
}

/** Draws `panels` as the flags say; `data` is what they show, under --json. */
export async function drawPanels(
  io: Io,
  panels: readonly Panel[],
  {flags: {plot, force}, data}: {flags: PlotFlags; data: Readonly<Record<string, unknown>>},
): Promise<void> {
  if (typeof plot === "string") {
    const {svgOf} = await import("./svg.js");
    await io.writeFile(plot, utf8(svgOf(panels)), {force});
    return io.result({...data, path: plot}, plot);
  }
  const {chartOf} = await import("./terminal.js");
  io.result(data, chartOf(panels));
}
