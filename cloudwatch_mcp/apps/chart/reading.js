// Reading values off the plot, with the pointer or the arrow keys.

const MAX_READ = 8;

/** The times at which the plot can be read: those of its visible points, or where its states begin. */
function stopsOf(chart) {
  const lines = chart.lines.filter((line) => line.visible);
  const times = lines.flatMap((line) => line.points.filter(([, value]) => value !== null).map(([time]) => time));
  const starts = chart.states.map(({ from }) => from);
  return [...new Set([...times, ...starts])].filter((time) => inside(time, chart.span)).sort((a, b) => a - b);
}

/** The values at a time, the largest first and the chosen line before all. */
function valuesAt(chart, time, chosen) {
  const known = chart.lines.filter((line) => line.visible)
    .map((line) => ({ line, value: line.at.get(time) ?? null })).filter(({ value }) => value !== null);
  known.sort((a, b) => (b.line === chosen) - (a.line === chosen) || b.value - a.value);
  return known;
}

const stateAt = (chart, time) => chart.states.find(({ from, to }) => time >= from && time < to)?.state;

function sentenceAt(chart, time, chosen) {
  const values = valuesAt(chart, time, chosen).slice(0, MAX_READ)
    .map(({ line, value }) => `${line.label} ${number(value, line.unit)}`);
  const state = stateAt(chart, time);
  return [`${moment(time)} UTC`, ...(state ? [state] : []), ...values].join("; ");
}

function tipAt(chart, time, chosen) {
  const values = valuesAt(chart, time, chosen);
  const state = stateAt(chart, time);
  const more = values.length - MAX_READ;
  return [
    html("strong", {}, `${moment(time)} UTC`), ...(state ? [html("div", {}, state)] : []),
    ...values.slice(0, MAX_READ).map(({ line, value }) => html("div", {},
      swatch(line), html("span", { class: line === chosen ? "name chosen" : "name" }, line.label),
      html("span", { class: "value" }, number(value, line.unit)))),
    ...(more > 0 ? [html("div", {}, `and ${more} more`)] : []),
  ];
}

/** A sample of a line's colour and dashes. */
function swatch(line) {
  return svg("svg", { class: "swatch", width: 18, height: 8, viewBox: "0 0 18 8" },
    svg("g", { class: `line ${styleOf(line)}` },
      line.dots ? svg("circle", { cx: 9, cy: 4, r: 3.5 }) : svg("path", { d: "M1 4H17" })));
}

/** Makes the plot a slider over its times. `view` has chart and drawing as they are now, and the time that is read. */
function makeReadable(view) {
  const plot = byId("plot");
  plot.addEventListener("keydown", (event) => {
    const stops = stopsOf(view.chart);
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -stops.length, End: stops.length }[event.key];
    const choice = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") hideReading(view);
    if (!stops.length || (move === undefined && choice === undefined)) return;
    event.preventDefault();
    if (choice !== undefined) choose(view, choice);
    const at = view.time === null ? (move > 0 ? -1 : stops.length) : nearest(stops, view.time);
    readAt(view, stops[Math.max(0, Math.min(stops.length - 1, at + (move ?? 0)))]);
  });
  plot.addEventListener("pointermove", (event) => {
    const stops = stopsOf(view.chart);
    const { left, right } = view.drawing;
    const at = (event.clientX - plot.getBoundingClientRect().left - left) / (right - left);
    const [from, to] = view.chart.span;
    if (stops.length) readAt(view, stops[nearest(stops, from + at * (to - from))]);
  });
  plot.addEventListener("pointerleave", () => hideReading(view));
  plot.addEventListener("blur", () => hideReading(view));
}

/** The index of the time nearest to `time`; times are in order. */
function nearest(times, time) {
  const after = times.findIndex((each) => each >= time);
  if (after < 0) return times.length - 1;
  return after > 0 && time - times[after - 1] < times[after] - time ? after - 1 : after;
}

function choose(view, step) {
  const lines = view.chart.lines.filter((line) => line.visible);
  if (lines.length < 2) return;
  const now = lines.indexOf(view.chosen);
  view.chosen = lines[now < 0 ? (step > 0 ? 0 : lines.length - 1) : (now + step + lines.length) % lines.length];
  emphasize(view.chosen);
}

/** Show one line clearly and the others faintly; null shows all alike. */
function emphasize(line) {
  for (const group of byId("drawing").querySelectorAll("[data-line]")) {
    group.classList.toggle("faint", line !== null && group.dataset.line !== String(line.index));
  }
}

function readAt(view, time) {
  const { chart, drawing, chosen } = view;
  view.time = time;
  const at = drawing.x(time);
  const cursor = drawing.root.querySelector(".cursor");
  for (const end of ["x1", "x2"]) cursor.setAttribute(end, at);
  cursor.setAttribute("visibility", "visible");
  show("tip", ...tipAt(chart, time, chosen));
  const tip = byId("tip");
  const onLeft = at > (drawing.left + drawing.right) / 2;
  tip.style.left = onLeft ? "auto" : `${at + 10}px`;
  tip.style.right = onLeft ? `${byId("plot").clientWidth - at + 10}px` : "auto";
  announce(chart, time, chosen);
}

function announce(chart, time, chosen) {
  const stops = stopsOf(chart);
  const plot = byId("plot");
  plot.setAttribute("aria-valuemin", 0);
  plot.setAttribute("aria-valuemax", Math.max(0, stops.length - 1));
  plot.setAttribute("aria-valuenow", time === null ? 0 : nearest(stops, time));
  plot.setAttribute("aria-valuetext", time === null ? "Use the arrow keys to read values." : sentenceAt(chart, time, chosen));
}

function hideReading(view) {
  view.time = null;
  view.chosen = null;
  emphasize(null);
  show("tip");
  view.drawing.root.querySelector(".cursor").setAttribute("visibility", "hidden");
}
