from pathlib import Path

import pytest

from emotion_recognition import workspace as workspace_module
from emotion_recognition.workspace import (
    DEFAULT_BASE_PATH,
    DEFAULT_MODEL_NAME,
    LABELS,
    SPLITS,
    Variant,
    Workspace,
    beside,
    card_path,
    default_base_path,
    find_released_face_detector,
    find_released_model,
)


def test_folders_are_created_and_what_is_in_them_stays(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new" / "base")
    workspace.create_folders()
    assert sorted(path.name for path in workspace.base_path.iterdir()) == ["fer2013", "hdf5", "output"]
    (workspace.output_folder / "model.keras").write_text("weights")
    workspace.create_folders()
    assert (workspace.output_folder / "model.keras").read_text() == "weights"


def test_every_split_of_every_build_has_its_own_file_in_hdf5() -> None:
    workspace = Workspace(Path("base"))
    paths = {workspace.split_path(split, count) for split in SPLITS for count in (6, 7)}
    assert len(paths) == 6
    assert {path.parent for path in paths} == {Path("base/hdf5")}
    assert workspace.split_path("test", 6) == Path("base/hdf5/fer2013_6classes_test.hdf5")


def test_builds_of_other_images_or_classes_lie_beside_the_usual_one() -> None:
    workspace = Workspace(Path("base"))
    variants = [Variant(own, size, channels) for own in (False, True) for size in (48, 224) for channels in (1, 3)]
    assert len({workspace.split_path("val", 7, variant=variant) for variant in variants}) == 8
    assert len({workspace.unlabelled_path(variant=variant) for variant in variants}) == 8
    own = Variant(own_classes=True, image_size=96)
    assert workspace.split_path("train", 3, variant=own) == Path("base/hdf5/own_3classes_96px_train.hdf5")
    assert workspace.samples_figure(3, variant=own) == Path("base/output/own_3classes_96px_samples.png")
    assert workspace.distribution_figure(3, variant=own) == Path("base/output/own_3classes_96px_distribution.png")
    assert workspace.unreadable_report(3, variant=own) == Path("base/output/own_3classes_96px_unreadable.txt")


@pytest.mark.parametrize(("size", "channels"), [(50, 1), (48, 2), (0, 1), (48, 4)])
def test_other_image_sizes_and_channels_are_refused(size: int, channels: int) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        Variant(image_size=size, channels=channels)


def test_builds_with_other_labels_have_files_of_their_own() -> None:
    workspace = Workspace(Path("base"))
    assert len({workspace.split_path("test", 7, variant=Variant(labels=labels)) for labels in LABELS}) == 3
    assert workspace.split_path("test", 7, variant=Variant(labels="fer2013")) == workspace.split_path("test", 7)
    ferplus = Variant(labels="ferplus")
    assert workspace.distribution_figure(8, variant=ferplus) == Path("base/output/ferplus_8classes_distribution.png")
    assert workspace.audit_file(8, ".txt", variant=ferplus) == Path("base/output/ferplus_8classes_audit.txt")
    with pytest.raises(ValueError, match="labels must be one of"):
        Variant(labels="fer+")


def test_photographs_with_face_boxes_have_files_of_their_own() -> None:
    workspace = Workspace(Path("base"))
    assert workspace.face_split_path("train") == Path("base/hdf5/faces_train.hdf5")
    assert workspace.face_split_path("val") == Path("base/hdf5/faces_val.hdf5")
    assert workspace.unreadable_faces_report == Path("base/output/faces_unreadable.txt")
    assert workspace.released_face_detector == Path("base/output/face_ssd.keras")
    assert card_path(workspace.released_face_detector) == Path("base/output/face_ssd.json")
    with pytest.raises(ValueError, match=r"split must be one of \['train', 'val'\]. Received: 'test'"):
        workspace.face_split_path("test")


def test_the_builds_figures_do_not_replace_each_other() -> None:
    workspace = Workspace(Path("base"))
    assert workspace.distribution_figure(6) == Path("base/output/fer2013_6classes_distribution.png")
    assert workspace.distribution_figure(7) == Path("base/output/fer2013_7classes_distribution.png")


@pytest.mark.parametrize("split", ["validation", "Training", ""])
def test_an_unknown_split_is_refused(split: str) -> None:
    with pytest.raises(ValueError, match="split must be one of"):
        Workspace().split_path(split, 7)


def test_a_model_is_found_by_its_path_before_its_name_in_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(Path("base"))
    workspace.create_folders()
    in_output = workspace.output_folder / "a.keras"
    in_output.write_bytes(b"")
    assert workspace.find_model("a.keras") == in_output
    Path("a.keras").write_bytes(b"")
    assert workspace.find_model("a.keras") == Path("a.keras")
    absolute = tmp_path / "a.keras"
    assert workspace.find_model(absolute) == absolute


def test_a_missing_model_is_an_error_that_names_both_places(tmp_path: Path) -> None:
    (tmp_path / "output" / "a.keras").mkdir(parents=True)  # a folder is no model
    with pytest.raises(FileNotFoundError) as caught:
        Workspace(tmp_path).find_model("a.keras")
    assert str(caught.value) == f"There is no model a.keras and none at {tmp_path / 'output' / 'a.keras'}."


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_a_new_model_goes_to_output_unless_it_has_a_folder(suffix: str) -> None:
    workspace = Workspace(Path("base"))
    assert workspace.new_model(f"a{suffix}") == Path("base/output") / f"a{suffix}"
    assert workspace.new_model(f"elsewhere/a{suffix}") == Path("elsewhere") / f"a{suffix}"
    assert workspace.new_model(f"/tmp/a{suffix}") == Path("/tmp") / f"a{suffix}"


@pytest.mark.parametrize("name", ["model", "model.pt", "model.KERAS", "model.keras.zip", ""])
def test_a_model_with_another_suffix_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must end in one of"):
        Workspace().new_model(name)


def test_the_default_model_can_be_written() -> None:
    assert Workspace(Path("base")).new_model(DEFAULT_MODEL_NAME).parent == Path("base/output")


def test_files_beside_a_model_have_its_name() -> None:
    assert beside(Path("output/a.b.keras"), "_log.csv") == Path("output/a.b_log.csv")
    assert card_path(Path("output/a.hdf5")) == Path("output/a.json")


def test_an_annotated_photo_lies_beside_the_photo_and_is_another_file() -> None:
    workspace = Workspace(Path("base"))
    assert workspace.annotated_photo(Path("base/output/testImage.jpg")) == Path("base/output/testOutput.jpg")
    assert workspace.annotated_photo(Path("photos/me.png")) == Path("photos/me_emotions.png")


def move_package(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes it as if the package lay in another checkout; returns the package's folder."""
    package = checkout / "emotion_recognition"
    monkeypatch.setattr(workspace_module, "_PACKAGE", package)
    monkeypatch.setattr(workspace_module, "_CHECKOUT", checkout / DEFAULT_BASE_PATH)
    return package


def test_the_face_detector_is_found_near_then_in_the_checkout_then_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = move_package(tmp_path / "checkout", monkeypatch)
    near = Workspace(tmp_path / "base")
    checkout = Workspace(tmp_path / "checkout" / DEFAULT_BASE_PATH)
    for workspace in (near, checkout):
        workspace.create_folders()
    # A model without its ONNX copy is none that detection runs.
    near.released_face_detector.touch()
    with pytest.raises(
        FileNotFoundError, match=r"There is no face detector .*face_ssd\.keras, none at .*, and none at"
    ):
        find_released_face_detector(near)
    installed = package / "released" / "face_ssd.onnx"
    installed.parent.mkdir(parents=True)
    installed.touch()
    assert find_released_face_detector(near) == installed
    checkout.released_face_detector.with_suffix(".onnx").touch()
    assert find_released_face_detector(near) == checkout.released_face_detector
    near.released_face_detector.with_suffix(".onnx").touch()
    assert find_released_face_detector(near) == near.released_face_detector


def test_without_a_choice_a_stray_folder_in_the_working_directory_is_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = move_package(tmp_path / "checkout", monkeypatch)
    monkeypatch.chdir(tmp_path)
    stray, checkout = Workspace(DEFAULT_BASE_PATH), Workspace(tmp_path / "checkout" / DEFAULT_BASE_PATH)
    for workspace in (stray, checkout):
        workspace.create_folders()
    stray.released_model(7).touch()
    assert find_released_model(7) == stray.released_model(7)
    installed = package / "released" / "emotion_classification_7classes.onnx"
    installed.parent.mkdir(parents=True)
    installed.touch()
    assert find_released_model(7) == installed
    checkout.released_model(7).touch()
    assert find_released_model(7) == checkout.released_model(7)
    # In one place the model for photographs comes first; a nearer place comes before it.
    stray.released_photograph_model(7).touch()
    assert find_released_model(7) == checkout.released_model(7)
    checkout.released_photograph_model(7).touch()
    assert find_released_model(7) == checkout.released_photograph_model(7)
    stray.released_photograph_model(7).unlink()
    # That for FER+'s labels is last.
    checkout.released_ferplus_model(7).touch()
    assert find_released_model(7) == checkout.released_photograph_model(7)
    checkout.released_ferplus_model(8).touch()
    assert find_released_model(8) == checkout.released_ferplus_model(8)
    # Whoever chooses a base path means it.
    assert find_released_model(7, stray) == stray.released_model(7)
    with pytest.raises(
        FileNotFoundError, match=r"There is no model .*checkout.*6classes\.keras, none at .*, and none at"
    ):
        find_released_model(6)


def test_a_place_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_recognition.workspace._CHECKOUT", tmp_path / DEFAULT_BASE_PATH)
    monkeypatch.setattr("emotion_recognition.workspace._PACKAGE", tmp_path / "package")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"^There is no model \S+8classes\.keras and none at \S+\.onnx\.$"):
        find_released_model(8)


def test_the_default_base_path_is_the_working_directory_s_or_else_the_checkout_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_package(tmp_path / "checkout", monkeypatch)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert default_base_path() == DEFAULT_BASE_PATH  # there is none; it may be created here
    checkout = tmp_path / "checkout" / DEFAULT_BASE_PATH
    checkout.mkdir(parents=True)
    assert default_base_path() == Workspace().base_path == checkout
    DEFAULT_BASE_PATH.mkdir()
    assert default_base_path() == Workspace().base_path == DEFAULT_BASE_PATH


def test_what_is_annotated_lies_beside_its_source() -> None:
    workspace = Workspace(Path("base"))
    assert workspace.annotated_video(Path("in/a.mp4"), ".mp4") == Path("in/a_emotions.mp4")
    assert workspace.annotated_video(Path("in/a.webm"), ".mp4") == Path("in/a.webm_emotions.mp4")
    assert workspace.annotated_folder(Path("photos/summer")) == Path("photos/summer_emotions")
    assert workspace.annotated_folder(Path("/")) == Path("pictures_emotions")
    assert workspace.timeline_figure(Path("in/a_emotions.mp4")) == Path("in/a_emotions_timeline.png")
    assert workspace.timeline_figure(Path("in/a_emotions.mkv")) == Path("in/a_emotions.mkv_timeline.png")


def test_a_new_model_takes_no_other_model_s_card(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.output_folder.mkdir()
    (workspace.output_folder / "q.keras").touch()
    assert workspace.new_model("q.keras") == workspace.output_folder / "q.keras"
    with pytest.raises(ValueError, match=r"q\.h5 would replace the card and the log of q\.keras; choose another name"):
        workspace.new_model("q.h5")
