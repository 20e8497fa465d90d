// The page: wires what a person does to detection, by the server or on this device, and to what is shown.

import { Camera } from "./camera.js";
import { Device, Follower, canDetectHere } from "./device.js";
import { asCsv, asJson, save } from "./downloads.js";
import { Server, Told } from "./server.js";
import { drawPicture, drawTimeline, listFaces, sentence } from "./view.js";

const PRIVACY = {
  server: "Pictures are sent to the server, looked at in its memory and forgotten. They are neither stored nor logged.",
  device: "Pictures stay in this browser. The networks are loaded once, about 23 MB.",
};
const KEPT_FRAMES = 36_000;

const $ = (id) => document.getElementById(id);
const server = new Server();
const device = new Device();
const camera = new Camera($("video"));

let about = null; // what the server says of itself
let results = []; // what the downloads hold
let colours = {};
let run = 0; // counts what was begun: an older answer is not shown any more

const place = () => document.querySelector("input[name=place]:checked")?.value ?? "none";

function say(text) {
  $("status").textContent = text;
}

function fail(error) {
  $("progress").hidden = true;
  say("");
  $("error").textContent =
    error instanceof Told ? error.message : `Something went wrong (${error.message}). Reload the page and try again.`;
  $("error").hidden = false;
  if (error.key) $("key-field").hidden = false;
}

function begin(text) {
  $("error").hidden = true;
  say(text);
  return ++run;
}

async function setUp() {
  const [answer, here] = await Promise.all([server.about(), canDetectHere()]);
  about = answer && answer !== "key" ? answer : null;
  $("key-field").hidden = answer !== "key";
  const there = answer !== null;
  for (const input of document.querySelectorAll("input[name=place]")) {
    input.disabled = input.value === "server" ? !there : !here;
  }
  $("server-note").textContent = there ? "" : "(there is none here)";
  $("device-note").textContent = here ? "" : "(not installed with this server: make site brings it)";
  const best = there ? "server" : here ? "device" : null;
  if (best && place() === "none") document.querySelector(`input[value=${best}]`).checked = true;
  placeChanged();
  if (!best) fail(new Told("Neither a server nor detection on this device is here. Is the server running? Reload then."));
  document.body.dataset.ready = "true";
}

function placeChanged() {
  $("privacy").textContent = PRIVACY[place()] ?? "";
  $("consent-text").textContent =
    place() === "device"
      ? "The camera's pictures stay in this browser: nothing is sent."
      : "The camera's pictures are sent to the server a few times a second, looked at in its memory and forgotten.";
}

async function coloursNow() {
  colours = place() === "device" ? (await device.about()).colours : (about?.colours ?? colours);
}

async function showPicture(blob, name) {
  stopCamera();
  const mine = begin("Looking …");
  $("timeline-part").hidden = true;
  try {
    if (blob.type && !blob.type.startsWith("image/")) throw new Told("This is no picture. Choose a JPEG, PNG or WebP.");
    if (place() === "none") throw new Told("There is nothing to detect with. Is the server running? Reload the page.");
    const bitmap = await createImageBitmap(blob).catch(() => null);
    let result;
    if (place() === "device") {
      if (!bitmap) throw new Told("This browser cannot read the picture. Choose a JPEG, PNG or WebP.");
      result = { file: name, frame: null, time: null, ...(await device.detect(bitmap, bitmap.width, bitmap.height)) };
    } else {
      if (about && blob.size > about.limits.bytes) {
        throw new Told(`The picture is larger than ${about.limits.bytes / 1e6} MB. Choose a smaller one.`);
      }
      $("progress").value = 0;
      $("progress").hidden = false;
      result = await server.detect(blob, name, (share) => ($("progress").value = share));
      $("progress").hidden = true;
    }
    await coloursNow();
    if (mine !== run) return;
    results = [result];
    $("result").hidden = false;
    drawPicture($("picture"), bitmap, result, colours);
    listFaces($("faces"), result.faces, colours);
    say(sentence(result));
    await recommend(result);
  } catch (error) {
    if (mine === run) fail(error);
  }
}

async function recommend({ faces }) {
  const largest = [...faces].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])[0];
  $("recommendations").hidden = true;
  // Probabilities alone are sent, and only to a server that pictures may be sent to.
  if (!about?.recommendations || !largest || place() !== "server") return;
  const total = Object.values(largest.probabilities).reduce((a, b) => a + b);
  const moods = Object.entries(largest.probabilities).map(([name, value]) => [name, Math.min(1, value / total)]);
  const ranking = await server.post("v1/recommend", { probabilities: Object.fromEntries(moods), count: 3 });
  $("items").replaceChildren(
    ...ranking.items.map((item) => {
      const entry = document.createElement("li");
      const take = document.createElement("button");
      take.type = "button";
      take.textContent = "Take it";
      take.setAttribute("aria-label", `Take it: ${item.title}`);
      take.onclick = async () => {
        take.disabled = true;
        try {
          await server.post("v1/feedback", { recommendation: ranking.recommendation, item: item.id });
          say(`Noted: ${item.title}.`);
        } catch (error) {
          fail(error);
        }
      };
      entry.append(item.title, take);
      return entry;
    }),
  );
  $("recommendations").hidden = false;
}

async function startCamera() {
  const mine = begin("Starting the camera …");
  try {
    if (place() === "device") await device.open();
    await camera.start();
    await coloursNow();
  } catch (error) {
    camera.stop();
    fail(error);
    return;
  }
  results = [];
  $("result").hidden = $("timeline-part").hidden = $("stop").hidden = $("shot").hidden = false;
  $("camera").hidden = $("recommendations").hidden = true;
  $("stop").focus();
  say("The camera is on.");
  const stream = place() === "server" ? server.stream() : null;
  const follower = new Follower();
  const start = performance.now();
  let told = "";
  try {
    while (camera.isOn && mine === run) {
      const frame = camera.frame();
      const time = (performance.now() - start) / 1000;
      const result = stream
        ? await stream.look(await frame.convertToBlob({ type: "image/jpeg", quality: 0.85 }))
        : { file: "camera", frame: results.length, time, ...(await device.detect(frame, frame.width, frame.height)) };
      if (!camera.isOn || mine !== run) break;
      if (result.error) throw new Told(result.error);
      if (result.skipped) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        continue;
      }
      if (!stream) follower.update(result.faces, time);
      results.push({ ...result, file: "camera" });
      if (results.length > KEPT_FRAMES) results.shift();
      drawPicture($("picture"), frame, result, colours);
      listFaces($("faces"), result.faces, colours);
      drawTimeline($("timeline"), $("timeline-text"), results, colours);
      // A screen reader hears what changes, not every frame.
      const now = result.faces.map((face) => `${face.identity ?? ""} ${face.emotion}`).join();
      if (now !== told) say(sentence(result));
      told = now;
      await new Promise(requestAnimationFrame);
    }
  } catch (error) {
    stopCamera();
    fail(error);
  } finally {
    stream?.close();
  }
}

function stopCamera() {
  if (!camera.isOn) return;
  camera.stop();
  run++;
  $("stop").hidden = $("shot").hidden = true;
  $("camera").hidden = false;
  $("camera").focus();
  say("The camera is off.");
}

async function keepFrame() {
  const blob = await camera.frame().convertToBlob({ type: "image/jpeg", quality: 0.95 });
  await showPicture(blob, "camera.jpg");
}

function names() {
  return Object.keys(results.find(({ faces }) => faces.length)?.faces[0].probabilities ?? {});
}

$("file").onchange = ({ target }) => {
  const [file] = target.files;
  if (file) showPicture(file, file.name);
  target.value = ""; // the same file may be chosen again
};
$("sample").onclick = async () => {
  try {
    showPicture(await (await fetch("sample.jpg")).blob(), "sample.jpg");
  } catch {
    fail(new Told("The sample cannot be loaded: the server cannot be reached. Check the connection and try again."));
  }
};
$("camera").onclick = () => {
  $("error").hidden = true;
  $("consent").showModal();
};
$("agree").onclick = () => {
  $("consent").close();
  startCamera();
};
$("refuse").onclick = () => {
  $("consent").close();
  say("The camera stays off. You can choose a picture instead.");
};
$("stop").onclick = stopCamera;
$("shot").onclick = keepFrame;
$("json").onclick = () => {
  const model = { models: about?.models ?? [], detector: about?.detector ?? "on the device", class_names: names() };
  save(asJson(results, model), "faces.json", "application/json");
};
$("csv").onclick = () => save(asCsv(results, names()), "faces.csv", "text/csv");
$("key").onchange = ({ target }) => {
  server.key = target.value;
  setUp();
};
for (const input of document.querySelectorAll("input[name=place]")) {
  input.onchange = () => {
    stopCamera();
    $("recommendations").hidden = true;
    placeChanged();
  };
}
document.addEventListener("paste", ({ clipboardData }) => {
  const [file] = clipboardData?.files ?? [];
  if (file) showPicture(file, file.name);
});
const drop = $("drop");
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) showPicture(file, file.name);
  else fail(new Told("Nothing that was dropped is a picture file. Drop a JPEG, PNG or WebP."));
});
window.addEventListener("pagehide", stopCamera);
setUp();
