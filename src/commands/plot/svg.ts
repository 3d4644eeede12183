/** Panels as one SVG document, which needs no script and no style from outside. */
import {scaleLinear} from "d3-scale";
import {line} from "d3-shape";
import {domainOf, type Panel, type Point, spanOf} from "./panel.js";

const WIDTH = 800;
const PANEL_HEIGHT = 220;
const MARGIN = {top: 34, right: 20, bottom: 30, left: 110} as const;
const TICKS = 5;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const at = (pixels: number): string => String(Math.round(pixels * 100) / 100);

export function svgOf(panels: readonly Panel[]): string {
  const height = Math.max(1, panels.length) * PANEL_HEIGHT;
  const body = panels.map((panel, i) => `<g transform="translate(0 ${i * PANEL_HEIGHT})">\n${panelOf(panel)}\n</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
      'font-family="sans-serif" font-size="12" fill="#333">',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...body,
    "</svg>\n",
  ].join("\n");
}

function panelOf(panel: Panel): string {
  const title = `<text x="${MARGIN.left}" y="20" font-size="14" font-weight="bold">${escaped(panel.title)}</text>`;
  const span = spanOf(panel);
  if (span === null) return `${title}\n<text x="${MARGIN.left}" y="50">nothing yet</text>`;
  const [from, to] = span;
  const x = scaleLinear(from === to ? [from - 1, to + 1] : [from, to], [MARGIN.left, WIDTH - MARGIN.right]);
  const bottom = PANEL_HEIGHT - MARGIN.bottom;
  const y = scaleLinear(domainOf(panel.points), [bottom, MARGIN.top]).nice(TICKS);
  const valueText = y.tickFormat(TICKS, ",f");
  const values = y
    .ticks(TICKS)
    .map(
      (value) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#ddd"/>` +
        `<text x="${MARGIN.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${escaped(valueText(value))}</text>`,
    );
  // A height has no fractions.
  const heights = x
    .ticks(TICKS)
    .filter((height) => Number.isInteger(height) && height >= from && height <= to)
    .map((height) => `<text x="${at(x(height))}" y="${bottom + 18}" text-anchor="middle">${height}</text>`);
  return [title, ...values, ...heights, lineOf(panel.points, {x, y})].join("\n");
}

interface Scales {
  x(height: number): number;
  y(value: number): number;
}

function lineOf(points: readonly Point[], {x, y}: Scales): string {
  const [only] = points;
  if (points.length === 1 && only)
    return `<circle cx="${at(x(only.height))}" cy="${at(y(only.value))}" r="3" fill="#1f6fb2"/>`;
  const path = line<Point>()
    .x(({height}) => Number(at(x(height))))
    .y(({value}) => Number(at(y(value))));
  return `<path d="${path(points) ?? ""}" fill="none" stroke="#1f6fb2" stroke-width="1.5"/>`;
}
