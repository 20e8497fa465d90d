"""Makes the whole files that the campaign damages: small ones of every kind that is read."""

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from gzip import compress
from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.hdf5 import write_face_splits
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.files.hdf5 import Split, write_split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.unlabelled import describe_unlabelled
from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.emotions import class_names

_EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def painting(height: int = 24, width: int = 32, seed: int = 0) -> np.ndarray:
    """A BGR picture with slopes and noise, uint8 (height, width, 3)."""
    rows, columns = np.mgrid[:height, :width]
    slopes = np.stack([rows * 7, columns * 5, rows + columns], axis=2)
    return ((slopes + np.random.default_rng(seed).integers(0, 40, slopes.shape)) % 256).astype(np.uint8)


def pictures() -> list[bytes]:
    """A picture of each format that is read, some with an orientation or several images."""
    from PIL import Image

    bgr = painting()
    grey = np.ascontiguousarray(bgr[:, :, 0])
    encoded = [
        cv2.imencode(suffix, bgr)[1].tobytes()
        for suffix in (".jpg", ".png", ".webp", ".bmp", ".tiff", ".ppm", ".gif")
        if cv2.haveImageWriter(f"a{suffix}")
    ]
    encoded += [cv2.imencode(suffix, grey)[1].tobytes() for suffix in (".jpg", ".pgm", ".pbm", ".png")]
    deep = grey.astype(np.uint16) * 16
    encoded += [cv2.imencode(suffix, deep)[1].tobytes() for suffix in (".png", ".tiff", ".pgm")]
    encoded.append(encoded[0][:2] + b"\xff\xe1" + (len(_EXIF) + 2).to_bytes(2, "big") + _EXIF + encoded[0][2:])
    rgb = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))

    def by_pillow(kind: str, **options: object) -> bytes:
        file = io.BytesIO()
        rgb.save(file, kind, **options)
        return file.getvalue()

    more = [rgb.rotate(90, expand=False)]
    encoded += [
        *(by_pillow(kind, save_all=True, append_images=more) for kind in ("GIF", "WEBP", "PNG", "TIFF")),
        *(by_pillow(kind, exif=_EXIF) for kind in ("PNG", "WEBP", "AVIF")),
        by_pillow("TIFF", compression="tiff_lzw"),
        by_pillow("JPEG", progressive=True),
    ]
    try:
        import pillow_heif
    except ImportError:
        return encoded
    file = io.BytesIO()
    pillow_heif.from_pillow(rgb).save(file)
    return [*encoded, file.getvalue()]


def videos() -> list[bytes]:
    """A short video of each container that OpenCV writes."""
    files = []
    for suffix, codec in ((".avi", "MJPG"), (".mp4", "mp4v"), (".mkv", "mp4v"), (".webm", "VP80")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"a{suffix}"
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), 10.0, (64, 48))
            for number in range(6):
                writer.write(painting(48, 64, number))
            writer.release()
            files.append(path.read_bytes())
    return files


def csv_of_fer2013(order: str = "emotion,pixels,Usage", end: str = "\n") -> bytes:
    """FER2013's CSV with six images, two in each split."""
    random = np.random.default_rng(0)
    lines = [order]
    for number in range(6):
        cells = {
            "emotion": str((number * 5) % 7),
            "pixels": " ".join(map(str, random.integers(0, 10, 48 * 48))),
            "Usage": ("Training", "PublicTest", "PrivateTest")[number // 2],
        }
        lines.append(",".join(cells[name.strip()] for name in order.split(",")))
    return (end.join(lines) + end).encode()


def archives() -> list[bytes]:
    """The same CSV in each form of archive."""
    content = csv_of_fer2013()
    tar, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        entry = tarfile.TarInfo("fer2013/fer2013.csv")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("fer2013.csv", content)
    return [compress(content, mtime=0), tar.getvalue(), zipped.getvalue()]


def votes() -> list[bytes]:
    """FER+'s votes on twelve images."""
    lines = [",".join(("Usage", "Image name", *VOTE_NAMES))]
    for number in range(12):
        counts = [0] * 10
        counts[number % 10] += 7
        counts[(number * 3 + 1) % 10] += 3
        usage = ("Training", "PublicTest", "PrivateTest")[number // 4]
        lines.append(f"{usage},fer{number:07}.png," + ",".join(map(str, counts)))
    return ["\n".join(lines).encode() + b"\n", "\r\n".join(lines).encode()]


def annotation() -> bytes:
    """A Pascal VOC annotation with two faces."""
    faces = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x}</xmin><ymin>5</ymin><xmax>{x + 30}</xmax><ymax>44</ymax>"
        "</bndbox></object>"
        for name, x in (("happy", 10), ("sad", 60))
    )
    size = "<size><width>120</width><height>80</height><depth>3</depth></size>"
    return f"<?xml version='1.0'?>\n<annotation><filename>a.jpg</filename>{size}{faces}</annotation>\n".encode()


def of_file(write: Callable[[Path], None], name: str) -> bytes:
    """The bytes of a file that a function writes under a name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def split() -> bytes:
    """A split with votes and distributions, as a build writes it."""
    random = np.random.default_rng(1)
    distributions = np.full((6, 7), 0.5 / 6, np.float32)
    distributions[np.arange(6), np.arange(6)] = 0.5
    content = Split(
        images=random.integers(0, 256, (6, 48, 48, 1), dtype=np.uint8),
        labels=np.arange(6, dtype=np.uint8),
        class_names=class_names(7),
        split="train",
        source_name="fer2013.csv",
        source_sha256="0" * 64,
        votes=random.integers(0, 3, (6, 10), dtype=np.uint8),
        votes_sha256="1" * 64,
        distributions=distributions,
    )
    return of_file(lambda path: write_split(path, content), "train.hdf5")


def unlabelled() -> bytes:
    """Images without labels, as a build writes them."""

    def write(path: Path) -> None:
        with SplitWriter(path, (48, 48, 1)) as writer:
            writer.append(np.random.default_rng(2).integers(0, 256, (3, 48, 48, 1), dtype=np.uint8))
            writer.finish(lambda file: describe_unlabelled(file, "test.csv"))

    return of_file(write, "test.hdf5")


def face_split() -> bytes:
    """A split of photographs with face boxes, as a build writes it."""
    encoded = [np.asarray(cv2.imencode(".png", painting(40, 60, seed))[1]).ravel() for seed in range(2)]
    content = FaceSplit(
        pictures=encoded,
        sizes=np.array([[60, 40], [60, 40]], np.int32),
        boxes=np.array([[10, 5, 20, 24], [1, 2, 9, 8], [30, 4, 12, 13]], np.float32),
        first=np.array([0, 1, 3]),
        ignored=np.array([False, True, False]),
        names=("a.png", "b.png"),
        sources=("", "x"),
        masks=("", "", ""),
        split="val",
        source_name="val.csv",
        source_sha256="0" * 64,
    )
    return of_file(lambda path: write_face_splits({path: content}), "val.hdf5")


def earlier(content: bytes) -> bytes:
    """An HDF5 file of this project as an earlier version wrote it, without checksums."""
    import h5py

    def write(path: Path) -> None:
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            for name in ("sealed", "images_sha256", "pictures_sha256"):
                file.attrs.pop(name, None)

    return of_file(write, "a.hdf5")
