// The legend, and the data as a table.

const MAX_ROWS = 500;

function statText(name, value, unit) {
  if (value === undefined || value === null || Number.isNaN(value)) return "";
  if (name === "Shift at") return moment(value);
  return typeof value === "number" ? number(value, unit) : clean(value);
}

/** A row per line, with a button that shows and hides it. */
function legendOf(chart, { toggled, pointed }) {
  const names = ["Last", "Avg", "Min", "Max", "Baseline", "Change", "Shift at"]
    .filter((name) => chart.lines.some((line) => statText(name, line.stats[name], line.unit)));
  const rows = chart.lines.map((line) => {
    const button = html("button", { type: "button", "aria-pressed": "true", title: line.label }, swatch(line), html("span", {}, line.label));
    button.addEventListener("click", () => {
      toggled(line);
      button.setAttribute("aria-pressed", String(line.visible));
    });
    const row = html("tr", {}, html("th", { scope: "row" }, button),
      ...names.map((name) => html("td", {}, statText(name, line.stats[name], line.unit))));
    for (const event of ["pointerenter", "focusin"]) row.addEventListener(event, () => pointed(line));
    for (const event of ["pointerleave", "focusout"]) row.addEventListener(event, () => pointed(null));
    return row;
  });
  return tableOfNodes(["Series", ...names], rows, "Series, with a button to show or hide each");
}

/** A table; `texts` says which columns are text, which is aligned left. */
function tableOfNodes(names, rows, caption, texts = []) {
  return html("table", {},
    html("caption", { class: "hidden" }, caption),
    html("thead", {}, html("tr", {}, ...names.map((name, column) => html("th", { scope: "col", class: texts[column] ? "text" : null }, name)))),
    html("tbody", {}, ...rows));
}

/** The chart's own table, or a row per time with the values of all lines. */
function dataTable({ table, lines }) {
  const { columns, rows } = table ?? timeTable(lines);
  const shown = rows.slice(0, MAX_ROWS).map((row) => html("tr", {}, ...row.map((cell) => cellOf(cell))));
  const left = rows.length - shown.length;
  const texts = columns.map((_, column) => rows.some((row) => row[column] !== null && typeof row[column] !== "number"));
  return [
    tableOfNodes(columns, shown, "The data of the chart; times are UTC", texts),
    ...(left > 0 ? [html("p", {}, `and ${left.toLocaleString("en-US")} more rows`)] : []),
  ];
}

function cellOf(cell) {
  if (typeof cell === "number") return html("td", {}, String(cell));
  if (instant(cell) !== null) return html("td", { class: "time" }, iso(instant(cell)).replace("T", " ").replace(/(\.000)?Z$/, ""));
  return html("td", { class: "text" }, clean(Array.isArray(cell) ? cell.join(", ") : cell, 1000));
}

function timeTable(lines) {
  const times = [...new Set(lines.flatMap((line) => [...line.at.keys()]))].sort((a, b) => a - b);
  return {
    columns: ["Time", ...lines.map((line) => line.label)],
    rows: times.map((time) => [iso(time).replace(".000Z", "Z"), ...lines.map((line) => line.at.get(time) ?? null)]),
  };
}
