// The page of a run: it listens to the views that the run sends, and shows each.

import { Keys, Sparkline } from "./chart.js";
import { Tree } from "./tree.js";
import { brief, bytes, chip, count, exact, foreign, long, make, mark, percent, plural, rate, say, states } from "./words.js";

const by = (id) => document.getElementById(id);
const tree = new Tree(by("tree"));
const keys = new Keys(by("keys"));

/** A figure with its line over the last two minutes. */
class Figure {
  constructor(label) {
    this.points = [];
    this.value = make("span", { class: "value" });
    this.more = make("span", { class: "more" });
    this.line = new Sparkline(label);
    by("figures").append(make("div", { class: "figure" }, make("dt", { text: label }),
      make("dd", {}, this.value, this.more, this.line.node)));
  }

  show(now, number, text, unit, more) {
    if (this.points.length > 0 && this.points[this.points.length - 1][0] >= now) this.points = [];
    this.points.push([now, number]);
    this.points = this.points.filter(([t]) => t >= now - 120000);
    if (this.text !== text + unit) this.value.replaceChildren(text, make("small", { text: unit }));
    this.text = text + unit;
    say(this.more, more);
    this.line.show(this.points);
  }
}

const results = new Figure("Results");
const matched = new Figure("Masters matched");
const calls = new Figure("Calls");
const commits = new Figure("Commits");

function showFigures(view) {
  const now = Date.parse(view.taken);
  const master = view.streams[0] ?? { matched: 0, unmatched: 0, skipped: 0 };
  const decided = master.matched + master.unmatched + master.skipped;
  const share = decided > 0 ? master.matched / decided : null;
  results.show(now, view.result_rate, rate(view.result_rate), " /s", `${exact(view.results)} in all${view.filtered_results > 0 ? `, ${count(view.filtered_results)} not written` : ""}`);
  matched.show(now, share, share === null ? "–" : percent(share), "", `${exact(master.matched)} of ${exact(decided)}`);
  const each = view.call_time === null ? "" : `, ${brief(view.call_time)} each`;
  calls.show(now, view.call_rate, rate(view.call_rate), " /s", `${exact(view.calls)} in all${each}`);
  const slow = view.commit_slow === null ? "none yet" : `99 % in ${brief(view.commit_slow)}`;
  const aborted = view.aborts > 0 ? `, ${plural(view.aborts, "abort")}` : "";
  commits.show(now, view.commit_median, view.commit_median === null ? "–" : brief(view.commit_median), "",
    `${slow}${aborted}, ${count(view.pending_results)} pending`);
}

function showProgress(view) {
  const place = by("progress");
  place.hidden = !(view.bytes_total > 0);
  if (place.hidden) return;
  if (!place.firstChild) place.append(make("label", { for: "read" }), make("progress", { id: "read", max: "1" }));
  const share = Math.min(1, view.bytes_read / view.bytes_total);
  const gone = (Date.parse(view.taken) - Date.parse(view.started)) / 1000;
  const left = share > 0.01 && share < 1 && view.state === "joining" ? `, about ${long(gone / share - gone)} left` : "";
  say(place.firstChild, `${percent(share)} of ${bytes(view.bytes_total)} read${left}`);
  place.lastChild.value = share;
}

const columns = ["Stream", "Read", "Matched", "Not matched", "Skipped", "To be read", "In memory", "Waited for", "State"];

/** The table of streams, made anew where their number has changed. */
function showStreams(view) {
  const place = by("streams");
  if (place.querySelectorAll("tbody tr").length !== view.streams.length) {
    place.replaceChildren(make("table", { role: "table", "aria-labelledby": "streams-heading" },
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
        ...columns.map((text) => make("th", { scope: "col", role: "columnheader", text })))),
      make("tbody", { role: "rowgroup" }, ...view.streams.map((stream) => make("tr", { role: "row" },
        make("th", { scope: "row", role: "rowheader" }, foreign(stream.name), foreign(stream.stream, { class: "stream dim mono" })),
        ...columns.slice(1).map((text) => make("td", { role: "cell", "data-label": text }, make("span"))))))));
  }
  place.querySelectorAll("tbody tr").forEach((row, i) => fillRow(row, view.streams[i], view));
}

function fillRow(row, stream, view) {
  const lacking = stream.without_match > 0 ? `${count(stream.without_match)} of ${view.streams[stream.parent].name} without` : "";
  const list = (counts) => counts.map((v) => `${count(v.count)} ${word(v.verdict)}`).join(", ");
  say(row.cells[0].firstChild, stream.name);
  say(row.cells[0].lastChild, stream.stream);
  const texts = [
    [exact(stream.read), `${rate(stream.rate)}/s${without(stream)}`], [exact(stream.matched), [lacking, ...early(stream, view)].filter(Boolean).join(", ")], [exact(stream.unmatched), list(stream.verdicts)],
    [exact(stream.skipped), [list(stream.faults), ...late(stream)].filter(Boolean).join(", ")], [stream.behind < 0 ? "not known" : exact(stream.behind)], [exact(stream.group), ordering(stream)],
    [percent(stream.wait_share)], [states[stream.state]],
  ];
  texts.forEach(([text, sub], i) => {
    const cell = row.cells[i + 1].firstChild;
    if (!cell.firstChild) cell.append(make("span"), make("span", { class: "sub" }));
    say(cell.firstChild, text);
    say(cell.lastChild, sub ?? "");
  });
}

/** What was passed over: it isn't counted as read. */
const without = (stream) =>
  (stream.tombstones > 0 ? `, ${count(stream.tombstones)} without a value` : "") +
  (stream.filtered > 0 ? `, ${count(stream.filtered)} left out by where` : "");

const late = (stream) => stream.late > 0 ? [`${count(stream.late)} of them late`] : [];

/** What an idle stream has had others do: they went on without it, and some of what came then was missed. */
const early = (stream, view) => [
  stream.early > 0 ? `${count(stream.early)} of ${view.streams[stream.parent].name} went on early` : "",
  stream.missed > 0 ? `${count(stream.missed)} came too late for those` : "",
];

const ordering = (stream) => stream.waiting > 0 ? `and ${count(stream.waiting)} wait to be in order` : "";

const word = (verdict) => verdict.replaceAll("_", " ");

/** How many partitions have a line each; more have a little field each. */
const few = 24;

function showPartitions(view) {
  const partitions = view.partitions;
  const here = partitions.filter((p) => p.state !== "elsewhere");
  const many = partitions.length > few;
  const summary = `${plural(view.partition_count, "partition")}, of which ${here.length} here`;
  const items = partitions.map((p) => {
    const words = many ? "" : p.status;
    const item = make("li", { "data-state": p.state, ...(many ? { title: `${p.partition}: ${p.status}` } : {}) },
      make("b", { text: p.partition }), chip(signs[p.state] ?? p.state, words));
    if (many) item.append(make("span", { class: "unseen", text: p.status }));
    if (!many && p.window > 0) item.append(make("span", { class: "window", text: `window of ${exact(p.window)}` }));
    return item;
  });
  by("partitions").replaceChildren(make("p", { class: "dim", text: summary }),
    make("ul", { class: many ? "chips many" : "chips" }, ...items));
}

const signs = { joining: "flowing", waiting: "waiting", ended: "ended", stopped: "ended", elsewhere: "elsewhere" };

let reasons = "";

/** The last elements that were left out. The list is made anew only where it differs, so that it can be selected and copied. */
function showUnmatched(view) {
  const verdicts = view.unmatched;
  if (reasons !== JSON.stringify(verdicts)) {
    reasons = JSON.stringify(verdicts);
    by("unmatched").replaceChildren(verdicts.length > 0 ? make("ol", { class: "verdicts" }, ...verdicts.map(reason))
      : make("p", { class: "dim", text: "None so far." }));
  }
  by("unmatched").querySelectorAll("time").forEach((time) => {
    say(time, `${long((Date.parse(view.taken) - Date.parse(time.dateTime)) / 1000)} ago`);
  });
}

function reason(v) {
  const item = make("li", {}, make("p", { class: "head" },
    make("span", { class: "kind", text: word(v.verdict) }), make("b", {}, foreign(v.stream)),
    foreign(v.position, { class: "dim mono" }), make("time", { class: "dim", datetime: v.time })),
  make("p", {}, foreign(v.text)));
  if (v.element) item.append(make("code", {}, foreign(v.element)));
  return item;
}

let announced = "";

/** Says aloud what the run does, only when that changes. */
function announce(view) {
  const blocking = view.streams.filter((s) => s.state === "blocking").map((s) => s.name);
  const words = view.outages.length > 0 ? view.outages.map((text) => text.replace(/ for .*/, "")).join(", ")
    : blocking.length > 0 ? `${blocking.join(", ")} blocks` : view.state;
  if (words !== announced) say(by("announcement"), words);
  announced = words;
}

function show(view) {
  document.title = `${view.mill} – Leat`;
  say(by("mill"), view.mill);
  const took = long((Date.parse(view.taken) - Date.parse(view.started)) / 1000);
  say(by("uptime"), `Leat, ${["ended", "stopped", "failed"].includes(view.state) ? "ran" : "running"} for ${took}`);
  mark(by("status"), "state", view.state);
  mark(by("status"), "troubled", String(view.outages.length > 0 || view.streams.some((s) => s.state === "blocking")));
  say(by("status-text"), view.status);
  by("outages").hidden = view.outages.length === 0;
  say(by("outages"), view.outages.map((text) => `${text[0].toUpperCase()}${text.slice(1)}`).join(" "));
  announce(view);
  showFigures(view);
  showProgress(view);
  tree.show(view);
  keys.show(view);
  showStreams(view);
  showPartitions(view);
  showUnmatched(view);
}

function tell(text) {
  by("connection").hidden = text === "";
  say(by("connection"), text);
}

let events = null;
let ended = false;
let again = 0;

/** Listens while the page is looked at; a page in the background costs the run nothing. */
function listen() {
  if (events !== null || document.hidden) return;
  events = new EventSource("events");
  events.addEventListener("view", (event) => {
    ended = false;
    tell("");
    show(JSON.parse(event.data));
  });
  events.addEventListener("end", () => {
    ended = true;
    tell("The run has ended; this is its last state. The page goes on when the mill runs again.");
    retry();
  });
  events.addEventListener("error", () => {
    if (!ended) tell("The connection to the run is lost; this is the last state that is known. Trying again.");
    retry();
  });
}

function hush() {
  events?.close();
  events = null;
  clearTimeout(again);
}

function retry() {
  hush();
  again = setTimeout(listen, 3000);
}

document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
listen();
