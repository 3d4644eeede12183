/** Panels as text of at most 80 columns, without colours. */
import asciichart from "asciichart";
import {scaleLinear} from "d3-scale";
import {domainOf, type Panel, spanOf, thinned} from "./panel.js";

const ROWS = 10;
const COLUMNS = 60;
const LABEL_COLUMNS = 16;

export const chartOf = (panels: readonly Panel[]): string => panels.map(panelText).join("\n\n");

function panelText(panel: Panel): string {
  const span = spanOf(panel);
  if (span === null) return `${panel.title}: nothing yet`;
  const points = thinned(panel.points, COLUMNS);
  const [min, max] = domainOf(points);
  const label = scaleLinear([min, max], [0, 1]).tickFormat(ROWS, ",f");
  const values = points.map(({value}) => value);
  // A lone value is a line as well: it would be an axis without anything on it.
  const line = asciichart.plot(values.length === 1 ? [values[0]!, values[0]!] : values, {
    ...{height: ROWS, min, max},
    format: (value: number) => label(value).padStart(LABEL_COLUMNS),
  });
  const [from, to] = span;
  const heights = from === to ? `height ${from}` : `heights ${from} to ${to}`;
  return `${panel.title}, ${heights}\n${line.replaceAll(/ +$/gm, "")}`;
}
