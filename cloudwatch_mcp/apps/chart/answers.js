// Charts of the tools' answers.
//
// A chart is {title, details, unit, span: [from, to], lines, limit, states, ranges, moments, table, notes}. Times are
// milliseconds since 1970. A line is {label, points: [[time, value or null]], dots, baseline, onset, stats}.

const MAX_LINES = 50;

function chartOf(answer, input, meta) {
  const make = answer.alarm ? alarmChart : Array.isArray(answer.series) ? metricChart : binChart(answer, input);
  const chart = make ? make(answer, input, record(meta)) : tableChart(answer, input);
  return {
    details: [answer.region, answer.profile].filter(Boolean), lines: [], states: [], ranges: [], moments: [], limit: null,
    ...chart, span: spanOf(answer, chart.lines ?? []), notes: list(answer.notes).map((note) => clean(note, 1000)),
  };
}

/** The answer's window, or the times of its points. */
function spanOf(answer, lines) {
  const [from, to] = list(answer.window).map(instant);
  if (Number.isFinite(from) && to > from) return [from, to];
  const times = lines.flatMap((line) => line.points.map(([time]) => time));
  const [first, last] = times.reduce(([low, high], time) => [Math.min(low, time), Math.max(high, time)], [Infinity, -Infinity]);
  return first < last ? [first, last] : [(Number.isFinite(first) ? first : Date.now()) - 60000, (last > 0 ? last : Date.now()) + 60000];
}

function metricChart(answer, input, meta) {
  const units = record(meta["cloudwatch-mcp/units"]);
  const unitOf = (series) => units[series.id] ?? units["*"] ?? null;
  const series = answer.series.map(record);
  const shared = new Set(series.map(unitOf));
  const lines = series.slice(0, MAX_LINES).map((each) => metricLine(each, answer, unitOf(each)));
  const left = series.length - lines.length;
  return {
    title: metricTitle(input), unit: shared.size === 1 ? [...shared][0] : null, lines,
    details: [answer.region, answer.profile, finite(answer.period) && `every ${length(answer.period)}`, left > 0 && `${left} more series`]
      .filter(Boolean),
  };
}

function metricTitle({ namespace, metric_name: name, statistic, queries, group_by_dimension: group }) {
  if (Array.isArray(queries) || !name) return clean(namespace ?? "Metrics");
  return clean(`${namespace ?? ""} ${name} · ${statistic ?? "Average"}${group ? ` by ${group}` : ""}`);
}

function metricLine(series, answer, unit) {
  const { min, max, avg, last, onset, min_at: minAt, max_at: maxAt } = record(series.summary);
  const before = record(series.baseline);
  return {
    label: clean(series.label ?? series.id) || "series", points: pointsOf(series, answer), unit,
    baseline: finite(before.avg) === null ? null : before,
    onset: onset && instant(onset.at) !== null ? { time: instant(onset.at), before: onset.before, after: onset.after } : null,
    extremes: [[instant(maxAt), finite(max)], [instant(minAt), finite(min)]].filter((each) => !each.includes(null)),
    stats: { Last: last, Avg: avg, Min: min, Max: max, Baseline: before.avg, Change: series.change, "Shift at": onset && instant(onset.at) },
  };
}

function pointsOf(series, answer) {
  if (Array.isArray(series.points)) {
    return series.points.map(list).map(([time, value]) => [instant(time), finite(value)]).filter(([time]) => time !== null);
  }
  const start = instant(series.start ?? answer.start);
  const step = (finite(series.period) ?? finite(answer.period) ?? 0) * 1000;
  return start === null || step <= 0 ? [] : list(series.values).map((value, slot) => [start + slot * step, finite(value)]);
}

/** The rows of a table, each with all its cells, and the columns that all rows share. */
function tableOf(value) {
  const { columns, rows, same } = record(value);
  const shared = Object.entries(record(same));
  return {
    columns: [...list(columns).map((name) => clean(name)), ...shared.map(([name]) => clean(name))],
    rows: list(rows).map((row) => [...list(columns).map((_, column) => list(row)[column] ?? null), ...shared.map(([, cell]) => cell)]),
  };
}

/** A chart for the rows of a query with a column of bin(), and null for any other answer. */
function binChart(answer, { query_string: query }) {
  const { columns, rows } = tableOf(answer.results);
  const grouped = groupNames(clean(query, 10000));
  const isTime = (column) => rows.length > 0 && rows.every((row) => instant(row[column]) !== null);
  const bin = columns.findIndex((name, column) => (/^bin\s*\(/i.test(name) || grouped.bins.includes(name)) && isTime(column));
  const values = columns.map((_, column) => column)
    .filter((column) => column !== bin && !grouped.names.includes(columns[column]) && isNumeric(rows, column));
  if (bin < 0 || values.length === 0) return null;
  return () => {
    const others = columns.map((_, column) => column).filter((column) => column !== bin && !values.includes(column));
    const lines = binLines(rows, bin, values, others, columns);
    const left = lines.length - MAX_LINES;
    const namesOf = (indexes) => indexes.map((column) => columns[column]).join(", ");
    return {
      title: namesOf(values) + (others.length ? ` by ${namesOf(others)}` : ""), lines: lines.slice(0, MAX_LINES), table: { columns, rows },
      details: [answer.region, answer.profile, ...(left > 0 ? [`${left} more series`] : [])].filter(Boolean),
    };
  };
}

/** The names that the last `stats … by` of a query gives to its groups, and those of them that are bins. */
function groupNames(query) {
  const by = [...query.matchAll(/\bstats\b[^|]*?\bby\b([^|]*)/gi)].pop()?.[1] ?? "";
  const parts = by.split(/,(?![^(]*\))/).map((part) => part.trim().split(/\s+as\s+/i));
  const name = (part) => part[part.length - 1].trim();
  return { names: parts.map(name), bins: parts.filter(([text]) => /^bin\s*\(/i.test(text)).map(name) };
}

function isNumeric(rows, column) {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => finite(cell) !== null);
}

/** A line per value column and group. A bin without a row is a gap. */
function binLines(rows, bin, values, others, columns) {
  const times = [...new Set(rows.map((row) => instant(row[bin])))].sort((a, b) => a - b);
  const lines = new Map();
  for (const row of rows) {
    const group = others.map((column) => clean(row[column])).join(" · ");
    for (const column of values) {
      const label = [group, others.length === 0 || values.length > 1 ? columns[column] : ""].filter(Boolean).join(" · ");
      if (!lines.has(label)) lines.set(label, new Map());
      lines.get(label).set(instant(row[bin]), row[column]);
    }
  }
  const grid = gridOf(times);
  return [...lines].map(([label, cells]) => {
    const points = grid.map((time) => [time, finite(cells.get(time))]);
    return { label: label || "(empty)", points, stats: statsOf(points) };
  });
}

/** The times with those that are missing between them, where they are on a grid. */
function gridOf(times) {
  const step = Math.min(...times.slice(1).map((time, index) => time - times[index]));
  const slots = (times[times.length - 1] - times[0]) / step + 1;
  if (!Number.isInteger(slots) || slots > 5000) return times;
  return Array.from({ length: slots }, (_, slot) => times[0] + slot * step);
}

function statsOf(points) {
  const known = points.map(([, value]) => value).filter((value) => value !== null);
  const sum = known.reduce((total, value) => total + value, 0);
  const [min, max] = known.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return { Last: known[known.length - 1], Avg: sum / known.length, Min: min, Max: max };
}

/** The first table of the answer, for what is not a series over time. */
function tableChart(answer, input) {
  if (answer.movers) return { title: `${metricTitle(input)}: what moved most`, table: tableOf(answer.movers) };
  if (answer.results) return { title: "Query results", table: tableOf(answer.results) };
  return { title: input.query_string ? "Query results" : metricTitle(input), table: null };
}
