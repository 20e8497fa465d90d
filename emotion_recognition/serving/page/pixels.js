// Pixels as the library prepares them for its networks, bit for bit where that is possible: resizing, letterbox, crops.
// Images are {data, width, height, channels} with bytes row by row; they come from a canvas, tensors go out.

const GREY = 128;

/** An image of the canvas's red, green, blue, alpha in the order blue, green, red. */
export function fromCanvas({ data, width, height }) {
  const out = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    out[to] = data[from + 2];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from];
  }
  return { data: out, width, height, channels: 3 };
}

/** Round half to even, as Python and OpenCV do. */
export function rint(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const byte = (value) => Math.max(0, Math.min(255, rint(value)));

/** Means of 2×2 pixels; the last row or column of an odd number is left out. */
function halve({ data, width, height, channels }) {
  const w = width >> 1;
  const h = height >> 1;
  const out = new Uint8Array(w * h * channels);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = (2 * y * width + 2 * x) * channels;
      for (let c = 0; c < channels; c++, to++) {
        const below = at + width * channels + c;
        out[to] = (data[at + c] + data[at + channels + c] + data[below] + data[below + channels] + 2) >> 2;
      }
    }
  }
  return { data: out, width: w, height: h, channels };
}

/** OpenCV's cubic weights of the four pixels round a place that is `t` beyond the second of them. */
function cubic(t) {
  const a = -0.75;
  const near = (d) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** For each place of a resized side: the first source pixel, and the weights from it on. */
function taps(from, to, kind) {
  const scale = from / to;
  const clamp = (place) => Math.max(0, Math.min(from - 1, place));
  return Array.from({ length: to }, (_, place) => {
    if (kind === "area") {
      const start = place * scale;
      const end = Math.min(start + scale, from);
      const parts = [];
      for (let pixel = Math.floor(start); pixel < Math.ceil(end - 1e-9); pixel++) {
        parts.push([clamp(pixel), (Math.min(pixel + 1, end) - Math.max(pixel, start)) / (end - start)]);
      }
      return parts;
    }
    const centre = (place + 0.5) * scale - 0.5;
    const left = Math.floor(centre);
    const t = centre - left;
    if (kind === "linear") return [[clamp(left), 1 - t], [clamp(left + 1), t]];
    const [outerLeft, innerLeft, innerRight, outerRight] = cubic(t);
    return [
      [clamp(left - 1), outerLeft],
      [clamp(left), innerLeft],
      [clamp(left + 1), innerRight],
      [clamp(left + 2), outerRight],
    ];
  });
}

/** Resizes by "area" (mean over what a pixel covers), "linear" or "cubic". */
export function resize(image, width, height, kind) {
  if (image.width === width && image.height === height) return image;
  const { data, channels } = image;
  const across = taps(image.width, width, kind);
  const down = taps(image.height, height, kind);
  const rows = new Float64Array(width * image.height * channels);
  for (let y = 0, to = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        // Taken apart as [from, weight], each would take twice the time.
        for (const tap of across[x]) sum += tap[1] * data[(y * image.width + tap[0]) * channels + c];
        rows[to] = sum;
      }
    }
  }
  const out = new Uint8Array(width * height * channels);
  const stride = width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < stride; x++, to++) {
      let sum = 0;
      for (const tap of down[y]) sum += tap[1] * rows[tap[0] * stride + x];
      out[to] = byte(sum);
    }
  }
  return { data: out, width, height, channels };
}

/** The detector's input: the picture at the top left, its longest side `size`, grey up to a multiple; and the way back. */
export function letterbox(image, size, multiple) {
  let small = image;
  let factor = 1;
  while (Math.max(small.width, small.height) >= 2 * size && Math.min(small.width, small.height) > 1) {
    small = halve(small);
    factor *= 2;
  }
  const scale = size / Math.max(small.width, small.height);
  const w = Math.max(1, rint(small.width * scale));
  const h = Math.max(1, rint(small.height * scale));
  const back = [(factor * small.width) / w, (factor * small.height) / h];
  small = resize(small, w, h, scale > 0.5 ? "linear" : "area");
  const width = Math.ceil(w / multiple) * multiple;
  const height = Math.ceil(h / multiple) * multiple;
  const pixels = new Float32Array(width * height * 3).fill(GREY);
  for (let y = 0; y < h; y++) pixels.set(small.data.subarray(y * w * 3, (y + 1) * w * 3), y * width * 3);
  return { pixels, width, height, back };
}

/** The image with a border on all sides, which repeats its outermost pixels or is grey. */
export function surrounded({ data, width, height, channels }, border, repeats) {
  const [w, h] = [width + 2 * border, height + 2 * border];
  const out = new Uint8Array(w * h * channels).fill(GREY);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++, to += channels) {
      const [column, row] = [Math.max(0, Math.min(width - 1, x - border)), Math.max(0, Math.min(height - 1, y - border))];
      if (!repeats && (column !== x - border || row !== y - border)) continue;
      const at = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = data[at + c];
    }
  }
  return { data: out, width: w, height: h, channels };
}

// As square_view.py has them: the factor below which averaging shrinks first, and the pixels taken along round a part.
const AVERAGED_BELOW = 0.6;
const MARGIN = 2;

/** What the detector's second stage sees: a square round a centre, resized to `size` pixels; grey beyond the border. */
export function squareView(image, centre, side, size) {
  const scale = size / side;
  const from = centre.map((middle) => Math.max(0, Math.trunc(middle - side / 2) - MARGIN));
  const lengths = [image.width, image.height].map(
    (end, axis) => Math.min(end, Math.trunc(centre[axis] + side / 2) + MARGIN + 1) - from[axis],
  );
  const pixels = new Float32Array(size * size * 3).fill(GREY);
  if (Math.min(...lengths) <= 0) return pixels;
  const sizes = lengths.map((length) => (scale < AVERAGED_BELOW ? Math.max(1, rint(length * scale)) : length));
  const { data, width, height } = resize(part(image, from, lengths), ...sizes, "area");
  const [columns, rows] = [0, 1].map((axis) =>
    Array.from({ length: size }, (_, place) => {
      const onImage = (place + 0.5 - size / 2) / scale + centre[axis];
      // Between pixels' edges; their centres are half a pixel further.
      const at = ((onImage - from[axis]) * sizes[axis]) / lengths[axis] - 0.5;
      const first = Math.floor(at);
      return [[first, first + 1 - at], [first + 1, at - first]];
    }),
  );
  const valueAt = (x, y, c) => (x >= 0 && x < width && y >= 0 && y < height ? data[(y * width + x) * 3 + c] : GREY);
  let to = 0;
  for (const down of rows) {
    for (const across of columns) {
      for (let c = 0; c < 3; c++, to++) {
        let sum = 0;
        for (const y of down) for (const x of across) sum += y[1] * x[1] * valueAt(x[0], y[0], c);
        pixels[to] = byte(sum);
      }
    }
  }
  return pixels;
}

function part({ data, width, channels }, [left, top], [w, h]) {
  const out = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y++) {
    const start = ((top + y) * width + left) * channels;
    out.set(data.subarray(start, start + w * channels), y * w * channels);
  }
  return { data: out, width: w, height: h, channels };
}

// BT.601 in OpenCV's fixed point, of a pixel in blue, green, red.
const greyAt = (data, at) => (data[at] * 1868 + data[at + 1] * 9617 + data[at + 2] * 4899 + 8192) >> 14;

/** The framing of a box that is the crop already. */
export const WHOLE = { scale: 1, offset_x: 0, offset_y: 0 };

/** The square to cut out for a box: left, top and side; it may reach beyond the picture. */
export function cropSquare([x, y, width, height], framing) {
  const root = Math.sqrt(width * height);
  const side = Math.max(1, rint(framing.scale * root));
  const left = rint(x + width / 2 + framing.offset_x * root - side / 2);
  const top = rint(y + height / 2 + framing.offset_y * root - side / 2);
  return [left, top, side];
}

/** The grey square, `size` pixels wide, that the classifier sees of a box; beyond the border its pixels repeat. */
export function crop(image, box, framing, size) {
  const [left, top, side] = cropSquare(box, framing);
  const grey = new Uint8Array(side * side);
  for (let row = 0, to = 0; row < side; row++) {
    const from = Math.max(0, Math.min(image.height - 1, top + row)) * image.width;
    for (let column = 0; column < side; column++, to++) {
      grey[to] = greyAt(image.data, (from + Math.max(0, Math.min(image.width - 1, left + column))) * 3);
    }
  }
  return seen(grey, side, size);
}

/** The whole picture as the classifier sees it, mirrored. */
export function wholeMirrored(image, size) {
  const pixels = crop(image, [0, 0, image.width, image.height], WHOLE, size);
  for (let row = 0; row < size; row++) pixels.subarray(row * size, (row + 1) * size).reverse();
  return pixels;
}

/** The same as `crop` of a face that is tilted clockwise by `roll` degrees, turned upright: cubic, to a 32nd of a pixel. */
export function turnedCrop(image, [x, y, width, height], framing, size, roll) {
  const root = Math.sqrt(width * height);
  const side = Math.max(1, rint(framing.scale * root));
  const [cos, sin] = [Math.cos((roll * Math.PI) / 180), Math.sin((roll * Math.PI) / 180)];
  const [offsetX, offsetY] = [framing.offset_x * root, framing.offset_y * root];
  const half = (side - 1) / 2;
  // A pixel's centre is half a pixel from its corner.
  const centreX = x + width / 2 + cos * offsetX - sin * offsetY - 0.5;
  const centreY = y + height / 2 + sin * offsetX + cos * offsetY - 0.5;
  const column = (place) => Math.max(0, Math.min(image.width - 1, place));
  const row = (place) => Math.max(0, Math.min(image.height - 1, place));
  const grey = new Uint8Array(side * side);
  for (let down = 0, to = 0; down < side; down++) {
    for (let across = 0; across < side; across++, to++) {
      const [dx, dy] = [across - half, down - half];
      const atX = Math.floor((centreX + cos * dx - sin * dy) * 32 + 0.5) / 32;
      const atY = Math.floor((centreY + sin * dx + cos * dy) * 32 + 0.5) / 32;
      const [left, top] = [Math.floor(atX), Math.floor(atY)];
      const [forX, forY] = [cubic(atX - left), cubic(atY - top)];
      let sum = 0;
      for (let j = 0; j < 4; j++) {
        const from = row(top + j - 1) * image.width;
        for (let i = 0; i < 4; i++) sum += forX[i] * forY[j] * greyAt(image.data, (from + column(left + i - 1)) * 3);
      }
      grey[to] = byte(sum);
    }
  }
  return seen(grey, side, size);
}

const seen = (grey, side, size) => {
  const square = { data: grey, width: side, height: side, channels: 1 };
  return Float32Array.from(resize(square, size, size, side > size ? "area" : "cubic").data);
};
