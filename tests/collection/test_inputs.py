import bz2
import dataclasses
import gzip
import io
import lzma
import os
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from emotion_recognition.collection.inputs import items_of
from emotion_recognition.collection.plan import Plan, write_plan
from emotion_recognition.detection.video.writer import open_video
from emotion_recognition.error_about import names_of
from emotion_recognition.pictures.image_file import write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a.png, deep/b.png and notes.txt, which lists both, and a.png once more under another name."""
    (tmp_path / "deep").mkdir()
    for name, value in (("a.png", 1), ("deep/b.png", 2)):
        write_image(tmp_path / name, np.full((3, 4, 3), value, np.uint8))
    (tmp_path / "notes.txt").write_text("deep/../a.png\n\ndeep/b.png\n", encoding="utf-8")
    return tmp_path


def names(*inputs: Path | str, column: str | None = None) -> list[str]:
    return [item.name for _, item in items_of([str(given) for given in inputs], column)]


def contents(*inputs: Path | str, column: str | None = None) -> list[bytes]:
    return [item.read() for _, item in items_of([str(given) for given in inputs], column)]


def test_a_folder_leads_to_all_pictures_below_it(folder: Path) -> None:
    assert sorted(names(folder)) == [str(folder / "a.png"), str(folder / "deep" / "b.png")]


def test_links_in_a_folder_count_by_what_they_lead_to(folder: Path) -> None:
    for link, target in (("linked.png", "a.png"), ("loop.png", "loop.png"), ("gone.png", "none"), ("link", "deep")):
        (folder / link).symlink_to(folder / target)
    os.mkfifo(folder / "pipe.png")
    assert sorted(names(folder)) == [str(folder / name) for name in ("a.png", "deep/b.png", "linked.png")]


def test_linked_folders_are_followed_once(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_image(elsewhere / "c.png", np.full((3, 4, 3), 3, np.uint8))
    (elsewhere / "back").symlink_to(folder)
    for link in ("x", "deep/y"):
        (folder / link).symlink_to(elsewhere)
    assert sorted(names(folder)) == [str(folder / name) for name in ("a.png", "deep/b.png", "deep/y/c.png")]


def test_two_stars_at_the_end_of_a_pattern_mean_files(folder: Path) -> None:
    assert sorted(names(f"{folder}/**")) == sorted(names(f"{folder}/**/*"))


def test_a_url_of_this_machine_is_the_path(folder: Path) -> None:
    places = {item.place for _, item in items_of([str(folder / "a.png"), f"file://{folder}/a.png"])}
    assert places == {str(folder / "a.png")}


def test_a_folder_is_listed_without_holding_its_names(tmp_path: Path) -> None:
    for number in range(2_000):
        (tmp_path / f"{number:04d}.jpg").touch()
    names(tmp_path)
    tracemalloc.start()
    count = sum(1 for _ in items_of([str(tmp_path)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 100_000  # bytes; the names alone take more


def test_a_pattern_leads_to_pictures_videos_and_lists(folder: Path) -> None:
    with open_video(folder / "film.mp4", (64, 48), 25) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    found = list(items_of([str(folder / "*.*")]))
    assert {item.kind for _, item in found} == {"file", "video"}
    assert sorted(Path(item.name).name for _, item in found) == ["a.png", "a.png", "b.png", "film.mp4"]


def test_a_pattern_takes_what_a_folder_takes(folder: Path) -> None:
    (folder / "a.png").rename(folder / "phone")  # known by its first bytes
    for hidden in ("._b.png", ".c.1-2-3.partial.png"):
        (folder / hidden).write_bytes(b"no picture")
    (folder / "deep" / "b.png").unlink()
    (folder / "notes.txt").unlink()
    assert names(folder) == names(folder / "*") == [str(folder / "phone")]


def test_hidden_files_in_a_tar_are_no_pictures(folder: Path) -> None:
    with tarfile.open(folder / "shard.tar", "w") as tar:
        for name in ("x/._a.png", "x/a.png", ".b.png"):
            tar.add(folder / "a.png", name)
    assert names(folder / "shard.tar") == [f"{folder / 'shard.tar'}/x/a.png"]


def test_what_earlier_runs_have_written_is_left_out(folder: Path) -> None:
    (folder / "deep_emotions").mkdir()
    for name in ("a_emotions.png", "deep/b_face1_happy.png", "deep_emotions/b.png", "others_emotions.png"):
        write_image(folder / name, np.zeros((3, 4, 3), np.uint8))
    for given in (str(folder), str(folder / "**" / "*.png")):
        left_out: list[str] = []
        found = [item.name for _, item in items_of([given], leave_out=left_out.append)]
        assert sorted(found) == [str(folder / name) for name in ("a.png", "deep/b.png", "others_emotions.png")]
        assert sorted(left_out) == [
            str(folder / name) for name in ("a_emotions.png", "deep/b_face1_happy.png", "deep_emotions/b.png")
        ]


@pytest.mark.parametrize("name", ["a.txt", "a.tar", "a.parquet"])
def test_a_pipe_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=r"is not a file\."):
        names(tmp_path / name)


def test_a_picture_that_is_a_pipe_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(ValueError, match=r"a\.jpg is not a file\."):
        contents(tmp_path / "a.jpg")


def test_lists_of_paths_are_relative_to_the_list(folder: Path) -> None:
    table = pa.table({"label": ["x", "y"], "path": ["a.png", str(folder / "deep" / "b.png")]})
    parquet.write_table(table, folder / "list.parquet")
    wanted = [(folder / name).read_bytes() for name in ("a.png", "deep/b.png")]
    assert contents(folder / "list.parquet") == wanted
    assert contents(folder / "notes.txt") == wanted


def test_a_list_may_begin_with_a_mark_of_its_encoding(folder: Path) -> None:
    (folder / "notes.txt").write_text("a.png\ndeep/b.png\n", encoding="utf-8-sig")
    assert names(folder / "notes.txt") == [str(folder / "a.png"), str(folder / "deep" / "b.png")]


def test_rows_without_a_path_are_pictures_that_are_not_there(folder: Path) -> None:
    table = pa.table({"path": ["a.png", None, "", "deep/b.png"]})
    parquet.write_table(table, folder / "list.parquet")
    found = [item for _, item in items_of([str(folder / "list.parquet")], None)]
    assert [item.name for item in found[1:3]] == [f"{folder / 'list.parquet'}#{row}" for row in (1, 2)]
    for item in found[1:3]:
        with pytest.raises(FileNotFoundError):
            item.read()
    assert [item.read() for item in (found[0], found[3])] == [
        (folder / name).read_bytes() for name in ("a.png", "deep/b.png")
    ]


@pytest.mark.parametrize("nested", [False, True])
def test_lists_of_bytes(folder: Path, nested: bool) -> None:
    encoded = [(folder / name).read_bytes() for name in ("a.png", "deep/b.png", "a.png")]
    column = [{"bytes": content, "path": "x"} for content in encoded] if nested else encoded
    parquet.write_table(
        pa.table({"image": column, "key": ["k0", "k1", "k2"]}), folder / "list.parquet", row_group_size=2
    )
    assert contents(folder / "list.parquet") == encoded
    assert names(folder / "list.parquet", column="image")[2] == f"{folder / 'list.parquet'}#2 k2"


def test_links_in_a_tar_are_pictures_that_cannot_be_read(folder: Path) -> None:
    with tarfile.open(folder / "shard.tar", "w") as tar:
        tar.add(folder / "a.png", "a.png")
        for kind, name in ((tarfile.SYMTYPE, "soft.png"), (tarfile.LNKTYPE, "hard.png"), (tarfile.SYMTYPE, "no.txt")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "a.png"
            tar.addfile(link)
    assert contents(folder / "shard.tar") == [(folder / "a.png").read_bytes(), b"", b""]
    assert names(folder / "shard.tar")[1:] == [f"{folder / 'shard.tar'}/{name}" for name in ("soft.png", "hard.png")]


def test_a_folder_that_cannot_be_looked_into_is_a_picture_that_cannot_be_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_into = os.scandir

    def closed(path: str) -> object:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", path)
        return look_into(path)

    monkeypatch.setattr("emotion_recognition.collection.places.os.scandir", closed)
    assert sorted(names(folder)) == [str(folder / "a.png"), str(folder / "deep")]
    with pytest.raises(ValueError, match=r"deep is not a file\."):
        contents(folder)


def test_a_folder_of_videos_says_how_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(ValueError, match=r"leads to no picture; of a folder only pictures are taken, of a pattern"):
        names(tmp_path)


def test_tar_shards(folder: Path) -> None:
    with tarfile.open(folder / "shard.tar", "w") as tar:
        for name in ("a.png", "deep/b.png", "notes.txt"):
            tar.add(folder / name, arcname=f"000/{name}")
    assert names(folder / "shard.tar") == [f"{folder / 'shard.tar'}/000/{name}" for name in ("a.png", "deep/b.png")]
    assert contents(folder / "shard.tar") == [(folder / name).read_bytes() for name in ("a.png", "deep/b.png")]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_compressed_tar_shards(folder: Path, kind: str) -> None:
    write_image(folder / "c.png", np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    members = ("a.png", "c.png", "deep/b.png")
    with tarfile.open(folder / f"shard.tar.{kind}", f"w:{kind}") as tar:  # type: ignore[call-overload]
        tar.add(folder / "deep", arcname="000", recursive=False)
        for name in members:
            tar.add(folder / name, arcname=f"000/{name}")
    # Also one whose name does not say so, by a pattern and through fsspec.
    (folder / "quiet.tar").write_bytes((folder / f"shard.tar.{kind}").read_bytes())
    wanted = [(folder / name).read_bytes() for name in members]
    place = folder / f"shard.tar.{kind}"
    assert names(place) == [f"{place}/000/{name}" for name in members]
    for given in (place, folder / "quiet.tar", f"{folder}/shard.*", f"file://{place}"):
        assert contents(given) == wanted
    items = [item for _, item in items_of([str(place)])]
    # Backwards too, as after a piece that was lost.
    assert [item.read() for item in reversed(items)] == wanted[::-1]
    cut = folder / f"cut.tar.{kind}"
    cut.write_bytes(place.read_bytes()[:-9000])
    with pytest.raises(ValueError, match=r"cut\.tar\.\w+ is cut short or damaged: ") as caught:
        dataclasses.replace(items[2], place=str(cut)).read()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["", "gz"])
def test_a_damaged_or_cut_header_in_a_tar_is_no_end(kind: str, folder: Path) -> None:
    plain = folder / "plain.tar"
    with tarfile.open(plain, "w") as tar:
        for number in range(4):
            tar.add(folder / "a.png", f"{number}.png")
    with tarfile.open(plain) as tar:
        third = tar.getmembers()[2].offset
    content = plain.read_bytes()
    damaged = content[: third + 148] + b"garbage!" + content[third + 156 :]
    for name, wrong, words in (("bad", damaged, "invalid header"), ("cut", content[: third + 100], "truncated header")):
        place = folder / f"{name}.tar"
        place.write_bytes(gzip.compress(wrong) if kind else wrong)
        with pytest.raises(ValueError, match=rf"{name}\.tar is not a tar file, or is damaged: {words}"):
            names(place)
    # A tar may end without the blocks of zeros that are usual.
    (folder / "short.tar").write_bytes(content[:third])
    assert [Path(name).name for name in names(folder / "short.tar")] == ["0.png", "1.png"]


def test_names_that_are_no_text_are_shown(folder: Path) -> None:
    place = folder / "t\udcff.tar"
    with tarfile.open(place, "w") as tar:
        tar.add(folder / "a.png", "a.png")
    assert names(place) == [f"{folder}/t\\xff.tar/a.png"]
    parquet.write_table(pa.table({"path": pa.array([None], pa.string())}), folder / "l.parquet")
    (folder / "l.parquet").rename(folder / "l\udcff.parquet")
    assert names(folder / "l\udcff.parquet") == [f"{folder}/l\\xff.parquet#0"]


@pytest.fixture
def memory(folder: Path) -> Iterator[str]:
    """The same pictures in a file system in memory."""
    files = fsspec.filesystem("memory")
    for name in ("a.png", "deep/b.png"):
        files.pipe(f"/bucket/{name}", (folder / name).read_bytes())
    files.pipe("/bucket/list.txt", b"a.png\nmemory://bucket/deep/b.png\n")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(folder / "a.png", arcname="a.png")
    files.pipe("/bucket/shard.tar", buffer.getvalue())
    yield "memory://bucket"
    files.rm("/bucket", recursive=True)


def test_everything_works_through_fsspec(folder: Path, memory: str) -> None:
    wanted = [(folder / name).read_bytes() for name in ("a.png", "deep/b.png")]
    assert contents(memory) == wanted
    assert names(memory) == ["memory:///bucket/a.png", "memory:///bucket/deep/b.png"]
    assert contents(f"{memory}/**/*.png") == wanted
    assert contents(f"{memory}/list.txt") == wanted
    assert contents(f"{memory}/shard.tar") == wanted[:1]


def test_bad_input_is_one_line_that_names_it(folder: Path, memory: str) -> None:
    parquet.write_table(pa.table({"label": ["x"], "size": [3]}), folder / "list.parquet")
    (folder / "broken.parquet").write_bytes((folder / "list.parquet").read_bytes()[:-10])
    (folder / "broken.tar").write_bytes(b"no tar" * 200)
    (folder / "broken.txt").write_bytes(b"\xff\xfe")
    (folder / "shard.tar.zst").touch()
    (folder / "empty.tgz").touch()
    (folder / "empty").mkdir()
    with tarfile.open(folder / "whole.tar", "w") as tar:
        tar.add(folder / "a.png")
        tar.add(folder / "a.png", arcname="b.png")
    whole = (folder / "whole.tar").read_bytes()
    (folder / "cut.tar").write_bytes(whole[:1100])
    packed = gzip.compress(whole)
    (folder / "cut.tar.gz").write_bytes(packed[:-20])
    # Its checksum is that of something else.
    (folder / "flipped.tar.gz").write_bytes(packed[:-8] + bytes(4) + packed[-4:])
    (folder / "flipped.tar.xz").write_bytes(lzma.compress(whole)[:40] + bytes(40))
    (folder / "flipped.tar.bz2").write_bytes(bz2.compress(whole)[:40] + bytes(40))
    for given, column, message in (
        (folder / "list.parquet", None, "none of the columns path, file, .* it has label, size"),
        (folder / "list.parquet", "picture", "has no column picture; it has label, size"),
        (folder / "list.parquet", "size", "The column size of .* must be text or bytes. Received: int64"),
        (folder / "broken.parquet", None, "is not a Parquet file, or is damaged"),
        (folder / "broken.tar", None, "is not a tar file, or is damaged"),
        (folder / "cut.tar", None, "is not a tar file, or is damaged"),
        (folder / "broken.txt", None, "is not UTF-8 text"),
        (folder / "shard.tar.zst", None, "is compressed; unpack it. Only tar files may be, by gzip, bzip2 or xz"),
        (folder / "empty.tgz", None, "is not a tar file, or is damaged"),
        (folder / "cut.tar.gz", None, "is not a tar file, or is damaged"),
        (folder / "flipped.tar.gz", None, "is not a tar file, or is damaged"),
        (folder / "flipped.tar.xz", None, "is not a tar file, or is damaged"),
        (folder / "flipped.tar.bz2", None, "is not a tar file, or is damaged"),
        (folder / "empty", None, "leads to no picture"),
        (folder / "*.gif", None, "leads to no picture"),
        (folder / "missing", None, "There is no .*missing"),
        (f"{memory}/missing.jpg", None, "There is no memory://bucket/missing.jpg"),
        ("nonsense://bucket", None, "nonsense://bucket cannot be read"),
    ):
        with pytest.raises((ValueError, OSError), match=message) as caught:
            names(given, column=column)
        assert "\n" not in str(caught.value)
        assert names_of(caught.value)


def test_a_plan_has_each_item_once_and_a_video_alone(folder: Path) -> None:
    with open_video(folder / "deep" / "film.mp4", (64, 48), 25) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    for i in range(3):
        write_image(folder / "deep" / f"{i}.png", np.full((3, 4, 3), i, np.uint8))
    inputs = [str(folder / "notes.txt"), str(folder / "deep" / "*"), str(folder)]
    write_plan(folder / "plan.sqlite", items_of(inputs), shard_size=2)
    with Plan(folder / "plan.sqlite") as plan:
        shards = [[Path(item.place).name for item in plan.shard(number)] for number in range(plan.shards)]
        assert [plan.size(number) for number in range(plan.shards)] == [2, 2, 1, 1]
        assert plan.items == 6
    assert shards == [["a.png", "b.png"], ["0.png", "1.png"], ["2.png"], ["film.mp4"]]


def test_a_damaged_plan_or_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no .*plan\.sqlite"):
        Plan(tmp_path / "plan.sqlite")
    (tmp_path / "plan.sqlite").write_bytes(b"no plan" * 1000)
    with pytest.raises(ValueError, match=r"plan\.sqlite is damaged"):
        Plan(tmp_path / "plan.sqlite")
