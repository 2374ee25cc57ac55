// The page: it waits for the host's messages and shows the tool's answer.

const view = { chart: null, drawing: null, time: null, chosen: null };
let input = {};

function status(text, isError = false) {
  byId("status").classList.toggle("error", isError);
  byId("status").textContent = text;
  byId("status").hidden = text === "";
}

function showResult(result) {
  const text = list(result.content).map(record).find(({ type }) => type === "text")?.text ?? "";
  const answer = result.structuredContent ?? parsed(text);
  if (result.isError || answer === null) {
    status(clean(text, 2000) || "The tool returned no data.", Boolean(result.isError));
    return;
  }
  showChart(chartOf(record(answer), input, record(result._meta)));
  showLinks(consoleLinks(result._meta));
}

/** The answer in a text that is JSON, for a host that passes no structured content. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function showChart(chart) {
  chart.lines.forEach((line, index) => Object.assign(line, { index, visible: true, at: new Map(line.points) }));
  Object.assign(view, { chart, time: null, chosen: null });
  const drawn = chart.lines.length > 0 || chart.states.length > 0;
  byId("title").textContent = chart.title;
  byId("subtitle").textContent = [...chart.details, drawn ? spanText(chart.span) : ""].filter(Boolean).map((each) => clean(each, 400)).join(" · ");
  byId("summary").textContent = summaryOf(chart);
  byId("plot").setAttribute("aria-label", `Chart of ${chart.title}`);
  byId("plot").hidden = !drawn;
  status(drawn || chart.table?.rows.length ? "" : "There is nothing to draw.");
  if (drawn) {
    redraw();
    announce(chart, null, null);
  }
  show("legend", ...(chart.lines.length ? [legendOf(chart, { toggled: toggle, pointed: emphasize })] : []));
  show("ranges", ...chart.ranges.map(({ from, to, why }) => html("li", {}, `Investigate ${spanText([from, to])}: ${why}`)));
  show("notes", ...[...chart.moments.map(({ time, text }) => `${moment(time)} UTC: ${text}`), ...chart.notes].map((note) => html("li", {}, note)));
  showTable(chart, drawn);
}

/** The table is made when it is opened first; where there is no drawing it is open. */
function showTable(chart, drawn) {
  const details = byId("data");
  details.hidden = !(drawn || chart.table?.rows.length);
  details.open = !drawn;
  const fillTable = () => details.open && byId("table").replaceChildren(...dataTable(chart));
  details.ontoggle = fillTable;
  fillTable();
}

function summaryOf({ lines, states }) {
  const described = lines.slice(0, 5).map(({ label, stats, unit, onset }) => {
    const shift = onset ? `, shift at ${clock(onset.time)} from ${number(onset.before, unit)} to ${number(onset.after, unit)}` : "";
    return `${label}: minimum ${number(stats.Min, unit)}, maximum ${number(stats.Max, unit)}${shift}.`;
  });
  const last = states[states.length - 1];
  return [
    lines.length ? `${lines.length} ${lines.length === 1 ? "series" : "series in all"}.` : "", ...described,
    last ? `${states.length} states; the last is ${last.state} since ${moment(last.from)} UTC.` : "",
  ].filter(Boolean).join(" ");
}

function redraw() {
  view.drawing = draw(view.chart, Math.max(240, byId("plot").clientWidth), HEIGHT);
  byId("drawing").replaceChildren(view.drawing.root);
}

function toggle(line) {
  line.visible = !line.visible;
  redraw();
  hideReading(view);
}

function showLinks(links) {
  show("links", ...links.map(({ title, url }) => {
    const button = html("button", { type: "button", title: url }, clean(title));
    button.addEventListener("click", () => {
      request("ui/open-link", { url }).catch((error) => status(`The link was not opened: ${clean(error.message)}`, true));
    });
    return button;
  }));
}

listen(new Map([
  ["ui/notifications/tool-input", ({ arguments: given }) => { input = record(given); }],
  ["ui/notifications/tool-result", showResult],
  ["ui/notifications/tool-cancelled", () => status("The call was cancelled.")],
  ["ui/notifications/host-context-changed", applyContext],
]));
makeReadable(view);
new ResizeObserver(() => {
  if (view.drawing && byId("plot").clientWidth !== Number(view.drawing.root.getAttribute("width"))) redraw();
}).observe(byId("plot"));
request("ui/initialize", {
  appInfo: { name: "cloudwatch-mcp", version: "1" }, appCapabilities: {}, protocolVersion: "2026-01-26",
}).then(({ hostContext }) => {
  applyContext(record(hostContext));
  notify("ui/notifications/initialized", {});
  reportSize();
}).catch((error) => status(error.message, true));
