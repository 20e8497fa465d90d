"""Recognises what a source is, one of the CSV files, class folders, or Pascal VOC annotations, and lists its pictures.

Next stages: :mod:`emotion_recognition.data.building.csv_building` and
:mod:`emotion_recognition.data.building.picture_building`.
"""

from pathlib import Path

from emotion_recognition.data.sources import class_folders, voc_folder
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.fer2013_csv import FER2013_KIND, TEST_KIND, TRAIN_KIND, kind_of_csv
from emotion_recognition.data.sources.picture_list import PictureList
from emotion_recognition.data.sources.stratified import SplitShares

CLASS_FOLDERS_KIND, VOC_KIND = class_folders.KIND, voc_folder.KIND
CSV_KINDS = (FER2013_KIND, TRAIN_KIND, TEST_KIND)


def recognise(source: Path) -> str:
    """Tells what a source is, by its content.

    Args:
        source: A file or a folder.

    Returns:
        One of :data:`CSV_KINDS`, :data:`CLASS_FOLDERS_KIND` and :data:`VOC_KIND`.

    Raises:
        ValueError: If it is a file and no CSV that is known.
        OSError: If it cannot be read.
    """
    if source.is_dir():
        return VOC_KIND if voc_folder.has_annotations(source) else CLASS_FOLDERS_KIND
    if source.suffix.lower() == ".xml":
        raise ValueError(f"{source} is one annotation; give the folder that holds all of them.")
    return kind_of_csv(source)


def list_pictures(source: Path, kind: str, classes: ClassLabels, shares: SplitShares) -> PictureList:
    """Lists the pictures of a folder.

    Args:
        source: The folder.
        kind: :data:`CLASS_FOLDERS_KIND` or :data:`VOC_KIND`.
        classes: The classes that its names may stand for.
        shares: The part of the training pictures that becomes a missing split, and the seed.

    Raises:
        ValueError: If the folder is not like that; the message says what in it.
        OSError: If it cannot be read.
    """
    read = voc_folder.list_voc_folder if kind == VOC_KIND else class_folders.list_class_folders
    return read(source, classes, shares)
