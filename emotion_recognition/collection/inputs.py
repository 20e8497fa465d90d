"""From what a user names to items: folders, patterns, lists, tar shards, videos, pictures.

Items come one by one, so that a list of millions needs no memory; :mod:`emotion_recognition.collection.plan` puts them
in order.
"""

import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tarfile import EmptyHeaderError, EOFHeaderError, HeaderError, ReadError, TarFile, TarInfo  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

from emotion_recognition.collection import places
from emotion_recognition.collection.items import FILE, IN_PACKED_TAR, IN_PARQUET, IN_TAR, VIDEO, Item
from emotion_recognition.collection.tar_bytes import is_tar_name, read_to_end, unpacked
from emotion_recognition.detection.runs.inputs import VIDEO_SUFFIXES, fixed_folder
from emotion_recognition.detection.runs.own_outputs import OwnOutputs
from emotion_recognition.error_about import about
from emotion_recognition.pictures.picture_kind import is_picture_file
from emotion_recognition.pictures.shown_path import shown_path

if TYPE_CHECKING:
    import pyarrow as pa

#: Suffixes of text files that list pictures.
LIST_SUFFIXES = (".txt", ".lst")

#: Suffixes of compressed files that are no tar, or compressed in another way.
_COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")

#: Columns of a Parquet list that are looked for, in this order, where none is named.
USUAL_COLUMNS = ("path", "file", "filename", "url", "image", "bytes")

#: Columns of a Parquet list of bytes that may name the pictures.
_NAMES = ("path", "file", "filename", "url", "__key__", "key")


def items_of(
    inputs: Sequence[str], column: str | None = None, leave_out: Callable[[str], None] = lambda place: None
) -> Iterator[tuple[int, Item]]:
    """The items that inputs lead to, each with the number of its input; one may come more than once.

    Args:
        inputs: Folders, with all that is below them, patterns, ``.txt`` or ``.parquet`` lists, tar shards, videos
            or pictures; paths or URLs.
        column: The column of Parquet lists that has the paths or bytes; by default one of :data:`USUAL_COLUMNS`.
        leave_out: Called with each file that a folder or a pattern of this machine leads to and that an earlier run has
            written, such as ``a_emotions.jpg`` beside ``a.jpg``; it is no item.

    Raises:
        FileNotFoundError: If there is no such input.
        ValueError: If an input leads to nothing, is damaged, or has no such column.
    """
    for number, given in enumerate(inputs):
        found = False
        for item in _items(given, column, leave_out):
            found = True
            yield number, item
        if not found:
            folder = not places.is_pattern(given) and places.is_folder(given)
            of_folder = "; of a folder only pictures are taken, of a pattern such as DIR/* videos too"
            raise about(ValueError(f"{given} leads to no picture{of_folder if folder else ' and no video'}."), "input")


def _items(given: str, column: str | None, leave_out: Callable[[str], None]) -> Iterator[Item]:
    if places.is_pattern(given):
        for match in _without_outputs(given, fixed_folder(Path(given)), places.matches(given), leave_out):
            if is_tar_name(match) or _suffix(match) in (".parquet", *LIST_SUFFIXES):
                yield from _items_in(match, column)
            elif _suffix(match) in VIDEO_SUFFIXES or _is_picture(match):
                yield _file(match)
    elif places.is_folder(given):
        yield from map(_file, _without_outputs(given, Path(given), places.pictures_below(given), leave_out))
    elif not places.exists(given):
        raise about(FileNotFoundError(f"There is no {given}."), "input")
    else:
        yield from _items_in(given, column)


def _without_outputs(given: str, base: Path, found: Iterable[str], leave_out: Callable[[str], None]) -> Iterator[str]:
    own = None if places.is_url(given) else OwnOutputs(base)
    for place in found:
        if own is not None and own.has(Path(place)):
            leave_out(place)
        else:
            yield place


def _items_in(file: str, column: str | None) -> Iterator[Item]:
    suffix = _suffix(file)
    if is_tar_name(file):
        yield from _in_tar(file)
    elif suffix in _COMPRESSED:
        raise about(
            ValueError(f"{file} is compressed; unpack it. Only tar files may be, by gzip, bzip2 or xz."), "input"
        )
    elif suffix == ".parquet":
        yield from _in_parquet(file, column)
    elif suffix in LIST_SUFFIXES:
        yield from _in_text(file)
    else:
        yield _file(file)


def _file(place: str) -> Item:
    kind = VIDEO if _suffix(place) in VIDEO_SUFFIXES else FILE
    return Item(places.shown_place(place), kind, places.whole_place(place))


def _in_text(file: str) -> Iterator[Item]:
    with places.open_place(file) as opened:
        try:
            for number, line in enumerate(opened):
                # Some editors begin a file with a mark of its encoding.
                if text := line.decode("utf-8" if number else "utf-8-sig").strip():
                    yield _file(places.beside(file, text))
        except UnicodeDecodeError as error:
            raise about(ValueError(f"{file} is not a list of paths: it is not UTF-8 text."), "input") from error


class _WholeHeader(TarInfo):
    """A member of a tar; a header that is cut off or damaged is an error wherever it stands.

    ``tarfile`` itself takes any but the first for the end.
    """

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> "_WholeHeader":
        try:
            return super().fromtarfile(tarfile)
        except (EOFHeaderError, EmptyHeaderError):
            # A block of zeros, or not a single byte more.
            raise
        except HeaderError as error:
            raise ReadError(str(error)) from error


def _in_tar(file: str) -> Iterator[Item]:
    place, shown = places.whole_place(file), places.shown_place(file)
    with places.open_place(file) as opened:
        try:
            with (
                unpacked(opened) as (stream, is_packed),
                tarfile.open(fileobj=stream, mode="r:", tarinfo=_WholeHeader) as tar,
            ):
                while (member := tar.next()) is not None:
                    # tarfile would remember all of them.
                    tar.members = []  # type: ignore[attr-defined]
                    # A link has no bytes of its own; it counts as a picture that cannot be read, so that none is lost.
                    is_file = member.isfile() or member.islnk() or member.issym()
                    if is_file and places.is_picture_name(member.name):
                        name = f"{shown}/{shown_path(Path(member.name))}"
                        yield Item(name, IN_PACKED_TAR if is_packed else IN_TAR, place, member.offset_data, member.size)
                if is_packed:
                    read_to_end(stream)
        except (tarfile.TarError, ValueError) as error:
            raise about(ValueError(f"{file} is not a tar file, or is damaged: {error}."), "input") from error


def _in_parquet(file: str, column: str | None) -> Iterator[Item]:
    import pyarrow as pa
    from pyarrow import parquet

    with places.open_place(file) as opened:
        try:
            table = parquet.ParquetFile(opened)
            chosen = _column_of(table.schema_arrow, file, column)
            kind = table.schema_arrow.field(chosen).type
            if pa.types.is_string(kind) or pa.types.is_large_string(kind):
                row = 0
                for batch in table.iter_batches(columns=[chosen]):
                    for path in batch.column(0).to_pylist():
                        # A row without a path counts as a picture that is not there, so that none is lost.
                        missing = f"{places.shown_place(file)}#{row}"
                        yield _file(places.beside(file, path)) if path else Item(missing, FILE, missing)
                        row += 1
            else:
                yield from _bytes_in(table, file, chosen)
        except (pa.ArrowException, OSError) as error:
            # Arrow says with an OSError too that a file is damaged, without the number that one of the system has.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            text = str(error).splitlines()[0].rstrip(".")
            raise about(ValueError(f"{file} is not a Parquet file, or is damaged: {text}."), "input") from error


def _bytes_in(table: "pa.parquet.ParquetFile", file: str, column: str) -> Iterator[Item]:
    place, shown, row = places.whole_place(file), places.shown_place(file), 0
    names = next((name for name in _NAMES if name in table.schema_arrow.names and name != column), None)
    for group in range(table.metadata.num_row_groups):
        count = table.metadata.row_group(group).num_rows
        named = table.read_row_group(group, columns=[names]).column(0).to_pylist() if names else [None] * count
        for start, name in enumerate(named):
            yield Item(f"{shown}#{row}" + (f" {name}" if name else ""), IN_PARQUET, place, start, group, column)
            row += 1


def _column_of(schema: "pa.Schema", file: str, column: str | None) -> str:
    import pyarrow as pa

    chosen = column or next((name for name in USUAL_COLUMNS if name in schema.names), None)
    if chosen is None or chosen not in schema.names:
        wanted = f"no column {column}" if column else f"none of the columns {', '.join(USUAL_COLUMNS)}"
        raise about(ValueError(f"{file} has {wanted}; it has {', '.join(schema.names)}."), "column")
    kind = schema.field(chosen).type
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    if not (binary or pa.types.is_string(kind) or pa.types.is_large_string(kind)) and not (
        pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    ):
        raise about(ValueError(f"The column {chosen} of {file} must be text or bytes. Received: {kind}"), "column")
    return chosen


def _is_picture(match: str) -> bool:
    """Whether what a pattern leads to is a picture, by the same signs as in a folder."""
    return places.is_picture_name(match) if places.is_url(match) else is_picture_file(Path(match))


def _suffix(place: str) -> str:
    return Path(place.rpartition("/")[2]).suffix.lower()
