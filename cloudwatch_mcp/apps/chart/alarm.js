// The chart of an alarm's history: its states, its threshold, and the datapoints of each transition.

function alarmChart(answer) {
  const { columns, rows } = tableOf(answer.transitions);
  const transitions = rows.map((row) => Object.fromEntries(columns.map((name, column) => [name, row[column]])))
    .map((row) => ({ ...row, time: instant(row.time) })).filter((row) => row.time !== null).sort((a, b) => a.time - b.time);
  const alarm = record(answer.alarm);
  const condition = clean(alarm.condition ?? "", 400);
  const window = list(answer.window).map(instant);
  const period = Number(/× (\d+) s/.exec(condition)?.[1]) || finite(transitions[0]?.period) || 60;
  const points = evaluated(transitions, period).filter(([time]) => !(time < window[0]));
  const value = thresholdOf(condition, transitions);
  return {
    title: clean(alarm.name) || "Alarm",
    details: [alarm.kind, condition, clean(alarm.watches, 300), answer.region, answer.profile].filter(Boolean),
    lines: points.length ? [{ label: "datapoints at a transition", points, dots: true, stats: statsOf(points) }] : [],
    limit: value === null || points.length === 0 ? null : { value, text: `threshold ${number(value)}` },
    states: statesOf(transitions, alarm, window),
    ranges: list(answer.investigate).map(list)
      .map(([from, to, why]) => ({ from: instant(from), to: instant(to), why: clean(why, 300) }))
      .filter(({ from, to }) => from !== null && to !== null),
    moments: changesOf(answer.configuration_changes),
    table: rows.length ? { columns, rows } : null,
  };
}

/** The datapoints that led to each transition: one per period, the last one before the transition. */
function evaluated(transitions, period) {
  const values = new Map();
  for (const { time, datapoints } of transitions) {
    list(datapoints).forEach((value, index, all) => {
      if (finite(value) !== null) values.set(time - (all.length - index) * period * 1000, value);
    });
  }
  return [...values].sort(([a], [b]) => a - b);
}

function thresholdOf(condition, transitions) {
  const written = /[<>]=? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) for /i.exec(condition);
  return written ? Number(written[1]) : finite(transitions[transitions.length - 1]?.threshold);
}

/** The stretches of one state each: {from, to, state}. */
function statesOf(transitions, alarm, [start, end]) {
  if (!Number.isFinite(start) || !Number.isFinite(end)) return [];
  if (transitions.length === 0) {
    const since = instant(alarm.since);
    if (!alarm.state || (since !== null && since >= end)) return [];
    return stretches([{ from: start, state: null }, { from: Math.max(start, since ?? start), state: alarm.state }], end);
  }
  const before = { from: start, state: transitions[0].from };
  return stretches([before, ...transitions.map(({ time, to }) => ({ from: time, state: to }))], end);
}

function stretches(starts, end) {
  return starts
    .map(({ from, state }, index) => ({ from, to: starts[index + 1]?.from ?? end, state: clean(state) || "unknown" }))
    .filter(({ from, to }) => to > from);
}

function changesOf(table) {
  const { columns, rows } = tableOf(table);
  const at = columns.indexOf("time");
  return rows.map((row) => ({
    time: instant(row[at]), text: clean(row.filter((cell, column) => column !== at && cell !== null).join(" "), 300),
  })).filter(({ time }) => time !== null);
}
