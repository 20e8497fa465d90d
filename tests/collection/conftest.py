import shutil
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.collection import DetectorPlan
from emotion_recognition.pictures.image_file import write_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)


@pytest.fixture(scope="session")
def plan() -> DetectorPlan:
    """The released model, and a face detector without a file."""
    return DetectorPlan((RELEASED.released_model(7).resolve(),), detector="haar")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures: 0, 4 and 8 have a face, 9 is broken, the others have no face; 5 and later lie deeper."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "deep").mkdir()
    for i in range(10):
        path = folder / ("deep" if i >= 5 else "") / f"{i}.jpg"
        if i in (0, 4, 8):
            shutil.copy(RELEASED.sample_photo, path)
        elif i == 9:
            path.write_bytes(b"\xff\xd8\xff no picture")
        else:
            write_image(path, np.full((30 + i, 40, 3), 90, np.uint8))
    return folder
