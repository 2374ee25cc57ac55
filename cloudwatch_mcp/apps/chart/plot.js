// The drawing: an SVG of a chart's visible lines, states and marks.

const HUES = 8, HEIGHT = 240, STATE_HEIGHT = 20, FEW = 3, MAX_DASHED = 200, MARGIN = 20;

/** A line's classes. A long line has no dashes: browsers take seconds to draw thousands of them. */
function styleOf({ index, points }) {
  const dash = points.length <= MAX_DASHED ? Math.floor(index / HUES) % 3 : 0;
  return `hue-${index % HUES} dash-${dash}`;
}

/** The drawing of `chart` in `width` pixels, with `x` and `y` scales; `y` is null where there are no lines to draw. */
function draw(chart, width, height) {
  const lines = chart.lines.filter((line) => line.visible);
  const domain = chart.lines.length ? valueDomain(valuesOf(lines, chart.limit)) : null;
  const ticks = domain ? valueTicks(domain, 5) : [];
  const labels = ticks.map((value) => number(value, chart.unit));
  const left = domain ? Math.max(28, ...labels.map((text) => text.length * 6.4 + 10)) : 8;
  const states = chart.states.length ? STATE_HEIGHT + 8 : 0;
  const bottom = domain ? height - 22 - states : 16;
  const total = domain ? height : bottom + states + 22;
  const x = scale(chart.span, [left, width - MARGIN]);
  const y = domain && scale(domain, [bottom, 18]);
  const root = svg("svg", { width, height: total, viewBox: `0 0 ${width} ${total}` });
  root.append(
    ...chart.ranges.map((range) => rangeOf(range, x, chart.span, total - 22)),
    ...ticks.map((value, index) => gridLine(y(value), labels[index], left, width - MARGIN)),
    ...timeAxis(chart.span, x, total - 20, left, width - MARGIN),
    ...chart.moments.filter(({ time }) => inside(time, chart.span)).map(({ time }) =>
      svg("line", { class: "moment", x1: x(time), x2: x(time), y1: 10, y2: total - 22 })),
    ...chart.states.map((state) => stateOf(state, x, bottom + 6)),
    ...lines.map((line) => lineOf(line, x, y, chart, lines.length)),
    ...(chart.limit && domain ? limitOf(chart.limit, y, left, width - MARGIN) : []),
    svg("line", { class: "cursor", y1: 14, y2: total - 22, visibility: "hidden" }),
  );
  return { root, x, y, left, right: width - MARGIN };
}

const inside = (time, [from, to]) => time >= from && time <= to;

function valuesOf(lines, limit) {
  const values = lines.flatMap((line) => [
    ...line.points.map(([, value]) => value),
    ...(line.baseline ? [line.baseline.avg, ...(lines.length === 1 ? [line.baseline.min, line.baseline.max] : [])] : []),
  ]);
  return [...values, limit?.value].filter((value) => finite(value) !== null);
}

function gridLine(at, label, left, right) {
  return svg("g", {},
    svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }),
    svg("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, label));
}

function timeAxis(span, x, at, left, right) {
  const ticks = timeTicks(span, Math.max(2, Math.floor((right - left) / 70)));
  return [
    svg("line", { class: "axis", x1: left, x2: right, y1: at, y2: at }),
    ...ticks.map(({ time, text }) => svg("text", { x: x(time), y: at + 15, "text-anchor": "middle" }, text)),
  ];
}

function rangeOf({ from, to }, x, [first, last], height) {
  const [start, end] = [Math.max(from, first), Math.min(to, last)];
  return svg("rect", { class: "range", x: x(start), y: 10, width: Math.max(0, x(end) - x(start)), height: height - 10 });
}

function stateOf({ from, to, state }, x, top) {
  const width = x(to) - x(from);
  const known = ["OK", "ALARM", "INSUFFICIENT_DATA"].includes(state) ? state : "unknown";
  const name = known === "INSUFFICIENT_DATA" ? "NO DATA" : state;
  const wide = width > name.length * 7 + 8;
  return svg("g", {},
    svg("rect", { class: `state state-${known}`, x: x(from), y: top, width: Math.max(1, width), height: STATE_HEIGHT }),
    wide ? svg("text", { class: `state-name name-${known}`, x: x(from) + width / 2, y: top + 14, "text-anchor": "middle" }, name) : null);
}

function limitOf({ value, text }, y, left, right) {
  return [
    svg("line", { class: "limit", x1: left, x2: right, y1: y(value), y2: y(value) }),
    svg("text", { class: "limit-text", x: right, y: y(value) - 5, "text-anchor": "end" }, text),
  ];
}

function lineOf(line, x, y, chart, count) {
  const { baseline, onset } = line;
  const group = svg("g", { class: `line ${styleOf(line)}`, "data-line": line.index });
  const [left, right] = chart.span.map(x);
  if (baseline && count === 1 && finite(baseline.min) !== null && finite(baseline.max) !== null) {
    const top = y(baseline.max);
    group.append(svg("rect", { class: "band", x: left, y: top, width: right - left, height: Math.max(1, y(baseline.min) - top) }));
  }
  if (baseline && count <= FEW) {
    group.append(svg("line", { class: "level", x1: left, x2: right, y1: y(baseline.avg), y2: y(baseline.avg) }));
    if (count === 1) group.append(svg("text", { x: left + 4, y: y(baseline.avg) - 5 }, `baseline ${number(baseline.avg, line.unit)}`));
  }
  if (line.dots) group.append(...line.points.map(([time, value]) => svg("circle", { cx: x(time), cy: y(value), r: 3.5 })));
  else group.append(svg("path", { d: pathOf(line.points, x, y) }));
  if (onset && count <= FEW) group.append(...onsetOf(onset, line, x, right));
  if (count <= FEW) group.append(...list(line.extremes).map(([time, value], index) => extremeOf(time, value, index, x, y)));
  return group;
}

/** A path with a gap for each null; a point between two gaps is a dot. */
function pathOf(points, x, y) {
  let path = "", open = false;
  points.forEach(([time, value], index) => {
    if (value === null) {
      open = false;
      return;
    }
    const alone = !open && (points[index + 1]?.[1] ?? null) === null;
    path += `${open ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}${alone ? "h0" : ""}`;
    open = true;
  });
  return path;
}

function onsetOf({ time, before, after }, line, x, right) {
  const text = `${clock(time)}: ${number(before, line.unit)} → ${number(after, line.unit)}`;
  const late = x(time) + text.length * 6.4 > right;
  const at = 9;
  return [
    svg("line", { class: "onset", x1: x(time), x2: x(time), y1: 14, y2: HEIGHT - 22 }),
    svg("text", { x: x(time) + (late ? -4 : 4), y: at, "text-anchor": late ? "end" : "start" }, text),
  ];
}

/** The maximum as a dot, and the minimum as a ring. */
const extremeOf = (time, value, index, x, y) =>
  svg("circle", { class: index === 0 ? null : "hollow", cx: x(time), cy: y(value), r: 3.5 });
