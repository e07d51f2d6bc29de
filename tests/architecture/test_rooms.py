"""The rooms are ours, depend downwards only, and nothing else answers to their names."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOMS, ROOT


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_the_one_in_this_project(room: str) -> None:
    # "rules", "models" and "ml" are also names of distributions that anybody can install.
    found = importlib.import_module(room).__file__

    assert found is not None
    assert Path(found).resolve() == ROOT / room / "__init__.py"


def test_the_rooms_depend_as_the_contracts_say() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout
