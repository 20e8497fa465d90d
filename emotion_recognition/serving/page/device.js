// Detection in this browser: loads ONNX Runtime and the networks once, when they are first needed.

import { openDetector, overlap } from "./on-device.js";
import { fromCanvas } from "./pixels.js";
import { Told } from "./server.js";

const LARGEST = 4096;

const PRELOAD = { rel: "preload", as: "fetch", type: "application/wasm", crossOrigin: "anonymous" };

/** What detection in this browser lacks, in words; empty where nothing is missing. */
export async function missingHere() {
  if (typeof WebAssembly !== "object") return "(this browser cannot)";
  const files = ["device/device.json", "ort/ort.wasm.bundle.min.mjs"];
  const there = files.map((file) => fetch(file).then((answer) => answer.ok, () => false));
  const [networks, runtime] = await Promise.all(there);
  if (!networks) return "(the server's models do not run in a browser)";
  return runtime ? "" : "(not installed with this server: make site brings it)";
}

export class Device {
  #opened = null;
  #version = "";
  #isLoaded = false;

  open() {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = null;
      throw new Told(`Detection on this device cannot start (${error.message}). Reload the page, or use the server.`);
    });
    return this.#opened;
  }

  async #open() {
    const opened = await openDetector(this.#runtime(), async (name) => {
      const answer = await fetch(`device/${name}`);
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      return answer.arrayBuffer();
    });
    this.#isLoaded = true;
    return opened;
  }

  async #runtime() {
    const wasm = new URL("ort/ort-wasm-simd-threaded.wasm", location.href).href;
    // It would be asked for only when the script that runs it is there.
    document.head.append(Object.assign(document.createElement("link"), PRELOAD, { href: wasm }));
    const ort = await import("./ort/ort.wasm.bundle.min.mjs");
    ort.env.wasm.numThreads = 1;
    this.#version = ort.env.versions.web;
    // The script that belongs to it is in the bundle.
    ort.env.wasm.wasmPaths = { wasm };
    return ort;
  }

  /** Whether what is needed has been loaded. */
  get isLoaded() {
    return this.#isLoaded;
  }

  /** What is on a bitmap, a video's frame or a canvas of that size. */
  async detect(source, width, height) {
    const { detect } = await this.open();
    const scale = Math.min(1, LARGEST / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = "#fff"; // what is transparent
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    const found = await detect(fromCanvas(pen.getImageData(0, 0, canvas.width, canvas.height)));
    for (const face of found.faces) {
      face.box = face.box.map((value) => Math.round(value / scale));
      face.landmarks &&= face.landmarks.map((point) => point.map((value) => value / scale));
    }
    return { ...found, width, height };
  }

  /** What it detects with, as the server says it. */
  async about() {
    const { classifier, detector, colours } = (await this.open()).about;
    return {
      models: [classifier.name],
      detector: `SSD at ${detector.size} pixels`,
      runtime: `ONNX Runtime Web ${this.#version}`,
      class_names: classifier.class_names,
      colours,
    };
  }
}

/** Gives faces identities from frame to frame, and smooths what they show, as the server does in a stream. */
export class Follower {
  #last = new Map();
  #count = 0;
  #frame = 0;

  constructor(seconds = 0.5, lowest = 0.2, patience = 15) {
    Object.assign(this, { seconds, lowest, patience });
  }

  update(faces, time) {
    this.#frame++;
    for (const [who, { frame }] of this.#last) if (this.#frame - frame > this.patience) this.#last.delete(who);
    const pairs = faces.flatMap((face) => [...this.#last].map(([who, seen]) => [overlap(face.box, seen.box), face, who]));
    const taken = new Set();
    for (const [share, face, who] of pairs.sort((a, b) => b[0] - a[0])) {
      if (share < this.lowest || face.identity !== null || taken.has(who)) continue;
      face.identity = who;
      taken.add(who);
      const before = this.#last.get(who);
      const kept = Math.exp(-Math.max(0, time - before.time) / this.seconds);
      for (const name of Object.keys(face.probabilities)) {
        face.probabilities[name] = kept * before.probabilities[name] + (1 - kept) * face.probabilities[name];
      }
      face.emotion = Object.entries(face.probabilities).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    }
    for (const face of faces) {
      face.identity ??= ++this.#count;
      this.#last.set(face.identity, { box: face.box, frame: this.#frame, time, probabilities: face.probabilities });
    }
    return faces;
  }
}
