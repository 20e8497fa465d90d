// Runs the page's detector under Node on images that the test has written as bytes; prints what it finds as JSON.
// node on_device.mjs PAGE ORT FOLDER: the page's files, ONNX Runtime's module, and the folder with files and images.json.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [page, runtime, folder] = process.argv.slice(2);
const ort = await import(pathToFileURL(runtime));
const { openDetector } = await import(pathToFileURL(join(page, "on-device.js")));
const { letterbox, resize, crop, squareView } = await import(pathToFileURL(join(page, "pixels.js")));
ort.env.wasm.numThreads = 1;

const { detect } = await openDetector(ort, (name) => readFile(join(folder, name)));
const images = JSON.parse(await readFile(join(folder, "images.json")));
const results = [];
for (const { file, width, height, squares } of images) {
  const image = { data: new Uint8Array(await readFile(join(folder, file))), width, height, channels: 3 };
  const boxed = letterbox(image, 320, 64);
  results.push({
    ...(await detect(image)),
    letterbox: [boxed.width, boxed.height, ...boxed.back],
    sum: boxed.pixels.reduce((sum, value) => sum + value, 0),
    resized: ["area", "linear", "cubic"].map((kind) => Array.from(resize(image, 48, 48, kind).data.slice(0, 300))),
    crop: Array.from(crop(image, [5, 5, 40, 50], { scale: 1.135, offset_x: 0, offset_y: -0.032 }, 48).slice(0, 300)),
    views: squares.map(({ centre, side }) => Array.from(squareView(image, centre, side, 64))),
  });
}
console.log(JSON.stringify(results));
