import subprocess
import sys
from pathlib import Path

import pytest

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.registry import SOURCES, recognise, sources_help, sources_table
from emotion_recognition.data.sources.source import SourceOptions
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.emotions import class_names
from emotion_recognition.error_about import names_of
from emotion_recognition.workspace import SPLITS, Variant

SEVEN = ClassLabels(class_names(7))
OWN = ClassLabels(("a", "b"), own=True)


def kind_named(words: str) -> int:
    return next(i for i, kind in enumerate(SOURCES) if words in kind.name)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("emotion,pixels,Usage", "FER2013's CSV"),
        ("emotion,pixels", "train.csv"),
        ("pixels", "test.csv"),
    ],
)
def test_a_csv_is_known_by_its_columns(tmp_path: Path, header: str, words: str) -> None:
    path = tmp_path / "any.csv"
    path.write_text(f"{header}\n")
    assert words in recognise(path).name


def test_a_folder_is_known_by_its_annotations(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    assert "one for each class" in recognise(tmp_path).name
    (tmp_path / "happy" / "a.xml").write_text("<annotation/>")
    assert "Pascal VOC" in recognise(tmp_path).name


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotation/>")
    with pytest.raises(ValueError, match=r"a\.xml is one annotation; give the folder"):
        recognise(tmp_path / "a.xml")
    (tmp_path / "a.csv").write_text("image,label\n")
    with pytest.raises(ValueError, match=r"a\.csv: the first line must name the columns pixels"):
        recognise(tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError):
        recognise(tmp_path / "missing")


@pytest.mark.parametrize(
    ("words", "options", "about"),
    [
        ("FER2013's CSV", SourceOptions(OWN), "classes"),
        ("train.csv", SourceOptions(OWN), "classes"),
        ("train.csv", SourceOptions(SEVEN, votes=Path("votes.csv")), "votes"),
        ("test.csv", SourceOptions(SEVEN, Variant(labels="ferplus")), "labels"),
        ("Pascal VOC", SourceOptions(SEVEN, votes=Path("votes.csv")), "votes"),
        ("folders of pictures", SourceOptions(SEVEN, Variant(labels="ferplus")), "labels"),
        ("FER2013's CSV", SourceOptions(SEVEN, shares=SplitShares(val=0.2)), "shares"),
        ("test.csv", SourceOptions(SEVEN, shares=SplitShares(seed=1)), "shares"),
    ],
)
def test_options_that_a_source_does_not_take_are_named(words: str, options: SourceOptions, about: str) -> None:
    with pytest.raises(ValueError, match=f"do not go with .*{words}") as caught:
        SOURCES[kind_named(words)].open(Path("nowhere"), options)
    assert names_of(caught.value) == (about,)


def test_options_that_a_source_takes_reach_it(tmp_path: Path) -> None:
    options = SourceOptions(SEVEN, Variant(labels="ferplus", image_size=96), votes=tmp_path / "votes.csv")
    with pytest.raises(FileNotFoundError, match=r"votes\.csv"):
        SOURCES[kind_named("FER2013's CSV")].open(tmp_path / "fer2013.csv", options)
    for name in OWN.names:
        (tmp_path / "folders" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "folders" / name / f"{number}.png").write_bytes(b"")
    source = SOURCES[kind_named("folders of pictures")].open(tmp_path / "folders", SourceOptions(OWN))
    assert (source.name, source.total, source.splits, source.columns) == ("folders", 8, SPLITS, ("labels",))


def test_help_and_table_have_a_line_for_every_kind() -> None:
    assert sources_help().splitlines() == [f"  {kind.description}" for kind in SOURCES]
    lines = sources_table().splitlines()
    assert lines[:2] == ["| source | what it holds | takes |", "| --- | --- | --- |"]
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {kind.name}" for kind in SOURCES]
    assert lines[2 + kind_named("FER2013's CSV")].endswith("| FER+'s labels, FER+'s votes |")


def test_the_registry_imports_no_reader_of_pictures() -> None:
    code = (
        "import sys, emotion_recognition.data.sources.registry\n"
        "print(sorted({'cv2', 'h5py', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
