// Text, numbers and times as people read them, and nodes of the page. Data only ever becomes the text of a node.

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
const UNITS = {
  Percent: "%", Seconds: " s", Milliseconds: " ms", Microseconds: " µs", Bytes: "B", Kilobytes: "kB", Megabytes: "MB",
  Gigabytes: "GB", "Bytes/Second": "B/s", "Kilobytes/Second": "kB/s", "Bits/Second": "bit/s", "Megabits/Second": "Mbit/s",
  "Kilobits/Second": "kbit/s", "Count/Second": "/s",
};
const LARGE = 1e4; // from here on, numbers are written with a prefix

/** The value as one line of at most `limit` characters, without characters that control or reverse text. */
function clean(value, limit = 160) {
  const raw = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
  const text = raw.slice(0, limit * 4).replace(CONTROLS, " ").trim();
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

const finite = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);
const list = (value) => (Array.isArray(value) ? value : []);
const record = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
const tiny = new Intl.NumberFormat("en-US", { notation: "scientific", maximumSignificantDigits: 4 });

/** Such as 1,234, 56.7k or 12.5 ms; a dash where there is no value. */
function number(value, unit) {
  if (finite(value) === null) return "–";
  const size = Math.abs(value);
  const suffix = (Object.hasOwn(UNITS, unit) && UNITS[unit]) || "";
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return tiny.format(value) + suffix;
  if (size < LARGE) return (size < 1000 ? short : whole).format(value) + (suffix.startsWith("B") ? ` ${suffix}` : suffix);
  const [factor, prefix] = PREFIXES.find(([least]) => size >= least);
  return short.format(value / factor) + (suffix.startsWith("B") ? " " : "") + prefix + suffix;
}

/** Milliseconds since 1970 of an ISO 8601 or Logs Insights time, which are UTC; null for any other text. */
function instant(text) {
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?:\.0+)?Z?$/.exec(String(text));
  return parts ? finite(Date.parse(`${parts[1]}T${parts[2]}Z`)) : null;
}

const iso = (time) => new Date(time).toISOString();

/** The time of day in UTC, with seconds where they are not zero. */
function clock(time) {
  const text = iso(time).slice(11, 19);
  return text.endsWith(":00") ? text.slice(0, 5) : text;
}

/** Such as `20 Nov`. */
const day = (time) => `${new Date(time).getUTCDate()} ${new Date(time).toLocaleString("en-US", { month: "short", timeZone: "UTC" })}`;

const moment = (time) => `${day(time)} ${clock(time)}`;

/** Such as `20 Nov 09:00 to 12:00 UTC`. */
function spanText([from, to]) {
  return `${moment(from)} to ${day(from) === day(to) ? clock(to) : moment(to)} UTC`;
}

function length(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size} ${unit}`;
  }
  return `${seconds} s`;
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const html = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

const byId = (id) => document.getElementById(id);

function show(id, ...children) {
  byId(id).replaceChildren(...children);
  byId(id).hidden = children.length === 0;
}
