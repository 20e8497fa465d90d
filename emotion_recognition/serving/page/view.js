// What is seen: the picture with boxes, bars for each face, the timeline.

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
const USUAL = "#bebebe";

// Of the timeline.
const SHOWN_SECONDS = 60;

/** Draws a picture and its faces into a canvas. */
export function drawPicture(canvas, source, result, colours) {
  if (canvas.width !== result.width || canvas.height !== result.height) {
    canvas.width = result.width;
    canvas.height = result.height;
  }
  const pen = canvas.getContext("2d");
  if (source) pen.drawImage(source, 0, 0, result.width, result.height);
  else pen.clearRect(0, 0, result.width, result.height);
  const size = Math.max(14, Math.round(Math.max(result.width, result.height) / 50));
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = "top";
  result.faces.forEach((face, index) => {
    const [x, y, width, height] = face.box;
    const colour = colours[face.emotion] ?? USUAL;
    pen.lineWidth = Math.max(2, size / 6);
    pen.strokeStyle = colour;
    pen.strokeRect(x, y, width, height);
    const who = numberOf(index, result.faces);
    const text = `${who && `${who}: `}${face.emotion} ${PERCENT.format(face.probabilities[face.emotion])}`;
    const textWidth = pen.measureText(text).width + size / 2;
    const left = Math.max(0, Math.min(x - pen.lineWidth / 2, result.width - textWidth));
    const top = y - size * 1.4 < 0 ? y : y - size * 1.4;
    pen.fillStyle = colour;
    pen.fillRect(left, top, textWidth, size * 1.4);
    pen.fillStyle = readable(colour);
    pen.fillText(text, left + size / 4, top + size * 0.2);
  });
  canvas.setAttribute("aria-label", `The picture. ${sentence(result)}`);
}

/** What picture and list call a face: its identity, or its place in the list where none has one and there are several. */
function numberOf(index, faces) {
  if (faces.some(({ identity }) => identity !== null)) return faces[index].identity ?? "?";
  return faces.length > 1 ? index + 1 : "";
}

/** A result in words. */
export function sentence({ faces }) {
  if (!faces.length) return "No face was found.";
  const said = faces.map((face) => `${face.emotion}, ${PERCENT.format(face.probabilities[face.emotion])}`);
  return `${faces.length} ${faces.length === 1 ? "face" : "faces"}: ${said.join("; ")}.`;
}

/** Lists the faces with all probabilities as bars. Elements are kept where they can be: a stream changes them often. */
export function listFaces(list, faces, colours) {
  while (list.children.length > faces.length) list.lastChild.remove();
  faces.forEach((face, index) => {
    const names = Object.keys(face.probabilities);
    let entry = list.children[index];
    if (entry?.dataset.names !== names.join()) {
      const fresh = faceEntry(names, colours);
      if (entry) entry.replaceWith(fresh);
      else list.append(fresh);
      entry = fresh;
    }
    entry.querySelector("h3").textContent = `Face ${numberOf(index, faces) || 1}: ${face.emotion}`;
    names.forEach((name, place) => {
      const share = face.probabilities[name];
      entry.querySelectorAll(".track span")[place].style.width = `${100 * share}%`;
      entry.querySelectorAll(".share")[place].textContent = PERCENT.format(share);
    });
  });
}

function faceEntry(names, colours) {
  const entry = document.createElement("li");
  entry.dataset.names = names.join();
  const bars = document.createElement("dl");
  bars.className = "bars";
  for (const name of names) {
    const [term, track, share] = ["dt", "dd", "dd"].map((kind) => document.createElement(kind));
    term.textContent = name;
    track.className = "track";
    track.setAttribute("aria-hidden", "true");
    const bar = document.createElement("span");
    bar.style.background = colours[name] ?? USUAL;
    track.append(bar);
    share.className = "share";
    bars.append(term, track, share);
  }
  entry.append(document.createElement("h3"), bars);
  return entry;
}

/** Black or white, whichever is read more easily on a colour. */
function readable(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? "#000" : "#fff";
}

/** What each face showed: a row for each face of the last minute, and in words what was seen longest since the start. */
export class Timeline {
  #frames = []; // of the last minute, {time, faces}
  #shown = new Map(); // seconds for each face and emotion

  constructor(canvas, text, colours) {
    Object.assign(this, { canvas, text, colours });
    text.textContent = "";
  }

  /** Takes the next frame and draws. */
  add({ time, faces }) {
    const before = this.#frames.at(-1);
    for (const face of before?.faces ?? []) {
      const key = `${face.identity} ${face.emotion}`;
      this.#shown.set(key, (this.#shown.get(key) ?? 0) + time - before.time);
    }
    // A face that is too new to have an identity has no row.
    this.#frames.push({ time, faces: faces.filter((face) => face.identity !== null) });
    while (this.#frames[0].time < time - SHOWN_SECONDS) this.#frames.shift();
    this.#draw(time);
    this.text.textContent = [...this.#shown]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 6)
      .map(([key, seconds]) => `face ${key}: ${seconds.toFixed(1)} s`)
      .join("; ");
  }

  #draw(end) {
    const { canvas, colours } = this;
    const rows = [...new Set(this.#frames.flatMap(({ faces }) => faces.map((face) => face.identity)))].sort((a, b) => a - b);
    const start = Math.max(0, end - SHOWN_SECONDS);
    const [height, axis] = [22, 18];
    canvas.width = Math.max(200, canvas.clientWidth || 600);
    canvas.height = Math.max(1, rows.length) * height + axis;
    const pen = canvas.getContext("2d");
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const left = 24;
    const at = (time) => left + ((canvas.width - left) * (time - start)) / Math.max(1, end - start);
    this.#frames.forEach(({ time, faces }, index) => {
      const until = this.#frames[index + 1]?.time ?? time;
      for (const face of faces) {
        pen.fillStyle = colours[face.emotion] ?? USUAL;
        pen.fillRect(at(time), rows.indexOf(face.identity) * height + 2, Math.max(1, at(until) - at(time)), height - 4);
      }
    });
    pen.fillStyle = getComputedStyle(canvas).color;
    rows.forEach((row, index) => pen.fillText(String(row), 4, (index + 0.5) * height));
    const below = canvas.height - axis / 2;
    pen.fillText(`${start.toFixed(0)} s`, left, below);
    pen.textAlign = "right";
    pen.fillText(`${Math.max(start + 1, end).toFixed(0)} s`, canvas.width, below);
  }
}
