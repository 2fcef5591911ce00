// Drawings of numbers: lines over time, and keys on their axes.

import { draw, exact, foreign, make, mark, say } from "./words.js";

/** A line of the last values, as wide as its place. */
export class Sparkline {
  constructor(label) {
    this.label = label;
    this.area = draw("path", { class: "area" });
    this.trace = draw("path", { class: "trace" });
    this.node = draw("svg", { class: "spark", viewBox: "0 0 120 30", preserveAspectRatio: "none", "aria-hidden": "true" },
      this.area, this.trace);
  }

  /** Draws points [time, value] of the last two minutes. */
  show(points) {
    const known = points.filter((p) => p[1] !== null);
    if (known.length < 2) return;
    const to = known[known.length - 1][0];
    const from = Math.max(known[0][0], to - 120000);
    const top = Math.max(...known.map((p) => p[1])) || 1;
    const xy = known.filter((p) => p[0] >= from)
      .map(([t, v]) => `${(120 * (t - from) / (to - from)).toFixed(2)} ${(29 - 27 * v / top).toFixed(2)}`);
    this.trace.setAttribute("d", `M${xy.join("L")}`);
    this.area.setAttribute("d", `M0 30L${xy.join("L")}L120 30Z`);
  }
}

/** How long an axis remembers where keys were, in milliseconds. */
const memory = 60000;

/** The keys of all streams, on one axis where they are of one kind. */
export class Keys {
  constructor(place) {
    this.place = place;
    this.axes = [];
    this.shape = "";
  }

  show(view) {
    const axes = arrange(view.streams);
    const shape = JSON.stringify(axes.map((axis) => axis.map((lane) => lane.name)));
    if (shape !== this.shape) {
      this.shape = shape;
      this.axes = axes.map((lanes) => new Axis(lanes));
      this.place.replaceChildren(...this.axes.map((axis) => axis.node));
      const none = view.streams.length > 1 ? "No key is known yet." : "Nothing is joined, so that there are no keys.";
      if (axes.length === 0) this.place.append(make("p", { class: "dim", text: none }));
    }
    axes.forEach((lanes, i) => this.axes[i].show(lanes, Date.parse(view.taken), view.partition_count > 1));
  }
}

/** Makes the lanes of each axis: a lane has a stream's keys, or those by which its parent is compared with it. */
function arrange(streams) {
  const axes = [];
  const axisOf = (lane) => {
    const near = axes.find((axis) => comparable(axis[0], lane));
    if (near) near.push(lane);
    else axes.push([lane]);
    return near ?? axes[axes.length - 1];
  };
  const homes = [];
  streams.forEach((stream, i) => {
    const lane = { name: stream.name, state: stream.state, keys: stream.keys };
    if (!lane.keys.some((key) => key.text !== "")) return;
    homes[i] = axisOf(lane);
    const parent = streams[stream.parent];
    if (!parent || homes[stream.parent] === homes[i]) return;
    homes[i].push({
      name: `${parent.name} for ${stream.name}`, state: parent.state,
      keys: lane.keys.map((key) => ({ ...key, text: key.parent, number: key.parent_number, blocking: false })),
    });
  });
  return axes;
}

/** Keys are of one kind where they are as large as each other: times in seconds and milliseconds are not. */
function comparable(a, b) {
  const size = (lane) => Math.max(...lane.keys.map((key) => Math.abs(key.number ?? NaN)));
  const [x, y] = [size(a), size(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  return Math.abs(x - y) <= 1000 || Math.max(x, y) <= 2 * Math.min(x, y);
}

class Axis {
  constructor(lanes) {
    this.past = [];
    this.numeric = lanes.some((lane) => lane.keys.some((key) => key.number !== null));
    this.ticks = make("div", { class: "ticks", "aria-hidden": "true" });
    this.lanes = lanes.map((lane) => new Lane(lane, this.numeric));
    const rows = this.lanes.flatMap((lane) => lane.cells);
    if (this.numeric) rows.push(make("span", { class: "corner" }), this.ticks, make("span", { class: "corner" }));
    this.node = make("div", { class: "axis" }, ...rows);
  }

  show(lanes, now, several) {
    const numbers = lanes.flatMap((lane) => lane.keys.map((key) => key.number)).filter((n) => n !== null);
    let scale = null;
    if (this.numeric && numbers.length > 0) {
      this.past.push([now, Math.min(...numbers)]);
      this.past = this.past.filter(([t]) => t >= now - memory);
      const few = this.ticks.clientWidth < 480;
      const whole = numbers.every((n) => Number.isInteger(n));
      scale = scaleOf(Math.min(...this.past.map((p) => p[1])), Math.max(...numbers), few ? 2 : 5, whole);
      this.drawTicks(scale);
    }
    lanes.forEach((lane, i) => this.lanes[i].show(lane, scale, several));
  }

  drawTicks(scale) {
    this.ticks.replaceChildren(...scale.ticks.map((tick, i) => {
      const at = scale.at(tick);
      const side = at > (i === 0 ? 60 : 90) ? "last" : i === 0 ? "first" : "";
      const text = i === 0 ? exact(tick, scale.digits) : `+${exact(tick - scale.ticks[0], scale.digits)}`;
      const label = make("span", { class: side, text });
      label.style.left = `${at}%`;
      return label;
    }));
  }
}

/**
 * Where keys lie from 0 to 100, with a little room on both sides and about so many ticks, at round numbers that the digits
 * behind the point tell apart. Where all keys are one, that is the only tick.
 */
export function scaleOf(low, high, about, whole) {
  const span = Math.max(high - low, 1e-9 * Math.abs(high), 1e-9);
  const from = low - span * 0.02;
  const wide = span * 1.06;
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough && (s >= 1 || !whole)) ?? 1;
  const digits = Math.min(9, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const ticks = low === high ? [low] : [];
  if (low === high) return { at: (key) => 100 * (key - from) / wide, ticks, digits: whole ? 0 : 9 };
  for (let k = Math.ceil(from / step); k * step <= from + wide && ticks.length < 8; k++) ticks.push(k * step);
  return { at: (key) => 100 * (key - from) / wide, ticks, digits };
}

class Lane {
  constructor(lane, numeric) {
    this.track = make("div", { class: "lane", "aria-hidden": "true" });
    this.text = foreign("");
    this.more = make("small");
    this.at = make("div", { class: "at" }, this.text, this.more);
    this.cells = [make("div", { class: "name" }, foreign(lane.name)), numeric ? this.track : make("span"), this.at];
  }

  show(lane, scale, several) {
    const keys = lane.keys.filter((key) => key.text !== "");
    const numbers = keys.map((key) => key.number).filter((n) => n !== null);
    const last = keys.reduce((a, b) => (a === null || (b.number ?? 0) > (a.number ?? 0) ? b : a), null);
    say(this.text, last ? last.text : "");
    mark(this.at, "state", lane.state);
    const blocked = keys.find((key) => key.blocking);
    const spread = numbers.length > 1 ? Math.max(...numbers) - Math.min(...numbers) : 0;
    if (blocked) say(this.more, several ? `blocks at ${blocked.text}, partition ${blocked.partition}` : "blocks");
    else say(this.more, spread > 0 ? `partitions ${exact(spread)} apart` : "");
    if (!scale) return;
    const trail = make("div", { class: "trail" });
    trail.style.width = `${numbers.length > 0 ? scale.at(Math.max(...numbers)) : 0}%`;
    const ticks = scale.ticks.map((tick) => {
      const line = make("div", { class: "tick" });
      line.style.left = `${scale.at(tick)}%`;
      return line;
    });
    this.track.replaceChildren(...ticks, trail,
      ...keys.filter((key) => key.number !== null).flatMap((key) => place(key, scale, several)));
  }
}

/** Makes the mark of one key, with a word beside it if it blocks. */
function place(key, scale, several) {
  const state = key.blocking ? "blocking" : key.ended ? "ended" : "flowing";
  const node = make("div", { class: "mark", "data-state": state });
  const at = scale.at(key.number);
  node.style.left = `${at}%`;
  if (!key.blocking) return [node];
  const label = make("b", { class: at < 25 ? "right" : "", text: several ? `blocks [${key.partition}]` : "blocks" });
  label.style.left = `${at}%`;
  return [node, label];
}
