// Numbers and durations as people read them, and elements of the page. All texts that come from a run become text nodes.

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** A count: 12,345; from a million on 1.23 M. */
export function count(n) {
  if (Math.abs(n) >= 1e9) return `${(n / 1e9).toFixed(2)} G`;
  if (Math.abs(n) >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
  return grouped.format(n);
}

/** A count with all its digits, or a number with up to so many behind the point. */
export const exact = (n, digits = 0) => digits === 0 ? grouped.format(n)
  : n.toLocaleString("en-GB", { maximumFractionDigits: digits });

/** A rate per second, with as many digits as say something. */
export function rate(perSecond) {
  if (perSecond >= 100 || perSecond === 0) return count(Math.round(perSecond));
  return perSecond.toFixed(perSecond >= 10 ? 0 : 1);
}

/** A share from 0 to 1, which is only 100 % or 0 % where it is exactly that. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/** A short duration in seconds: 18 µs, 14.2 ms, 1.3 s. */
export function brief(seconds) {
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return `${seconds.toFixed(1)} s`;
}

/** A long duration in seconds: 12 s, 3 min 5 s, 2 h 5 min. */
export function long(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} days`;
}

/** A size in bytes: 3.4 MiB. */
export function bytes(n) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${n.toFixed(i === 0 ? 0 : 1)} ${units[i]}`;
}

export function plural(n, thing) {
  return `${exact(n)} ${thing}${n === 1 ? "" : "s"}`;
}

/** Makes an element: properties are attributes, but for class, text, and data. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Makes an element of a drawing. */
export function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Sets a text where it has changed, so that what is read aloud or selected stays in place. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets a data attribute where it has changed. */
export function mark(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

/** The words for a stream's state. */
export const states = {
  flowing: "flowing", awaited: "awaited", blocking: "blocks", held: "waits", quiet: "quiet", ended: "ended",
};

/** Makes the sign and the word of a state; the word is its last child. */
export function chip(state, text) {
  return make("span", { class: "chip", "data-state": state }, make("span", { class: "icon", "aria-hidden": "true" }),
    make("span", { text }));
}

/** Makes a text that comes from a stream: it may be written from right to left without turning what is around it. */
export const foreign = (text, properties = {}) => make("bdi", { ...properties, text });
