// Scales and their ticks.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND), ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR), ...[1, 2, 7, 14, 28, 91, 182, 364].map((count) => count * DAY),
];

/** A function that maps [from, to] to [start, end] in pixels. */
const scale = ([from, to], [start, end]) => (value) => start + ((value - from) / (to - from)) * (end - start);

/** Times for at most `count` labels. */
function timeTicks([from, to], count) {
  const step = TIME_STEPS.find((each) => (to - from) / each <= count) ?? Math.ceil((to - from) / count / DAY) * DAY;
  const first = Math.ceil(from / step) * step;
  const times = Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step);
  return times.map((time) => ({ time, text: time % DAY === 0 ? day(time) : clock(time) }));
}

/** About `count` round values that cover the domain. */
function valueTicks([low, high], count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The range of the values, with 0 unless they are far from it, and with some room above and below. */
function valueDomain(values) {
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  if (low > high) return [0, 1];
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low * 1.2), Math.max(0, low * 1.2)];
  const room = (high - low) * 0.08;
  const nearZero = Math.min(Math.abs(low), Math.abs(high)) < 3 * (high - low);
  return [low >= 0 && nearZero ? 0 : low - room, high <= 0 && nearZero ? 0 : high + room];
}
