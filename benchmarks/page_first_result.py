"""How long the page takes from a cold load to the first result on the sample photograph, with the server and without.

    make site && python -m benchmarks.page_first_result

Each load has a browser with an empty profile. Needs Chromium, ChromeDriver and selenium, as the tests of the page do.
Times are the page's own, from the start of its loading; the sample is asked for as soon as the page is ready.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.service_load import started
from emotion_recognition.command_line.exit_status import exit_status

#: Targets in seconds.
BARS = {"server": 2.0, "device": 5.0}

#: Seconds after which a load has failed.
_PATIENCE = 120

#: Notes when what happens, without waiting for the driver to ask; runs before the page's own scripts.
_WATCH = """
window.steps = {};
const note = (name) => { window.steps[name] ??= performance.now() / 1000; };
const wrap = (name, step) => {
  const before = WebAssembly[name];
  WebAssembly[name] = (...given) => before.apply(WebAssembly, given).then((made) => (note(step), made));
};
for (const name of ["instantiateStreaming", "instantiate", "compileStreaming"]) wrap(name, "WebAssembly compiled");
new MutationObserver(() => {
  const chosen = document.querySelector("input[value=PLACE]");
  if (document.body?.dataset.ready === "true" && !("page ready" in steps)) {
    note("page ready");
    chosen.click();
    document.getElementById("sample").click();
  }
  if (/^\\d+ faces?:/.test(document.getElementById("status")?.textContent ?? "")) note("result");
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""

#: When the last byte of each file had come.
_FILES = """
return performance.getEntriesByType("resource")
  .map(({ name, startTime, responseEnd, transferSize }) => [name, startTime / 1000, responseEnd / 1000, transferSize]);
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=5, help="cold loads for each place, in turns (default: 5)")
    parser.add_argument("--files", action="store_true", help="also print when each file had come")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    if arguments.loads < 1:
        raise ValueError(f"--loads must be at least 1. Received: {arguments.loads}")
    browser, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if browser is None or driver is None:
        raise ValueError("This needs Chromium and ChromeDriver, see CONTRIBUTING.md.")
    loads: dict[str, list[dict[str, float]]] = {place: [] for place in BARS}
    with started() as (_, address):
        for _ in range(arguments.loads):
            for place, steps in loads.items():
                times, files = load(browser, driver, address, place)
                steps.append(times)
                if arguments.files:
                    for name, start, end, size in files:
                        print(f"  {end:7.2f} s  from {start:6.2f} s  {size / 1e6:6.2f} MB  {name}")
    for place, steps in loads.items():
        print(report(place, steps))


def report(place: str, loads: Sequence[Mapping[str, float]]) -> str:
    """The median of each step over the loads, and the result beside its bar.

    Example:
        >>> print(report("server", [{"page ready": 0.5, "result": 1.0}, {"page ready": 0.25, "result": 1.5}]))
        server: page ready 0.38 s, result 1.25 s (1.00 to 1.50 s; bar 2 s)
    """
    # A step that a load has skipped says nothing.
    names = sorted(set.intersection(*map(set, loads)), key=lambda name: (name == "result", loads[0][name]))
    medians = {name: statistics.median(steps[name] for steps in loads) for name in names}
    results = [steps["result"] for steps in loads]
    said = ", ".join(f"{name} {value:.2f} s" for name, value in medians.items())
    return f"{place}: {said} ({min(results):.2f} to {max(results):.2f} s; bar {BARS[place]:g} s)"


def load(browser: str, driver: str, address: str, place: str) -> tuple[dict[str, float], list[Any]]:
    """Loads the page once; returns when each step was over, in seconds, and the files that were loaded."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait

    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"):
            options.add_argument(option)
        options.add_argument("--disable-background-networking")
        options.add_argument(f"--user-data-dir={profile}")
        chrome = webdriver.Chrome(options, Service(driver))
        try:
            chrome.get("about:blank")
            script = _WATCH.replace("PLACE", place)
            chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
            chrome.get(address)
            WebDriverWait(chrome, _PATIENCE, 0.2).until(lambda page: page.execute_script("return 'result' in steps"))
            return dict(chrome.execute_script("return steps")), list(chrome.execute_script(_FILES))
        finally:
            chrome.quit()


if __name__ == "__main__":
    sys.exit(main())
