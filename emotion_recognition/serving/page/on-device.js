// Detection without a server: the same steps as the library's, on ONNX Runtime. Needs no browser, so that Node can test it.

import {
  WHOLE,
  crop,
  cropSquare,
  letterbox,
  rint,
  squareView,
  surrounded,
  turnedCrop,
  wholeMirrored,
} from "./pixels.js";

const LEAST = 1e-12;

// Nearer to 0 or 1 than this, the score of the detector's first stage says nothing but its rounding.
const CLOSEST = 1e-4;

// No face is e to this power times as large as the box that led to it.
const LARGEST_LOG = 1;

const FIVE = [0, 1, 2, 3, 4];

// How far probabilities of one face may add up to something else than 1.
const SUM_TOLERANCE = 0.02;

/**
 * Boxes (left, top, right, bottom), scores down to one, and five landmarks (x, y) each or null, from the detector's
 * outputs for boxes and for landmarks, fine to coarse; without landmarks the second list is empty.
 */
export function decode(outputs, points, width, height, about, minConfidence) {
  const lowest = Math.log(minConfidence / (1 - minConfidence));
  const stretch = Math.sqrt(about.aspect_ratio);
  const [forCentre, forSize] = about.variances;
  const found = [];
  about.strides.forEach((stride, level) => {
    const said = outputs[level];
    const sizes = about.sizes[level];
    let at = 0;
    for (let row = 0; row < height / stride; row++) {
      for (let column = 0; column < width / stride; column++) {
        for (const size of sizes) {
          if (said[at] >= lowest) {
            const [w, h] = [size * stretch, size / stretch];
            const x = (column + 0.5) * stride + said[at + 1] * forCentre * w;
            const y = (row + 0.5) * stride + said[at + 2] * forCentre * h;
            const halfWidth = (w * Math.exp(said[at + 3] * forSize)) / 2;
            const halfHeight = (h * Math.exp(said[at + 4] * forSize)) / 2;
            const score = 0.5 + 0.5 * Math.tanh(said[at] / 2);
            const corners = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
            const centre = [(column + 0.5) * stride, (row + 0.5) * stride];
            const reach = [forCentre * w, forCentre * h];
            // As many numbers for the landmarks as twice those for the box.
            const place = (point, axis) => centre[axis] + points[level][2 * at + 2 * point + axis] * reach[axis];
            const landmarks = points.length ? FIVE.map((point) => [place(point, 0), place(point, 1)]) : null;
            found.push({ corners, score, landmarks });
          }
          at += 5;
        }
      }
    }
  });
  return found;
}

/**
 * Faces {box, score, landmarks}, highest score first and down to one: boxes cut at the border, each face once, where
 * all boxes that see nearly the same vote on its place and doubt a second face behind it, as boxes.py does it.
 */
export function suppress(found, back, width, height, { max_overlap: maxOverlap, crowding }, lowest) {
  const faces = [];
  for (const { corners, score, landmarks } of found) {
    const [left, top, right, bottom] = corners.map((value, index) => value * back[index % 2]);
    const points = landmarks && landmarks.map(([px, py]) => [px * back[0], py * back[1]]);
    const inside = (left + right) / 2 >= 0 && (left + right) / 2 < width && (top + bottom) / 2 >= 0;
    if (!(inside && (top + bottom) / 2 < height)) continue;
    const [x, x2] = [left, right].map((value) => Math.max(0, Math.min(width, value)));
    const [y, y2] = [top, bottom].map((value) => Math.max(0, Math.min(height, value)));
    const box = boxOf([x, y, x2, y2]);
    if (box[2] > 0 && box[3] > 0) faces.push({ box, cut: [x, y, x2, y2], score, landmarks: points });
  }
  faces.sort((a, b) => b.score - a.score);
  const kept = [];
  const most = Math.max(maxOverlap, crowding.second);
  for (const face of faces) if (kept.every((other) => overlap(face.box, other.box) <= most)) kept.push(face);
  const voted = kept.map((face) => {
    const near = faces.filter(({ box, score }) => overlap(box, face.box) >= crowding.votes && score >= face.score / 2);
    const total = near.reduce((votes, { score }) => votes + score, 0);
    const mean = (valueOf) => near.reduce((votes, voter) => votes + voter.score * valueOf(voter), 0) / total;
    return {
      box: boxOf(face.cut.map((_, side) => mean(({ cut }) => cut[side]))),
      score: Math.min(1, face.score),
      landmarks: face.landmarks && FIVE.map((i) => [0, 1].map((axis) => mean(({ landmarks }) => landmarks[i][axis]))),
    };
  });
  return voted
    .map((face, index) => {
      const overlaps = voted.slice(0, index).map((surer) => overlap(face.box, surer.box));
      return { ...face, score: overlaps.reduce((trust, o) => (o > maxOverlap ? trust * (1 - o) : trust), face.score) };
    })
    .filter(({ score }) => score >= lowest)
    .sort((a, b) => b.score - a.score);
}

const boxOf = (corners) => {
  const [left, top, right, bottom] = corners.map(rint);
  return [left, top, right - left, bottom - top];
};

/** Intersection over union of two boxes. */
export function overlap(a, b) {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

/** The squares, one after the other, that the detector's second stage sees of faces. */
function faceViews(image, faces, { size, context }) {
  const pixels = new Float32Array(faces.length * size * size * 3);
  faces.forEach(({ box: [x, y, width, height] }, index) => {
    const side = context * Math.sqrt(width * height);
    pixels.set(squareView(image, [x + width / 2, y + height / 2], side, size), index * size * size * 3);
  });
  return pixels;
}

/**
 * Faces as both of the detector's stages see them together, each once, highest score first, as refining.py makes them.
 * `said` has fifteen numbers of the second stage for each of the first one's faces.
 */
export function refined(faces, said, width, height, about) {
  const better = faces.map(({ box: [x, y, w, h], score }, index) => {
    const [logit, right, down, logWidth, logHeight, ...points] = said.slice(15 * index, 15 * (index + 1));
    const size = Math.sqrt(w * h);
    const side = about.context * size;
    const [middleX, middleY] = [x + w / 2, y + h / 2];
    const lengthOf = (log) => size * Math.exp(Math.max(-LARGEST_LOG, Math.min(LARGEST_LOG, log)));
    const [newW, newH] = [lengthOf(logWidth), lengthOf(logHeight)];
    const [newX, newY] = [middleX + right * side - newW / 2, middleY + down * side - newH / 2];
    const mixed = (first, second) => first + about.share * (second - first);
    const [left, top] = [mixed(x, newX), mixed(y, newY)];
    const corners = [left, top, left + mixed(w, newW), top + mixed(h, newH)];
    const pointOf = (i) => [middleX + points[2 * i] * side, middleY + points[2 * i + 1] * side];
    const first = Math.max(CLOSEST, Math.min(1 - CLOSEST, score));
    const both = about.first * Math.log(first / (1 - first)) + about.second * logit + about.intercept;
    return {
      box: boxOf(corners.map((value, i) => Math.max(0, Math.min(i % 2 ? height : width, value)))),
      score: 0.5 + 0.5 * Math.tanh(both / 2),
      landmarks: about.landmarks ? FIVE.map(pointOf) : null,
    };
  });
  const kept = [];
  for (const face of better.filter(({ box }) => box[2] > 0 && box[3] > 0).sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => overlap(face.box, other.box) <= about.same_face)) kept.push(face);
  }
  return kept;
}

/**
 * A second look at an image in which nothing is sure enough, as close_up.py takes it: a face from border to border.
 * `seen` is what the first look found, `look(image, size)` looks again; gives the face or none, in a list.
 */
async function lookAgain(image, seen, look, { size, min_confidence: least, close_ups: how }) {
  const { width, height } = image;
  const area = how.least_share * width * height;
  // The first is the surest.
  let face = seen.find(({ box, score }) => score >= how.suspicion && box[2] * box[3] >= area);
  if (!face) return [];
  for (const [share, repeats, shareOfSize] of how.surroundings) {
    const border = rint(share * Math.max(width, height));
    const found = await look(surrounded(image, border, repeats), Math.max(1, rint(shareOfSize * size)));
    const again = found
      .map(({ box, score, landmarks }) => ({
        box: inside(box, border, width, height),
        score,
        landmarks: landmarks && landmarks.map(([x, y]) => [x - border, y - border]),
      }))
      .find(({ box }) => box !== null && overlap(box, face.box) >= how.same_face);
    if (again && again.score > face.score) face = again;
    if (face.score >= least) return [face];
  }
  return [];
}

/** A box of the surrounded image in pixels of the image itself, cut at its border; null outside. */
function inside([x, y, width, height], border, wholeWidth, wholeHeight) {
  const [left, top] = [Math.max(0, x - border), Math.max(0, y - border)];
  const [right, bottom] = [Math.min(wholeWidth, x - border + width), Math.min(wholeHeight, y - border + height)];
  return right > left && bottom > top ? [left, top, right - left, bottom - top] : null;
}

/** How far a face is tilted clockwise, in degrees, as upright.py tells it from its landmarks; 0 for little. */
export function turnOf(landmarks, leastTurn) {
  if (landmarks === null) return 0;
  const [leftEye, rightEye, , leftMouth, rightMouth] = landmarks;
  const down = [0, 1].map((i) => (leftMouth[i] + rightMouth[i] - leftEye[i] - rightEye[i]) / 2);
  const across = [0, 1].map((i) => rightEye[i] - leftEye[i] + rightMouth[i] - leftMouth[i]);
  const roll = (Math.atan2(across[1] - down[0], across[0] + down[1]) * 180) / Math.PI;
  return Math.abs(roll) >= leastTurn ? roll : 0;
}

/** The index of the one face that fills an image, -1 without one, as close_up.py tells it. */
export function faceThatFills(faces, rolls, { width, height }, { framing, nearly_whole: share }) {
  const squares = faces.map(({ box }) => cropSquare(box, framing));
  const large = faces.map((_, index) => index).filter((index) => squares[index][2] >= share * Math.max(width, height));
  if (large.length !== 1 || rolls[large[0]]) return -1;
  const whole = cropSquare([0, 0, width, height], WHOLE);
  return whole.every((value, axis) => value === squares[large[0]][axis]) ? -1 : large[0];
}

/** What two looks at one face come to together: probabilities from their logits' mean. */
export const geometricMean = (first, second) =>
  softmax(first.map((p, i) => (Math.log(Math.max(p, LEAST)) + Math.log(Math.max(second[i], LEAST))) / 2));

/** Probabilities from the classifier's rows of outputs, which are told from their values unless it is stated. */
export function asProbabilities(rows, stated) {
  const values = rows.flat();
  const within = values.every((value) => value >= 0 && value <= 1 + SUM_TOLERANCE);
  const summed = within && rows.every((row) => Math.abs(sum(row) - 1) <= SUM_TOLERANCE);
  const kind = stated === "auto" ? (summed ? "probabilities" : within ? "sigmoid" : "logits") : stated;
  if (kind === "logits") return rows.map(softmax);
  if (kind === "sigmoid") return rows.map((row) => row.map((value) => (sum(row) > 0 ? value / sum(row) : 1 / row.length)));
  return rows;
}

/** The classifier's probabilities without the class prior, calibrated. */
export function calibrate(probabilities, { class_shares: shares, prior_power: power, temperature }) {
  let values = probabilities;
  if (shares && power) values = softmax(values.map((p, i) => Math.log(Math.max(p, LEAST)) - power * Math.log(shares[i])));
  if (temperature !== 1) values = softmax(values.map((p) => Math.log(Math.max(p, LEAST)) / temperature));
  return values;
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const total = sum(powers);
  return powers.map((value) => value / total);
}

const sum = (values) => values.reduce((a, b) => a + b);

// The networks are exported with little left to optimize: to look for it takes a third of the time to the first result.
const SESSION = { graphOptimizationLevel: "disabled" };

/**
 * Opens the networks; gives a function from an image (blue, green, red) to what the server answers for it.
 * `runtime` is ONNX Runtime, or its promise; `load(name)` gives the bytes of a file. All are loaded at the same time, but
 * for the detector's second stage, which not every one has: its turn comes as soon as the description names it.
 */
export async function openDetector(runtime, load) {
  const files = ["device.json", "face_ssd.onnx", "classifier.onnx"].map((name) => load(name));
  // What runs the networks is compiled while the largest of them is still on its way.
  const open = async (file) => {
    const [ort, content] = await Promise.all([runtime, file]);
    return ort.InferenceSession.create(new Uint8Array(content), SESSION);
  };
  const described = files[0].then((description) => JSON.parse(new TextDecoder().decode(description)));
  const refining = described.then(({ detector }) => detector.refiner && open(load("face_refiner.onnx")));
  const opened = [...files.slice(1).map(open), refining];
  const [ort, about, finder, classifier, refiner] = await Promise.all([runtime, described, ...opened]);
  const { detector, classifier: reader } = about;
  const names = reader.class_names;
  const largest = detector.strides.at(-1);

  const lowest = Math.min(detector.close_ups.suspicion, detector.min_confidence);
  const lowestFirst = refiner ? Math.min(lowest, detector.refiner.least_score) : lowest;

  const refine = async (image, faces) => {
    const { size } = detector.refiner;
    const input = new ort.Tensor("float32", faceViews(image, faces, detector.refiner), [faces.length, size, size, 3]);
    const said = Object.values(await refiner.run({ [refiner.inputNames[0]]: input }))[0].data;
    return refined(faces, said, image.width, image.height, detector.refiner).filter(({ score }) => score >= lowest);
  };

  const look = async (image, size) => {
    const { pixels, width, height, back } = letterbox(image, size, largest);
    const results = await finder.run({ [finder.inputNames[0]]: new ort.Tensor("float32", pixels, [1, height, width, 3]) });
    // By shape, not by name or order: five numbers for each box of a map, ten for its landmarks.
    const maps = (each) =>
      detector.strides.map((stride, level) => {
        const shape = [1, height / stride, width / stride, each * detector.sizes[level].length];
        return Object.values(results).find(({ dims }) => shape.every((length, axis) => dims[axis] === length)).data;
      });
    const boxes = decode(maps(5), detector.landmarks ? maps(10) : [], width, height, detector, lowestFirst);
    const faces = suppress(boxes, back, image.width, image.height, detector, lowestFirst);
    return refiner && faces.length ? refine(image, faces) : faces;
  };

  const find = async (image) => {
    const seen = await look(image, detector.size);
    const faces = seen.filter(({ score }) => score >= detector.min_confidence);
    return faces.length || !seen.length ? faces : lookAgain(image, seen, look, detector);
  };

  const detect = async (image) => {
    const faces = await find(image);
    const size = reader.image_size;
    const { framing } = detector;
    const rolls = faces.map(({ landmarks }) => turnOf(landmarks, detector.least_turn));
    const crops = faces.map(({ box }, index) =>
      rolls[index] ? turnedCrop(image, box, framing, size, rolls[index]) : crop(image, box, framing, size),
    );
    const filling = faceThatFills(faces, rolls, image, detector);
    if (filling >= 0) crops.push(wholeMirrored(image, size));
    let rows = [];
    if (faces.length) {
      const pixels = new Float32Array(crops.length * size * size);
      crops.forEach((each, index) => pixels.set(each, index * size * size));
      const input = new ort.Tensor("float32", pixels, [crops.length, size, size, 1]);
      const output = Object.values(await classifier.run({ [classifier.inputNames[0]]: input }))[0].data;
      const raw = crops.map((_, index) => Array.from(output.slice(index * names.length, (index + 1) * names.length)));
      rows = asProbabilities(raw, reader.output).map((row) => calibrate(row, reader));
      if (filling >= 0) rows[filling] = geometricMean(rows[filling], rows[faces.length]);
    }
    return {
      width: image.width,
      height: image.height,
      faces: faces.map(({ box, score, landmarks }, index) => ({
        identity: null,
        carried: false,
        box,
        score,
        emotion: names[rows[index].indexOf(Math.max(...rows[index]))],
        probabilities: Object.fromEntries(names.map((name, i) => [name, rows[index][i]])),
        landmarks,
      })),
    };
  };
  return { detect, about };
}
