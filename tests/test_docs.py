import re
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_recognition.data.face_pictures.sources.registry import face_sources_table
from emotion_recognition.data.sources.registry import sources_table
from emotion_recognition.detection.face_detectors.registry import detectors_table
from emotion_recognition.models.registry import networks_table

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES.append(ROOT / "FacialExpressionRecognition" / "output" / "README.md")

#: The README is read in a few minutes; everything else is a page in docs/.
MOST_WORDS = 1600

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub gives a page's headings: lower case, without punctuation, spaces as hyphens."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return {_NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Links and images of a page that lead to no file below it, or to no heading of one."""
    broken = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        wrong_anchor = anchor and target.is_file() and anchor not in anchors_of(target.read_text(encoding="utf-8"))
        if not target.exists() or wrong_anchor:
            broken.append(link)
    return broken


def named_scripts(text: str) -> set[str]:
    """The scripts of the root folder that a text names: BuildDataset.py, say."""
    return set(re.findall(r"(?<![\w/])[A-Z][a-z]+[A-Z]\w*\.py\b", text))


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# What it finds, and why\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md#what-it-finds-and-why) [b](#here) [c](https://example.org/x) ![d](gone.png)\n"
        "[e](other.md#gone) [f](#gone) [g](gone.md#here)\n```\n[h](in_code.md)\n```\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["gone.png", "other.md#gone", "#gone", "gone.md#here"]


def test_named_scripts_are_those_of_the_root_folder() -> None:
    text = "run BuildDataset.py, then `TestNetwork.py`; tests/TestOther.py and models/networks/vggnet.py are not meant"
    assert named_scripts(text) == {"BuildDataset.py", "TestNetwork.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_image_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_script_that_a_page_names_exists(page: Path) -> None:
    named = named_scripts(page.read_text(encoding="utf-8"))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w/]+\.py)`", text) if "NAME" not in name}
    assert len(named) > 50
    places = (ROOT / "emotion_recognition", ROOT)
    assert [name for name in sorted(named) if not any((place / name).is_file() for place in places)] == []


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("data.md", sources_table),
        ("data.md", face_sources_table),
        ("detection.md", detectors_table),
        ("networks.md", networks_table),
    ],
)
def test_tables_are_those_of_the_registries(page: str, table: Callable[[], str]) -> None:
    assert table().strip() in (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_every_page_is_in_the_index() -> None:
    linked = set(_LINK.findall((ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= MOST_WORDS
