"""Settings of files: a bucket is named whole or not at all, and limits arrive where they are kept."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from complaints.files.desk import LocalLinks
from complaints.files.s3 import S3Links, S3Store
from complaints.files.store import LocalStore
from server.file_parts import file_allowances, open_files
from server.settings import FileSettings, Settings
from tests.support import VAULT_KEY

BUCKET = {"kind": "s3", "bucket": "salur", "access_key": "kunci", "secret_key": "rahasia", "endpoint": "http://s3.test"}


@pytest.mark.parametrize("missing", ["bucket", "access_key", "secret_key"])
def test_bucket_needs_a_name_and_both_keys(missing: str) -> None:
    with pytest.raises(ValidationError):
        FileSettings.model_validate({name: value for name, value in BUCKET.items() if name != missing})


def test_secret_of_the_bucket_is_not_printed() -> None:
    assert "rahasia" not in repr(FileSettings.model_validate(BUCKET))


def test_files_lie_below_the_data_folder_unless_another_is_named(tmp_path: Path) -> None:
    default, named = Settings(data_dir=tmp_path), Settings(files=FileSettings(folder=tmp_path / "lain"))

    assert (default.file_dir, named.file_dir) == (tmp_path / "files", tmp_path / "lain")


def test_parts_are_those_of_the_chosen_kind(tmp_path: Path) -> None:
    local = open_files(Settings(data_dir=tmp_path), (VAULT_KEY,))
    s3 = open_files(Settings(data_dir=tmp_path, files=FileSettings.model_validate(BUCKET)), (VAULT_KEY,))

    assert (type(local.store), type(local.links), local.scanner) == (LocalStore, LocalLinks, None)
    assert (type(s3.store), type(s3.links)) == (S3Store, S3Links)


def test_limits_and_the_scanner_reach_the_verbs() -> None:
    allowances = file_allowances(FileSettings(files_max=3, clamav="/run/clamav/clamd.ctl"))

    assert allowances == {
        "files_max": 3,
        "file_bytes_max": 5_242_880,
        "files_per_complaint_max": 50,
        "upload_seconds": 900,
        "draft_seconds": 86_400,
        "waiting_bytes_max": 2_000_000_000,
        "scans_files": True,
    }
