from pathlib import Path

import pytest

from emotion_recognition.detection.runs.inputs import Input
from emotion_recognition.detection.runs.output_paths import check_result_paths, output_of
from emotion_recognition.detection.runs.picture_run import annotated_paths
from emotion_recognition.workspace import Workspace

BASE = Workspace(Path("base"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Input(pictures=(Path("in/a.jpg"),)), "in/a_emotions.jpg"),
        (Input(pictures=(Path("in/a.psd"),)), "in/a.psd_emotions.png"),
        (Input(pictures=(Path("in/a.PGM"),)), "in/a.PGM_emotions.png"),  # has no colour
        (Input(pictures=(Path("in/a"),)), "in/a_emotions.png"),
        (Input(pictures=(Path("in/a.jpg"),), folder=Path("in")), "in_emotions"),
        (Input(video=Path("in/a.MOV")), "in/a_emotions.MOV"),
        (Input(video=Path("in/a.webm")), "in/a.webm_emotions.mp4"),
        (Input(pictures=(BASE.sample_photo,)), "base/output/testOutput.jpg"),
    ],
)
def test_by_default_results_lie_beside_the_input_and_never_over_it(source: Input, expected: str) -> None:
    assert output_of(source, None, BASE) == Path(expected)


def test_a_camera_has_no_default() -> None:
    assert output_of(Input(camera=0), None, BASE) is None
    assert output_of(Input(camera=0), Path("a.mp4"), BASE) == Path("a.mp4")


def test_a_link_to_the_input_is_the_input(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "link.mp4").hardlink_to(tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="must not replace the input"):
        output_of(Input(video=tmp_path / "a.mp4"), tmp_path / "link.mp4", BASE)
    with pytest.raises(ValueError, match="must not replace the input"):
        check_result_paths([tmp_path / "link.mp4"], Input(video=tmp_path / "a.mp4"), None)


def test_pictures_of_several_folders_keep_their_place(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.jpg", tmp_path / "deep" / "a.jpg", tmp_path / "b.tga", tmp_path / "c.pgm"]
    pairs = annotated_paths(pictures, tmp_path, Path("out"))
    assert [copy.as_posix() for _, copy in pairs] == ["out/a.jpg", "out/deep/a.jpg", "out/b.tga.png", "out/c.pgm.png"]


def test_no_copy_has_the_path_of_another(tmp_path: Path) -> None:
    pictures = [tmp_path / name for name in ("a.psd", "a.psd.png", "a.jpg", "a.jpeg", "a.png", "a.psd-2.png")]
    copies = [copy.as_posix() for _, copy in annotated_paths(pictures, tmp_path, Path("out"))]
    assert copies == [
        *("out/a.psd.png", "out/a.psd-2.png", "out/a.jpg", "out/a.jpeg", "out/a.png", "out/a.psd-2-2.png")
    ]


def test_a_way_up_and_down_does_not_lead_out_of_the_output(tmp_path: Path) -> None:
    pictures = [tmp_path / "deep" / ".." / "a.jpg", tmp_path / "deep" / "b.jpg"]
    copies = [copy.as_posix() for _, copy in annotated_paths(pictures, tmp_path, Path("out"))]
    assert copies == ["out/a.jpg", "out/deep/b.jpg"]
