// Results as files: the JSON and the CSV that the command line writes.

const COLUMNS = ["file", "frame", "time", "identity", "carried", "x", "y", "width", "height", "score", "emotion"];

export function asJson(results, { models, detector, runtime, class_names }) {
  const file = { models, detector, runtime, class_names, results, failed: [], summary: null };
  return JSON.stringify(file, (_, value) => (typeof value === "number" ? rounded(value) : value), 2);
}

export function asCsv(results, names) {
  const rows = results.flatMap((result) =>
    result.faces.map((face) => [
      quoted(result.file ?? ""),
      result.frame ?? "",
      result.time === null ? "" : rounded(result.time),
      face.identity ?? "",
      face.carried ? 1 : 0,
      ...face.box,
      rounded(face.score),
      quoted(face.emotion),
      ...names.map((name) => rounded(face.probabilities[name])),
    ]),
  );
  return `${[[...COLUMNS, ...names.map(quoted)], ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

const rounded = (value) => Math.round(value * 1e6) / 1e6;

/** A text as CSV has it; one that a spreadsheet would take for a formula is made harmless. */
function quoted(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
