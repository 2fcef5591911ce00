// The join tree: a card for each stream, the function and the outputs, and the edges between them.

import { brief, chip, count, draw, exact, foreign, make, mark, percent, rate, say, states } from "./words.js";

export class Tree {
  constructor(place) {
    this.place = place;
    this.shape = "";
    this.resized = new ResizeObserver(() => this.arrange());
    this.resized.observe(place);
  }

  show(view) {
    const shape = JSON.stringify([view.mill, view.outputs, view.streams.map((s) => [s.name, s.stream, s.parent, s.on, s.window])]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(view);
    }
    view.streams.forEach((stream, i) => this.cards[i].show(stream));
    this.call.show(view);
    this.outputs.forEach((output) => output.show(view));
    this.edges.forEach((edge) => mark(edge.group, "state", edge.state(view)));
  }

  build(view) {
    const flows = (v) => (v.result_rate > 0 ? "flowing" : "quiet");
    this.cards = view.streams.map((stream) => new Card(stream));
    this.call = new Call(view);
    this.outputs = view.outputs.map((name, _, all) => new Output(name, all.length === 1));
    this.drawing = draw("svg", { class: "edges", "aria-hidden": "true" });
    this.edges = view.streams.map((stream, i) => ({
      from: this.cards[i].node, to: stream.parent < 0 ? this.call.node : this.cards[stream.parent].node,
      state: (v) => (v.streams[i].state === "blocking" || v.streams[i].rate > 0 ? v.streams[i].state : "quiet"),
    }));
    this.outputs.forEach((output) => this.edges.push({ from: this.call.node, to: output.node, state: flows }));
    for (const edge of this.edges) {
      edge.group = draw("g", {}, draw("path", { class: "bed" }), draw("path", { class: "flow" }));
      this.drawing.append(edge.group);
    }
    const branch = (i) => {
      const children = view.streams.flatMap((s, child) => (s.parent === i ? [branch(child)] : []));
      const below = children.length > 0 ? [make("ul", {}, ...children)] : [];
      return make("li", {}, this.cards[i].node, ...below);
    };
    const roots = view.streams.flatMap((s, i) => (s.parent < 0 ? [branch(i)] : []));
    this.place.replaceChildren(this.drawing, make("ul", {}, ...roots), this.call.node,
      ...(this.outputs.length > 0 ? [make("ul", { class: "outputs" }, ...this.outputs.map((o) => make("li", {}, o.node)))] : []));
    this.arrange();
  }

  /** Lays the tree out from left to right where there is room, and from top to bottom elsewhere. */
  arrange() {
    if (!this.cards) return;
    this.place.classList.remove("stacked");
    this.place.classList.toggle("stacked", this.place.scrollWidth > this.place.clientWidth + 1);
    const origin = this.place.getBoundingClientRect();
    for (const edge of this.edges) {
      const from = edge.from.getBoundingClientRect();
      const to = edge.to.getBoundingClientRect();
      const [x, y] = [from.right - origin.left, from.top + from.height / 2 - origin.top];
      const [u, v] = [to.left - origin.left, to.top + to.height / 2 - origin.top];
      const bend = (x + u) / 2;
      for (const path of edge.group.children) path.setAttribute("d", `M${x} ${y}C${bend} ${y} ${bend} ${v} ${u} ${v}`);
    }
  }
}

/** One stream. */
class Card {
  constructor(stream) {
    this.chip = chip("quiet", "");
    this.rate = make("span");
    this.read = make("small");
    this.shares = ["matched", "unmatched", "skipped"].map((name) => make("span", { class: name }));
    this.share = make("p", { class: "share" });
    this.said = make("p", { class: "said" });
    this.behind = make("p", { class: "dim" });
    this.node = make("article", { class: "card" },
      make("h3", {}, foreign(stream.name), this.chip),
      make("p", { class: "stream dim mono" }, foreign(stream.stream)),
      make("p", { class: "rate" }, this.rate, " ", this.read),
      make("div", { class: "bar", "aria-hidden": "true" }, ...this.shares),
      this.share, this.behind);
    if (stream.on) this.node.append(make("p", { class: "on dim" }, "on ", make("code", {}, foreign(stream.on))));
    if (stream.window) this.node.append(make("p", { class: "on dim" }, "window ", foreign(stream.window)));
    this.node.append(this.said);
  }

  show(stream) {
    mark(this.node, "state", stream.state);
    mark(this.chip, "state", stream.state);
    say(this.chip.lastChild, states[stream.state] ?? stream.state);
    say(this.rate, `${rate(stream.rate)}/s`);
    say(this.read, `${count(stream.read)} read`);
    const parts = [stream.matched, stream.unmatched, stream.skipped];
    parts.forEach((n, i) => { this.shares[i].style.flexGrow = n; });
    const decided = parts.reduce((a, b) => a + b, 0);
    const words = decided > 0 ? [`${percent(stream.matched / decided)} matched`] : ["none decided yet"];
    if (stream.unmatched > 0) words.push(`${count(stream.unmatched)} not`);
    if (stream.skipped > 0) words.push(`${count(stream.skipped)} skipped`);
    say(this.share, words.join(", "));
    say(this.behind, stream.behind > 0 ? `${exact(stream.behind)} to be read` : stream.behind === 0 ? "read to its end" : "");
    say(this.said, ["blocking", "held", "awaited"].includes(stream.state) ? stream.status : "");
  }
}

/** The function that gets what joins. */
class Call {
  constructor(view) {
    this.rate = make("p");
    this.time = make("p", { class: "dim" });
    this.node = make("article", { class: "card function" },
      make("h3", {}, make("span", { class: "unseen", text: "Function" }), foreign(view.mill)), this.rate, this.time);
  }

  show(view) {
    say(this.rate, `${rate(view.call_rate)} calls/s`);
    const failed = view.failed > 0 ? `, ${count(view.failed)} failed` : "";
    say(this.time, (view.call_time === null ? `${count(view.calls)} in all` : `${brief(view.call_time)} each`) + failed);
  }
}

/** A stream of results. */
class Output {
  constructor(name, alone) {
    this.alone = alone;
    this.rate = make("p");
    this.total = make("p", { class: "dim" });
    this.node = make("article", { class: "card output" },
      make("h3", {}, make("span", { class: "unseen", text: "Output" }), foreign(name)), this.rate, this.total);
  }

  /** Shows how fast results come, which is known for all outputs together only. */
  show(view) {
    if (!this.alone) return;
    say(this.rate, `${rate(view.result_rate)}/s`);
    say(this.total, `${count(view.results)} written`);
  }
}
