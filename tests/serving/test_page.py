"""The page in a real browser: pictures, the camera, the device, the keyboard, a phone's width, and what goes wrong."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.serving.schemas import EXAMPLE_FACE
from tests.conftest import REPOSITORY
from tests.serving.test_server import SAMPLE, Served, running

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
RUNTIME = REPOSITORY / "emotion_recognition" / "serving" / "page" / "ort" / "ort.wasm.bundle.min.mjs"
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"

#: What a person sees is kept there, if it is set.
PICTURES = os.environ.get("PAGE_PICTURES")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER and RUNTIME.is_file() and AXE.is_file()),
        reason="needs Chromium, ChromeDriver and make site, see CONTRIBUTING.md",
    ),
]

#: Seconds that a browser on a busy machine gets for what usually takes one.
PATIENCE = 60


def moving_face(path: Path) -> Path:
    """Writes a camera's film: the sample's face goes from left to right and back; raw YUV as Chromium takes it."""
    face = cv2.resize(read_image(SAMPLE), (360, 360))
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for step in [*range(0, 10), *range(10, 0, -1)]:
            frame = np.full((480, 640, 3), 90, np.uint8)
            frame[60:420, 28 * step : 28 * step + 360] = face
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as (_, port):
        yield port


class Page:
    """A browser before the page."""

    def __init__(self, profile: Path, *options: str, width: int = 1000, height: int = 1400) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        chosen = webdriver.ChromeOptions()
        chosen.binary_location = str(CHROMIUM)
        always = (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
        )
        for option in (*always, f"--user-data-dir={profile}", f"--window-size={width},{height}", *options):
            chosen.add_argument(option)
        chosen.add_experimental_option("prefs", {"download.default_directory": str(profile / "down")})
        self.driver = webdriver.Chrome(chosen, Service(str(DRIVER)))
        self.driver.set_script_timeout(PATIENCE)

    def open(self, address: str) -> None:
        self.driver.get(address)
        self.until("document.body.dataset.ready === 'true'")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            WebDriverWait(self.driver, PATIENCE, 0.05).until(
                lambda driver: driver.execute_script(f"return {condition}")
            )
        except Exception as error:
            raise AssertionError(
                f"never: {condition}; status {self.text('status')!r}, error {self.text('error')!r}"
            ) from error

    def text(self, name: str) -> str:
        return str(self.run("return document.getElementById(arguments[0]).textContent.trim()", name))

    def click(self, name: str) -> None:
        self.driver.find_element("id", name).click()

    def choose(self, place: str) -> None:
        self.driver.find_element("css selector", f"input[value={place}]").click()

    def until_said(self, start: str) -> None:
        self.until(f"document.getElementById('status').textContent.startsWith({json.dumps(start)})")

    def until_error(self, part: str) -> None:
        self.until(f"document.getElementById('error').textContent.includes({json.dumps(part)})")

    def faces(self) -> list[str]:
        return list(self.run("return [...document.querySelectorAll('#faces h3')].map((title) => title.textContent)"))

    def keep(self, name: str) -> None:
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            whole = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            Path(PICTURES, f"{name}.png").write_bytes(base64.b64decode(whole["data"]))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("chromium")
    film = moving_face(folder / "film.y4m")
    page = Page(
        folder,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield page
    page.driver.quit()


@pytest.fixture
def page(browser: Page, port: int) -> Page:
    browser.open(f"http://127.0.0.1:{port}/")
    return browser


def downloads(page: Page) -> list[str]:
    """Makes the page keep the texts of its downloads instead of saving them."""
    page.run(
        "window.saved = []; URL.createObjectURL = (blob) => { blob.text().then((t) => saved.push(t)); return '#'; }"
    )
    page.click("json")
    page.click("csv")
    page.until("saved.length === 2")
    return list(page.run("return saved"))


@pytest.mark.parametrize("place", ["server", "device"])
def test_an_uploaded_picture_is_looked_at_and_its_result_can_be_saved(page: Page, place: str) -> None:
    page.choose(place)
    page.driver.find_element("id", "file").send_keys(str(SAMPLE))
    page.until_said("1 face: happy, 100%")
    assert page.faces() == ["Face 1: happy"]
    shares = page.run("return [...document.querySelectorAll('#faces .share')].map((share) => share.textContent)")
    assert len(shares) == 7
    as_json, as_csv = downloads(page)
    whole = json.loads(as_json)
    assert list(whole) == ["models", "detector", "runtime", "class_names", "results", "failed", "summary"]
    assert (whole["models"], len(whole["class_names"])) == (["emotion_classification_7classes_photographs"], 7)
    assert whole["detector"] == "SSD at 320 pixels"
    assert whole["runtime"].startswith("OpenCV " if place == "server" else "ONNX Runtime Web 1.")
    (result,) = whole["results"]
    assert list(result["faces"][0]) == list(EXAMPLE_FACE)
    assert (result["file"], result["width"]) == (SAMPLE.name, 512)
    assert np.abs(np.subtract(result["faces"][0]["box"], (178, 60, 93, 117))).max() <= 1
    head, row, end = as_csv.split("\n")
    assert head.startswith("file,frame,time,identity,carried,x,y,width,height,score,emotion,anger,")
    assert row.startswith(f"{SAMPLE.name},,,,0,1")
    assert end == ""
    page.keep(f"upload-{place}")


def test_the_sample_is_at_hand_and_what_is_taken_is_noted(page: Page) -> None:
    page.click("sample")
    page.until_said("1 face: happy")
    page.until("!document.getElementById('recommendations').hidden")
    assert page.run("return document.querySelectorAll('#items li').length") == 3
    page.driver.find_element("css selector", "#items button").click()
    page.until_said("Noted: ")


def test_what_could_not_be_noted_can_be_taken_again(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.run(
        """
        const real = window.fetch;
        window.refused = 0;
        window.fetch = (address, options) =>
          String(address).endsWith("feedback") && !refused++
            ? Promise.resolve(new Response('{"error": "busy", "code": "busy"}', { status: 503 }))
            : real(address, options);
        """
    )
    page.click("sample")
    page.until("!document.getElementById('recommendations').hidden")
    button = page.driver.find_element("css selector", "#items button")
    button.send_keys(Keys.ENTER)
    page.until_error("The server is busy.")
    button.send_keys(Keys.ENTER)
    page.until_said("Noted: ")
    assert page.run("return document.getElementById('error').hidden")
    assert page.run("return document.activeElement === document.querySelector('#items button')")
    assert button.text == "Taken"


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(page: Page, event: str) -> None:
    page.run(
        """
        fetch("sample.jpg").then((answer) => answer.blob()).then((blob) => {
          const data = new DataTransfer();
          data.items.add(new File([blob], "mine.jpg", { type: "image/jpeg" }));
          const options = { bubbles: true, cancelable: true };
          const made = arguments[0] === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: data })
            : new DragEvent("drop", { ...options, dataTransfer: data });
          document.body.dispatchEvent(made);
        });
        """,
        event,
    )
    page.until_said("1 face: happy")


@pytest.mark.parametrize("place", ["server", "device"])
def test_the_camera_starts_with_consent_and_stops(page: Page, place: str) -> None:
    page.choose(place)
    page.click("camera")
    said = page.text("consent-text")
    assert ("nothing is sent" in said) == (place == "device")
    page.click("refuse")
    page.until_said("The camera stays off.")
    page.click("camera")
    page.keep(f"consent-{place}")
    page.click("agree")
    page.until("document.getElementById('timeline-text').textContent.includes('face 1 ')")
    page.keep(f"camera-{place}")
    page.click("stop")
    page.until_said("The camera is off.")
    assert page.run("return document.getElementById('video').srcObject") is None
    as_json, _ = downloads(page)
    frames = json.loads(as_json)["results"]
    assert len(frames) >= 2
    assert 1 in {face["identity"] for frame in frames for face in frame["faces"]}


def test_a_busy_server_costs_a_frame_and_not_the_camera(page: Page) -> None:
    page.run(
        """
        const Real = WebSocket;
        window.refused = 0;
        window.WebSocket = class extends Real {
          send(frame) {
            if (refused++) super.send(frame);
            else this.onmessage({ data: JSON.stringify({ frame: 0, error: "All are busy.", code: "busy" }) });
          }
        };
        """
    )
    page.choose("server")
    page.click("camera")
    page.click("agree")
    page.until_said("The server is busy. The camera goes on.")
    page.until("document.getElementById('timeline-text').textContent.includes('face 1 ')")
    assert page.run("return document.getElementById('error').hidden")
    page.click("stop")
    page.until_said("The camera is off.")


def test_a_camera_that_nobody_is_before_is_told_so(page: Page) -> None:
    page.run(
        """
        const Real = WebSocket;
        window.sent = 0;
        window.WebSocket = class extends Real {
          send() {
            const empty = { file: "camera", frame: sent, time: 0, width: 640, height: 480, faces: [] };
            const busy = { frame: sent, error: "All are busy.", code: "busy" };
            const data = JSON.stringify(sent++ === 2 ? busy : empty);
            setTimeout(() => this.onmessage({ data }), 20);
          }
        };
        window.heard = [];
        new MutationObserver(() => heard.push(document.getElementById("status").textContent)).observe(
          document.getElementById("status"), { childList: true });
        """
    )
    page.choose("server")
    page.click("camera")
    page.click("agree")
    page.until("heard.filter((said) => said === 'No face was found.').length === 2")
    heard = page.run("return heard")
    assert heard[heard.index("The camera is on.") :] == [
        *("The camera is on.", "No face was found."),
        *("The server is busy. The camera goes on.", "No face was found."),
    ]
    # Whoever chooses another place stays there, and does not find themselves at the camera's button.
    page.choose("device")
    page.until_said("The camera is off.")
    assert page.run("return document.activeElement.value") == "device"


def test_a_camera_that_is_allowed_too_late_is_let_go(page: Page) -> None:
    page.run("navigator.mediaDevices.getUserMedia = () => new Promise((resolve) => (window.allow = resolve))")
    page.choose("server")
    page.click("camera")
    page.click("agree")
    page.until("window.allow !== undefined")
    page.choose("device")
    page.run("window.late = document.createElement('canvas').captureStream(); allow(late)")
    page.until_said("The camera stays off.")
    assert page.run("return late.getTracks().map((track) => track.readyState)") == ["ended"]
    assert page.run("return document.getElementById('stop').hidden")


def test_without_a_camera_the_page_says_what_to_do(page: Page) -> None:
    missing = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"
    insecure = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"
    for script, said in ((missing, "There is no camera. Connect one, or choose"), (insecure, "only to pages of https")):
        page.run(script)
        page.click("camera")
        page.click("agree")
        page.until_error(said)
    page.click("sample")
    page.until_said("1 face: happy")
    assert page.run("return document.getElementById('error').hidden")


def test_everything_works_with_the_keyboard_alone(page: Page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(key: str) -> None:
        ActionChains(page.driver).send_keys(key).perform()

    def focus() -> str:
        return str(page.run("return document.activeElement.id || document.activeElement.value"))

    order = []
    for _ in range(5):
        press(Keys.TAB)
        order.append(focus())
    assert order[:4] == ["server", "file", "sample", "camera"]
    page.driver.find_element("id", "sample").send_keys(Keys.ENTER)
    page.until_said("1 face: happy")
    page.driver.find_element("id", "camera").send_keys(Keys.SPACE)
    page.until("document.getElementById('consent').open")
    assert focus() == "agree"
    press(Keys.ESCAPE)
    page.until("!document.getElementById('consent').open")
    assert focus() == "camera"


def test_a_picture_that_the_browser_cannot_show_is_told(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "mine.pgm"
    assert cv2.imwrite(str(path), cv2.cvtColor(read_image(SAMPLE), cv2.COLOR_BGR2GRAY))
    page.choose("server")
    page.run("document.getElementById('file').accept = ''")
    page.driver.find_element("id", "file").send_keys(str(path))
    page.until_said("1 face: ")
    assert "This browser cannot show the picture" in page.text("status")


def test_a_picture_that_the_browser_turns_otherwise_is_not_squeezed_into_the_frame(page: Page) -> None:
    page.choose("server")
    page.run(
        """
        const real = window.createImageBitmap;
        window.createImageBitmap = (...all) =>
          typeof all[0] === "object" && all[0] instanceof Blob
            ? Promise.resolve(new OffscreenCanvas(512, 300))
            : real(...all);
        """
    )
    page.click("sample")
    page.until_said("1 face: happy")
    assert "cannot show the picture" in page.text("status")


def test_what_is_no_picture_is_told(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello", encoding="utf-8")
    field = page.driver.find_element("id", "file")
    field.send_keys(str(text))
    page.until_error("Choose a JPEG, PNG or WebP")
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(SAMPLE.read_bytes()[:300])
    field.send_keys(str(damaged))
    page.until_error("it is truncated, damaged or")
    page.choose("device")
    field.send_keys(str(damaged))
    page.until_error("cannot read the picture")
    page.keep("error")


def findings(page: Page) -> list[str]:
    page.run(AXE.read_text(encoding="utf-8"))
    found = page.driver.execute_async_script("axe.run().then((found) => arguments[0](found.violations))")
    return [f"{each['impact']}: {each['help']}: {each['nodes'][0]['html']}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_either_colour_scheme(browser: Page, port: int, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    browser.open(f"http://127.0.0.1:{port}/")
    browser.click("sample")
    browser.until("!document.getElementById('recommendations').hidden")
    assert findings(browser) == []
    browser.keep(f"scheme-{scheme}")
    browser.click("camera")
    assert findings(browser) == []
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})


def test_nothing_is_wider_than_a_phone(browser: Page, port: int) -> None:
    size = {"width": 280, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.open(f"http://127.0.0.1:{port}/")
    browser.click("sample")
    browser.until_said("1 face: happy")
    assert browser.run("return document.documentElement.scrollWidth") <= 280
    heights = browser.run("return [...document.querySelectorAll('button, .button')].map((b) => b.offsetHeight)")
    assert all(height == 0 or height >= 36 for height in heights)
    browser.keep("phone")
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_refused_camera_and_a_server_that_went_away_are_told(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("open/sesame=", encoding="utf-8")  # a protocol's name has neither / nor =
    catalogue = tmp_path / "mine.csv"
    catalogue.write_text(
        "id,title,moods,url\nsong,A song,happy,https://example.org/songs\nwalk,A walk,happy,\n",
        encoding="utf-8",
    )
    page = Page(tmp_path / "profile", "--use-fake-device-for-media-stream", "--deny-permission-prompts")
    try:
        with running("--api_key_file", str(key), "--catalogue", str(catalogue)) as (process, port):
            page.open(f"http://127.0.0.1:{port}/")
            page.click("sample")
            page.until_error("enter it above")
            field = page.driver.find_element("id", "key")
            field.send_keys("open\n")
            page.until_error("The server does not know this API key.")
            field.clear()
            field.send_keys("open/sesame=\n")
            page.until_said("The API key is accepted.")
            assert page.run("return document.getElementById('key-field').hidden")
            assert page.run("return document.getElementById('error').hidden")
            assert page.run("return document.activeElement.id") == "file"
            page.click("sample")
            page.until_said("1 face: happy")
            page.until("!document.getElementById('recommendations').hidden")
            entries = page.run("return [...document.querySelectorAll('#items li')].map((item) => item.firstChild.href)")
            assert sorted(map(str, entries)) == ["None", "https://example.org/songs"]
            stream = """
                const [told] = arguments;
                import("/server.js").then(async ({ Server }) => {
                  const server = Object.assign(new Server(), { key: "open/sesame=" });
                  const { look } = server.stream();
                  look(await (await fetch("sample.jpg")).blob()).then((result) => told(result.faces.length), told);
                });
            """
            assert page.driver.execute_async_script(stream) == 1
            page.click("camera")
            page.click("agree")
            page.until_error("The camera was refused.")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
            page.driver.find_element("id", "file").send_keys(str(SAMPLE))
            page.until_error("The server cannot be reached.")
            assert "On this device" in page.text("error")
            assert page.run("return document.getElementById('result').hidden")  # it was another picture's
            page.keep("away")
    finally:
        page.driver.quit()


def test_a_server_that_goes_away_during_a_stream_is_told_and_may_come_back(browser: Page) -> None:
    def use_the_camera() -> None:
        browser.click("camera")
        browser.click("agree")
        browser.until("!document.getElementById('stop').hidden")
        browser.until("document.getElementById('timeline-text').textContent.includes('face 1 ')")

    served = Served()
    browser.open(f"http://127.0.0.1:{served.port}/")
    use_the_camera()
    served.end()
    browser.until_error("start the camera again.")
    assert browser.run("return document.getElementById('video').srcObject") is None
    assert browser.text("status") == ""
    assert "On this device" not in browser.text("error")  # this server has no networks for it
    assert browser.run("return document.getElementById('stop').hidden")
    assert browser.run("return document.activeElement.id") == "camera"
    browser.keep("away-stream")
    served = Served(port=served.port)
    use_the_camera()
    assert browser.run("return document.getElementById('error').hidden")
    browser.click("stop")
    served.end()


def test_the_site_detects_without_a_server(browser: Page, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "emotion_recognition.serving.site", str(site)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Wrote ")
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as host:
        try:
            assert host.stdout is not None
            port = host.stdout.readline().split(" port ")[1].split()[0]
            browser.open(f"http://127.0.0.1:{port}/")
            assert browser.text("server-note") == "(there is none here)"
            browser.click("sample")
            browser.until_said("1 face: happy")
        finally:
            host.kill()
