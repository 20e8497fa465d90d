// The page: wires what a person does to detection, by the server or on this device, and to what is shown.

import { Camera } from "./camera.js";
import { Device, Follower, missingHere } from "./device.js";
import { asCsv, asJson, save } from "./downloads.js";
import { Server, Told } from "./server.js";
import { Timeline, drawPicture, listFaces, sentence } from "./view.js";

const PRIVACY = {
  server: "Pictures are sent to the server, looked at in its memory and forgotten. They are neither stored nor logged.",
  device: "Pictures stay in this browser. The networks and what runs them are loaded once, about 23 MB.",
};
const BUSY_PAUSE = 1000; // milliseconds until a busy server gets another frame
const KEPT_FRAMES = 36_000;

const $ = (id) => document.getElementById(id);
const server = new Server();
const device = new Device();
const camera = new Camera($("video"));

let about = null; // what the server says of itself
let results = []; // what the downloads hold
let seenBy = {}; // what they were seen with: models, detector, runtime, class_names, colours
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
  if (error.away && !document.querySelector("input[value=device]").disabled) {
    $("error").textContent += " Or choose “On this device” above.";
  }
  $("error").hidden = false;
  $("error").scrollIntoView({ block: "nearest" });
  if (error.key) $("key-field").hidden = false;
}

function begin(text) {
  $("error").hidden = true;
  say(text);
  return ++run;
}

async function setUp() {
  const [answer, missing] = await Promise.all([server.about(), missingHere()]);
  const here = !missing;
  about = answer && answer !== "key" ? answer : null;
  $("key-field").hidden = answer !== "key";
  const there = answer !== null;
  for (const input of document.querySelectorAll("input[name=place]")) {
    input.disabled = input.value === "server" ? !there : !here;
  }
  $("server-note").textContent = there ? "" : "(there is none here)";
  $("device-note").textContent = missing;
  const best = there ? "server" : here ? "device" : null;
  if (best && place() === "none") document.querySelector(`input[value=${best}]`).checked = true;
  placeChanged();
  if (!best) fail(new Told("Neither a server nor detection on this device is here. Is the server running? Reload then."));
  document.body.dataset.ready = "true";
  return answer;
}

function placeChanged() {
  $("privacy").textContent = PRIVACY[place()] ?? "";
  $("consent-text").textContent =
    place() === "device"
      ? "The camera's pictures stay in this browser: nothing is sent."
      : "The camera's pictures are sent to the server a few times a second, looked at in its memory and forgotten.";
}

/** What a place detects with; nothing of it is known where the server did not say. */
async function described(where) {
  return where === "device" ? device.about() : (about ?? { models: [], class_names: [], colours: {} });
}

async function showPicture(blob, name) {
  stopCamera();
  const where = place(); // as it was when the picture was given, whatever is chosen meanwhile
  const mine = begin(where === "device" && !device.isLoaded ? "Loading the networks, then looking …" : "Looking …");
  $("timeline-part").hidden = true;
  let shown = false;
  try {
    if (blob.type && !blob.type.startsWith("image/")) throw new Told("This is no picture. Choose a JPEG, PNG or WebP.");
    checkPlace(where);
    const bitmap = await createImageBitmap(blob).catch(() => null);
    let result;
    if (where === "device") {
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
    const by = await described(where);
    if (mine !== run) return;
    [results, seenBy] = [[result], by];
    $("result").hidden = false;
    const seen = isShown(bitmap, result);
    drawPicture($("picture"), seen ? bitmap : null, result, by.colours);
    listFaces($("faces"), result.faces, by.colours);
    $("picture").scrollIntoView({ block: "nearest" });
    shown = true;
    say(seen ? sentence(result) : `${sentence(result)} This browser cannot show the picture: its frame stays empty.`);
    await recommend(result, where, mine);
  } catch (error) {
    if (mine !== run) return;
    // What is left of another picture would be taken for this one's.
    if (!shown) $("result").hidden = $("recommendations").hidden = true;
    fail(error);
  }
}

/** Whether a browser's bitmap is what the server saw: it may not know the format, or not turn it as the server does. */
function isShown(bitmap, { width, height }) {
  return bitmap !== null && Math.abs(bitmap.width * height - bitmap.height * width) <= Math.max(width, height);
}

async function recommend({ faces }, where, mine) {
  const largest = [...faces].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])[0];
  $("recommendations").hidden = true;
  // Probabilities alone are sent, and only to a server that pictures may be sent to.
  if (!about?.recommendations || !largest || where !== "server") return;
  const total = Object.values(largest.probabilities).reduce((a, b) => a + b);
  const moods = Object.entries(largest.probabilities).map(([name, value]) => [name, Math.min(1, value / total)]);
  const ranking = await server.post("v1/recommend", { probabilities: Object.fromEntries(moods), count: 3 });
  if (mine !== run || where !== place()) return;
  $("items").replaceChildren(
    ...ranking.items.map((item) => {
      const entry = document.createElement("li");
      const take = document.createElement("button");
      take.type = "button";
      take.textContent = "Take it";
      take.setAttribute("aria-label", `Take it: ${item.title}`);
      // It keeps the focus, as one that is disabled would not.
      take.onclick = async () => {
        if (take.getAttribute("aria-disabled") === "true") return;
        take.setAttribute("aria-disabled", "true");
        $("error").hidden = true;
        try {
          await server.post("v1/feedback", { recommendation: ranking.recommendation, item: item.id });
          take.textContent = "Taken";
          take.setAttribute("aria-label", `Taken: ${item.title}`);
          say(`Noted: ${item.title}.`);
        } catch (error) {
          take.removeAttribute("aria-disabled"); // to be tried again
          fail(error);
        }
      };
      entry.append(titled(item), take);
      return entry;
    }),
  );
  $("recommendations").hidden = false;
}

/** An item's title, a link where it has an address; the server lets none pass that is a script. */
function titled({ title, url }) {
  if (!url) return title;
  const link = document.createElement("a");
  link.href = url;
  link.rel = "noopener noreferrer";
  link.textContent = title;
  return link;
}

function checkPlace(where) {
  if (where === "none") throw new Told("There is nothing to detect with. Is the server running? Reload the page.");
}

async function startCamera() {
  const where = place(); // what the person has agreed to
  const mine = begin("Starting the camera …");
  let by;
  try {
    checkPlace(where);
    by = await described(where);
    // The browser asks the person, who may begin something else meanwhile.
    if (!(await camera.start(() => mine === run && where === place()))) {
      if (mine === run) say("The camera stays off.");
      return;
    }
  } catch (error) {
    if (mine !== run) return;
    camera.stop();
    fail(error);
    return;
  }
  [results, seenBy] = [[], by];
  const timeline = new Timeline($("timeline"), $("timeline-text"), by.colours);
  $("result").hidden = $("timeline-part").hidden = $("stop").hidden = $("shot").hidden = false;
  $("camera").hidden = $("recommendations").hidden = true;
  $("stop").focus();
  say("The camera is on.");
  const stream = where === "server" ? server.stream() : null;
  const follower = new Follower();
  const start = performance.now();
  let told = null; // nothing yet; no faces are something
  let looked = 0;
  try {
    while (camera.isOn && mine === run) {
      const frame = camera.frame();
      const time = (performance.now() - start) / 1000;
      const result = stream
        ? await stream.look(await frame.convertToBlob({ type: "image/jpeg", quality: 0.85 }))
        : { file: "camera", frame: looked++, time, ...(await device.detect(frame, frame.width, frame.height)) };
      if (!camera.isOn || mine !== run) break;
      if (result.code === "busy") {
        // One frame less; what was seen before stays.
        say("The server is busy. The camera goes on.");
        told = null;
        await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE));
        continue;
      }
      if (result.error) throw new Told(result.error);
      if (result.skipped) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        continue;
      }
      if (!stream) follower.update(result.faces, time);
      results.push({ ...result, file: "camera" });
      if (results.length > KEPT_FRAMES) results.shift();
      drawPicture($("picture"), frame, result, by.colours);
      if (results.length === 1) $("picture").scrollIntoView({ block: "nearest" });
      listFaces($("faces"), result.faces, by.colours);
      timeline.add(result);
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
  const hadFocus = [$("stop"), $("shot")].includes(document.activeElement);
  $("stop").hidden = $("shot").hidden = true;
  $("camera").hidden = false;
  if (hadFocus) $("camera").focus();
  say("The camera is off.");
}

async function keepFrame() {
  const blob = await camera.frame().convertToBlob({ type: "image/jpeg", quality: 0.95 });
  await showPicture(blob, "camera.jpg");
}

$("file").onchange = ({ target }) => {
  const [file] = target.files;
  if (file) showPicture(file, file.name);
  target.value = ""; // the same file may be chosen again
};
$("sample").onclick = async () => {
  try {
    const answer = await fetch("sample.jpg");
    if (!answer.ok) throw new Error(answer.statusText);
    showPicture(await answer.blob(), "sample.jpg");
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
$("json").onclick = () => save(asJson(results, seenBy), "faces.json", "application/json");
$("csv").onclick = () => save(asCsv(results, seenBy.class_names), "faces.csv", "text/csv");
$("key").onchange = async ({ target }) => {
  server.key = target.value;
  const hadFocus = document.activeElement === target;
  $("error").hidden = true; // and what is looked at meanwhile goes on
  say("Asking the server …");
  const answer = await setUp();
  if (answer === "key") fail(new Told("The server does not know this API key. Check it and enter it again."));
  else if (answer !== null) say("The API key is accepted.");
  if (hadFocus && $("key-field").hidden) $("file").focus();
};
for (const input of document.querySelectorAll("input[name=place]")) {
  input.onchange = () => {
    stopCamera();
    $("recommendations").hidden = true;
    placeChanged();
    // Who has chosen it will need it; what goes wrong is told with the picture.
    if (input.value === "device") device.open().catch(() => {});
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
