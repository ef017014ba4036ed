"use strict";
// The page of a training. Numbers come as JSON, names and lines are shown as text, never as HTML.

const at = (id) => document.getElementById(id);
const known = (value) => typeof value === "number" && isFinite(value);
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

let state = null;
let curves = null; // {iteration, loss, average, rate, "part x", ...}
let maps = { at: [], map: [] };
let span = null; // [first, last] iteration shown, null for all
let pointer = null; // where the mouse is, px in the canvas
let drag = null;
let lost = false;

// ---------------------------------------------------------------- words

function short(value, digits = 4) {
  if (!known(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(digits)));
}
const percent = (share, digits = 1) => (known(share) ? `${(100 * share).toFixed(digits)} %` : "–");
function clock(seconds) {
  if (!known(seconds)) return "–";
  const s = Math.round(seconds), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  if (h >= 48) return `${Math.floor(h / 24)} d ${h % 24} h`;
  return h ? `${h} h ${String(m).padStart(2, "0")} min` : `${m} min ${String(s % 60).padStart(2, "0")} s`;
}
const bytes = (n) => (n >= 2 ** 30 ? `${(n / 2 ** 30).toFixed(1)} GiB` : `${Math.round(n / 2 ** 20)} MiB`);
function make(tag, text, kind) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}
function row(cells) {
  const line = make("tr");
  for (const cell of cells) line.append(cell instanceof Node ? cell : make("td", cell));
  return line;
}

// ---------------------------------------------------------------- numbers

function status() {
  const chip = at("status");
  let text = "starting", kind = "chip";
  if (lost) [text, kind] = ["no answer; waiting for it to come back", "chip lost"];
  else if (state.ended) text = `ended, status ${state.ended}`;
  else if (state.ended === 0) text = state.now_at && state.now_at.iteration < state.now_at.total ? "stopped" : "finished";
  else if (state.activity) {
    const { what, done, total } = state.activity;
    [text, kind] = [`${what} ${done}/${total}`, "chip runs"];
  } else if (state.now_at) [text, kind] = ["training", "chip runs"];
  chip.textContent = text;
  chip.className = kind;
}

function numbers() {
  const now = state.now_at;
  at("name").textContent = state.name || "darkpy";
  document.title = now ? `${now.iteration}/${now.total} ${state.name}` : state.name || "darkpy";
  if (!now) return;
  at("where").textContent = `iteration ${now.iteration} of ${now.total}`;
  at("done").style.width = `${Math.min(100, (100 * now.iteration) / now.total)}%`;
  at("average").textContent = short(now.average);
  at("loss").textContent = `latest ${short(now.loss)}`;
  at("map").textContent = percent(known(now.map) ? now.map : maps.map[maps.map.length - 1]);
  for (const one of document.querySelectorAll(".score")) one.textContent = score();
  for (const one of document.querySelectorAll(".asking")) one.textContent = asking();
  at("best").textContent = known(now.best) ? `best ${percent(now.best, 2)}`
    : now.next_map ? `first at iteration ${now.next_map}` : `not measured (${asking()})`;
  at("rate").textContent = short(now.rate, 3);
  at("size").textContent = `${now.size[0]} x ${now.size[1]} px`;
  at("speed").textContent = short(now.pictures_per_second, 3);
  at("threads").textContent = `${percent(now.waiting, 0)} waiting`;
  at("left").textContent = state.ended === null ? clock(now.seconds_left) : "–";
  at("since").textContent = `since ${clock(state.now - state.started)}`;
  const memory = state.memory || {};
  at("memory").textContent = memory.process ? bytes(memory.process) : "–";
  at("gpu").textContent = memory.gpu ? `GPU ${bytes(memory.gpu)}` : "";
  shares(now);
  parts(now);
}

function shares(now) {
  const loading = known(now.waiting) ? now.waiting : 0;
  at("loading").style.width = `${100 * loading}%`;
  at("computing").style.width = `${100 * (1 - loading)}%`;
  at("shares").textContent = `waiting for pictures ${percent(loading, 0)}, computing ${percent(1 - loading, 0)}`;
  at("remedy").hidden = loading < 0.5;
  at("remedy").textContent =
    "Loading is slower than computing: more -threads, -cache ram, -augment device on a GPU, or smaller pictures on the disk.";
}

function parts(now) {
  const total = Object.values(now.parts).reduce((sum, value) => sum + (value || 0), 0);
  at("parts").replaceChildren(...Object.entries(now.parts).map(([name, value], i) => {
    const meter = make("div", undefined, "meter"), bar = make("div"), cell = make("td", undefined, "bar");
    bar.style.width = `${total > 0 ? (100 * (value || 0)) / total : 0}%`;
    bar.style.background = `var(--p${i % 5})`;
    meter.append(bar);
    cell.append(meter);
    return row([name, cell, short(value)]);
  }));
}

function texts() {
  const list = (id, lines) => {
    const box = at(id), below = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
    box.replaceChildren(...lines.map((line) => make("li", line)));
    if (below) box.scrollTop = box.scrollHeight;
  };
  if (state.warnings.length) list("warnings", state.warnings);
  else at("warnings").replaceChildren(make("li", "none so far", "quiet"));
  list("lines", state.lines);
  at("facts").replaceChildren(...(state.facts || []).map(row));
}

// ---------------------------------------------------------------- classes and pictures

let shownMeasure = "", shownLooks = "";

// What is measured, in a word: a detector's mAP, a classifier's top-1.
function score() {
  return (state && state.score) || "mAP";
}

// The flag that asks for it.
function asking() {
  return score() === "mAP" ? "-map" : "-topk";
}

async function classes() {
  const mark = `${state.run} ${state.measured_at}`;
  if (!state.measured_at || mark === shownMeasure) return;
  shownMeasure = mark;
  const found = await (await fetch("classes.json")).json();
  const last = found.measured[found.measured.length - 1], before = found.measured.length > 1 ? found.measured[0] : null;
  if (!last) return;
  at("measured").textContent = `iteration ${last.iteration}: ${score()} ${percent(last.map, 2)}` +
    (before ? `, ${percent(before.map, 2)} at ${before.iteration}` : "");
  const head = make("tr");
  for (const word of ["class", "", score() === "mAP" ? "AP" : score(), "TP", "FP", score() === "mAP" ? "objects" : "pictures"]) head.append(make("th", word));
  at("classes").replaceChildren(head, ...last.classes.map((one, k) => {
    const meter = make("div", undefined, "meter"), bar = make("div"), cell = make("td", undefined, "bar");
    bar.style.width = `${100 * (one.ap || 0)}%`;
    meter.append(bar);
    cell.append(meter);
    const ap = make("td", percent(one.ap)), was = before && before.classes[k] ? before.classes[k].ap : null;
    if (known(was) && known(one.ap) && Math.abs(one.ap - was) >= 0.0005)
      ap.append(make("span", one.ap > was ? " ▲" : " ▼", one.ap > was ? "up" : "down"));
    return row([found.classes[k] || String(k), cell, ap, one.tp, one.fp, one.objects]);
  }));
}

function looks() {
  const mark = `${state.run} ${state.looks_at} ${state.looks.length}`;
  if (mark === shownLooks) return;
  shownLooks = mark;
  at("looking").hidden = !state.looks.length;
  at("looked").textContent = `left the objects, right what is found after iteration ${state.looks_at}`;
  at("looks").replaceChildren(...state.looks.map((name, i) => {
    const figure = make("figure"), pair = make("div");
    for (const side of ["truth", "found"]) {
      const image = make("img");
      image.alt = `${side === "truth" ? "objects of" : "found in"} ${name}`;
      image.src = `look/${i}/${side}?v=${state.run}-${state.looks_at}`;
      pair.append(image);
    }
    figure.append(pair, make("figcaption", name));
    return figure;
  }));
}

// ---------------------------------------------------------------- chart

const canvas = at("chart"), room = { left: 54, right: 46, top: 10, bottom: 26 };

function names(prefix) {
  return curves ? Object.keys(curves).filter((name) => name.startsWith(prefix)) : [];
}

function legend() {
  const entry = (colour, text) => {
    const span = make("span"), key = make("i");
    key.style.background = `var(--${colour})`;
    span.append(key, text);
    return span;
  };
  const found = [entry("loss", "average loss; band: single iterations")];
  if (maps.at.length) found.push(entry("map", `${score()}, right`));
  names("part ").forEach((name, i) => found.push(entry(`p${i % 5}`, name.slice(5))));
  found.push(entry("rate", "learning rate"));
  at("legend").replaceChildren(...found);
}

function scale(values, logarithmic) {
  const good = values.filter((v) => known(v) && (!logarithmic || v > 0));
  if (!good.length) return null;
  let low = Math.min(...good), high = Math.max(...good);
  if (logarithmic && high / low < 6) logarithmic = false;
  if (!logarithmic) low = Math.min(0, low);
  if (high <= low) high = low + (Math.abs(low) || 1);
  const f = logarithmic ? Math.log10 : (v) => v;
  const [a, b] = logarithmic ? [f(low) - 0.05, f(high) + 0.05] : [low, high * 1.05];
  return { share: (v) => (f(logarithmic ? Math.max(v, 1e-30) : v) - a) / (b - a), a, b, logarithmic };
}

function ticks(s, count) {
  if (s.logarithmic) {
    const found = [];
    const wide = s.b - s.a > (count < 3 ? 1.2 : 3.2);
    for (let decade = Math.floor(s.a); decade <= Math.ceil(s.b); decade++)
      for (const times of wide ? [1] : [1, 2, 5]) found.push(times * 10 ** decade);
    return found.filter((v) => Math.log10(v) >= s.a && Math.log10(v) <= s.b);
  }
  const rough = (s.b - s.a) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough);
  const found = [];
  for (let k = Math.ceil(s.a / step); k * step <= s.b; k++) found.push(k * step);
  return found;
}

function layout() {
  const width = canvas.clientWidth, height = canvas.clientHeight, inner = height - room.top - room.bottom;
  const shares = names("part ").length ? [0.6, 0.24, 0.16] : [0.8, 0, 0.2], gap = 12;
  let y = room.top;
  const panels = shares.map((share) => {
    const panel = { y, h: Math.max(0, share * (inner - 2 * gap)) };
    y += panel.h + (share ? gap : 0);
    return panel;
  });
  return { width, height, panels, left: room.left, right: width - room.right };
}

function reach() {
  const all = curves.iteration, first = all.length ? all[0] : 0, last = all.length ? all[all.length - 1] : 1;
  return span || [Math.min(first, 1), Math.max(last, first + 1)];
}

function draw() {
  const ratio = window.devicePixelRatio || 1, page = layout();
  canvas.width = Math.round(page.width * ratio);
  canvas.height = Math.round(page.height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  if (!curves || !curves.iteration.length) {
    pen.fillStyle = ink("quiet");
    pen.fillText("no iteration yet", page.left, 40);
    return;
  }
  const [first, last] = reach(), x = (i) => page.left + ((i - first) / (last - first)) * (page.right - page.left);
  const context = { pen, page, x, first, last };
  const inside = curves.iteration.map((i) => i >= first && i <= last);
  const of = (name) => (curves[name] || []).filter((_, k) => inside[k]);
  losses(context, of);
  panel(context, page.panels[1], names("part "), (i) => `p${i % 5}`, true);
  panel(context, page.panels[2], ["rate"], () => "rate", false);
  pen.fillStyle = ink("quiet");
  pen.textAlign = "center";
  const spots = ticks({ a: first, b: last }, Math.max(2, page.width / 130)).filter((i) => Number.isInteger(i));
  for (const i of spots) pen.fillText(i.toLocaleString("en"), x(i), page.height - 8);
  if (drag && drag.zooms) {
    pen.fillStyle = ink("loss");
    pen.globalAlpha = 0.15;
    pen.fillRect(Math.min(drag.from, drag.to), room.top, Math.abs(drag.to - drag.from), page.height - room.top - room.bottom);
    pen.globalAlpha = 1;
  } else if (pointer !== null) cross(context);
}

function frame({ pen, page }, panel, s, count, colour) {
  pen.lineWidth = 1;
  pen.textAlign = "right";
  for (const v of ticks(s, count)) {
    const y = panel.y + panel.h * (1 - s.share(v));
    pen.strokeStyle = ink("edge");
    pen.beginPath();
    pen.moveTo(page.left, y);
    pen.lineTo(page.right, y);
    pen.stroke();
    pen.fillStyle = ink(colour);
    pen.fillText(short(v, 3), page.left - 6, y + 4);
  }
}

function line({ pen, x }, panel, s, xs, ys, colour, width = 1.6) {
  pen.save();
  pen.beginPath();
  pen.rect(room.left - 1, panel.y - 3, layout().right - room.left + 2, panel.h + 6);
  pen.clip();
  pen.strokeStyle = ink(colour);
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.beginPath();
  let begun = false;
  ys.forEach((v, k) => {
    if (!known(v)) return;
    const y = panel.y + panel.h * (1 - s.share(v));
    if (begun) pen.lineTo(x(xs[k]), y);
    else pen.moveTo(x(xs[k]), y);
    begun = true;
  });
  pen.stroke();
  pen.restore();
}

function losses(context, of) {
  const { pen, page, x, first, last } = context, panel = page.panels[0];
  const averages = of("average").filter(known).sort((a, b) => a - b);
  if (!averages.length) return;
  // A tall beginning must not flatten the rest.
  const tall = averages[Math.floor(0.93 * (averages.length - 1))] * 1.4;
  const single = of(curves["loss low"] ? "loss low" : "loss").filter(known).sort((a, b) => a - b);
  const least = Math.min(averages[0], single[Math.floor(0.03 * single.length)]);
  const s = scale([least, Math.max(tall, averages[0] * 1.2)], least > 0 && tall / least > 8);
  frame(context, panel, s, 6, "loss");
  const low = curves["loss low"] || curves.loss, high = curves["loss high"] || curves.loss;
  pen.save();
  pen.beginPath();
  pen.rect(page.left, panel.y, page.right - page.left, panel.h);
  pen.clip();
  pen.globalAlpha = 0.22;
  pen.strokeStyle = pen.fillStyle = ink("loss");
  const y = (v) => panel.y + panel.h * (1 - Math.max(-0.5, Math.min(1.5, s.share(v))));
  pen.beginPath();
  if (low === high) {
    curves.iteration.forEach((i, k) => { if (known(low[k])) pen.lineTo(x(i), y(low[k])); });
    pen.stroke();
  } else {
    curves.iteration.forEach((i, k) => { if (known(high[k])) pen.lineTo(x(i), y(high[k])); });
    for (let k = low.length - 1; k >= 0; k--) if (known(low[k])) pen.lineTo(x(curves.iteration[k]), y(low[k]));
    pen.fill();
  }
  pen.restore();
  line(context, panel, s, curves.iteration, curves.average, "loss", 2.2);
  precision(context, panel, first, last);
}

function precision(context, panel, first, last) {
  const { pen, page, x } = context, shown = maps.at.map((_, k) => k).filter((k) => maps.at[k] >= first && maps.at[k] <= last);
  if (!shown.length) return;
  const s = { share: (v) => v, a: 0, b: 1 };
  pen.fillStyle = ink("map");
  pen.textAlign = "left";
  for (let k = 0; k <= 5; k++) pen.fillText(`${20 * k} %`, page.right + 6, panel.y + panel.h * (1 - k / 5) + 4);
  line(context, panel, s, maps.at, maps.map, "map", 1.8);
  let best = shown[0];
  for (const k of shown) {
    if (maps.map[k] > maps.map[best]) best = k;
    if (shown.length > 60) continue;
    pen.beginPath();
    pen.arc(x(maps.at[k]), panel.y + panel.h * (1 - maps.map[k]), 3, 0, 7);
    pen.fill();
  }
  const px = x(maps.at[best]), py = panel.y + panel.h * (1 - maps.map[best]);
  pen.font = "bold 12px system-ui, 'DejaVu Sans', sans-serif";
  pen.textAlign = px > (page.left + page.right) / 2 ? "right" : "left";
  pen.fillText(`★ best ${percent(maps.map[best])}`, px, py < panel.y + 24 ? py + 18 : py - 8);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
}

function panel(context, place, wanted, colour, logarithmic) {
  if (!place.h || !wanted.length) return;
  const { first, last } = context, values = [];
  for (const name of wanted)
    curves[name].forEach((v, k) => { if (known(v) && curves.iteration[k] >= first && curves.iteration[k] <= last) values.push(v); });
  const positive = values.filter((v) => v > 0), most = Math.max(...positive);
  const s = scale(logarithmic ? positive.map((v) => Math.max(v, most / 1e5)) : values, logarithmic);
  if (!s) return;
  frame(context, place, s, 2, "quiet");
  wanted.forEach((name, i) => line(context, place, s, curves.iteration, curves[name], colour(i)));
}

function cross({ pen, page, first, last }) {
  const tip = at("tip"), all = curves.iteration;
  if (pointer < page.left || pointer > page.right || !all.length) { tip.hidden = true; return; }
  const wanted = first + ((pointer - page.left) / (page.right - page.left)) * (last - first);
  let k = 0;
  for (let i = 1; i < all.length; i++) if (Math.abs(all[i] - wanted) < Math.abs(all[k] - wanted)) k = i;
  pen.strokeStyle = ink("quiet");
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(pointer, room.top);
  pen.lineTo(pointer, page.height - room.bottom);
  pen.stroke();
  pen.setLineDash([]);
  const lines = [`iteration ${Math.round(all[k]).toLocaleString("en")}`, `average loss ${short(curves.average[k])}`, `loss ${short(curves.loss[k])}`];
  for (const name of names("part ")) lines.push(`${name.slice(5)} ${short(curves[name][k])}`);
  lines.push(`rate ${short(curves.rate[k], 3)}`);
  if (maps.at.length) {
    let m = 0;
    maps.at.forEach((i, n) => { if (Math.abs(i - all[k]) < Math.abs(maps.at[m] - all[k])) m = n; });
    lines.push(`${score()} ${percent(maps.map[m], 2)} at ${maps.at[m]}`);
  }
  tip.replaceChildren(...lines.map((text) => make("div", text)));
  tip.hidden = false;
  const right = pointer > page.width / 2;
  tip.style.left = right ? "auto" : `${pointer + 12}px`;
  tip.style.right = right ? `${page.width - pointer + 12}px` : "auto";
  tip.style.top = "14px";
}

// ---------------------------------------------------------------- closer and wider

function show(first, last) {
  const all = curves.iteration, end = all[all.length - 1];
  const most = curves.whole || [all[0], end];
  const wide = Math.max(last - first, 10);
  first = Math.max(most[0], Math.min(first, most[1] - 10));
  last = Math.min(most[1], first + wide);
  span = last - first >= (most[1] - most[0]) * 0.98 ? null : [Math.floor(first), Math.ceil(last)];
  draw();
  later();
}
function zoom(factor, px) {
  const page = layout(), [first, last] = reach();
  const middle = first + ((px - page.left) / (page.right - page.left)) * (last - first);
  show(middle - (middle - first) * factor, middle + (last - middle) * factor);
}
let timer = 0;
function later() { clearTimeout(timer); timer = setTimeout(() => fetchCurves(true), 250); }

canvas.addEventListener("wheel", (event) => {
  if (!curves || !curves.iteration.length) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 0.8 : 1.25, event.offsetX);
}, { passive: false });
const fingers = new Map();
canvas.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event.offsetX);
  if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
  drag = fingers.size === 1 ? { from: event.offsetX, to: event.offsetX, zooms: false, touch: event.pointerType !== "mouse" } : null;
});
canvas.addEventListener("pointermove", (event) => {
  pointer = event.offsetX;
  if (fingers.has(event.pointerId) && fingers.size === 2) {
    const before = [...fingers.values()], wide = Math.abs(before[0] - before[1]);
    fingers.set(event.pointerId, event.offsetX);
    const now = [...fingers.values()], wider = Math.abs(now[0] - now[1]);
    if (wide > 5 && wider > 5 && curves) zoom(wide / wider, (now[0] + now[1]) / 2);
    return;
  }
  if (drag && !drag.touch) {
    drag.to = event.offsetX;
    drag.zooms = Math.abs(drag.to - drag.from) > 6;
  }
  draw();
});
function lift(event) {
  fingers.delete(event.pointerId);
  if (drag && drag.zooms && curves) {
    const page = layout(), [first, last] = reach();
    const back = (px) => first + ((Math.min(page.right, Math.max(page.left, px)) - page.left) / (page.right - page.left)) * (last - first);
    const [a, b] = [back(drag.from), back(drag.to)].sort((p, q) => p - q);
    drag = null;
    show(a, b);
  }
  drag = null;
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => { pointer = null; at("tip").hidden = true; if (!drag) draw(); });
const everything = () => { span = null; fetchCurves(true); };
canvas.addEventListener("dblclick", everything);
at("all").addEventListener("click", everything);
at("half").addEventListener("click", () => {
  if (!curves || !curves.iteration.length) return;
  const [, last] = curves.whole || reach();
  show(last / 2, last);
});
at("closer").addEventListener("click", () => curves && zoom(0.6, layout().right));
at("wider").addEventListener("click", () => curves && zoom(1.7, layout().right));
new ResizeObserver(draw).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// ---------------------------------------------------------------- news

let fetched = { run: "", iteration: -1, when: 0 }, fetching = false;

async function fetchCurves(now = false) {
  const iteration = state && state.now_at ? state.now_at.iteration : 0;
  const fresh = state && fetched.run === state.run && fetched.iteration === iteration;
  if (fetching || (!now && (fresh || Date.now() - fetched.when < 4000))) return;
  fetching = true;
  try {
    const query = span ? `?from=${span[0]}&to=${span[1]}` : "";
    const found = await (await fetch(`curves.json${query}`)).json();
    curves = found.curves;
    curves.whole = found.whole;
    maps = found.maps;
    fetched = { run: found.run, iteration, when: Date.now() };
    legend();
    draw();
  } catch { /* the next news tries again */ } finally { fetching = false; }
}

function hear(text) {
  const before = state;
  state = JSON.parse(text);
  lost = false;
  if (before && before.run !== state.run) { span = null; shownMeasure = shownLooks = ""; }
  status();
  numbers();
  texts();
  looks();
  classes().catch(() => { shownMeasure = ""; });
  fetchCurves(!before || before.run !== state.run || state.ended !== null);
}

function listen() {
  const source = new EventSource("events");
  source.onmessage = (event) => hear(event.data);
  source.onerror = () => {
    lost = !(state && state.ended !== null);
    if (state) status(); else at("status").textContent = "no answer";
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
}
listen();
