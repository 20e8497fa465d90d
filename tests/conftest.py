"""Fixtures that several test folders use; the real data's place is found here."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real data: $EMOTION_DATA, or shared/data beside the checkout.

    Where it is missing, a test that needs it says so and is skipped; with $REQUIRE_REAL_DATA set, as in CI, it fails.
    """
    folder = Path(os.environ.get("EMOTION_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "fer2013" / "fer2013.csv.gz").is_file():
        message = f"the real data is not at {folder}; set EMOTION_DATA to its folder"
        if os.environ.get("REQUIRE_REAL_DATA"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
