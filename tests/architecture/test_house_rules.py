"""The house rules hold everywhere, and each of them can tell good from bad."""

import pytest

from tests.architecture.house import LONGEST_FILE, ROOMS, ROOT, RULES, Source, sources

# rule, path, text, whether it breaks the rule
SAMPLES = [
    ("only_work_commits", "complaints/close.py", "async def f(work):\n    await work.session.commit()\n", True),
    ("only_work_commits", "server/feed.py", "connection.commit()\n", True),
    ("only_work_commits", "complaints/work.py", "session.commit()\n", False),
    ("only_work_commits", "complaints/close.py", "# never commit() here\nwork.record(x)\n", False),
    ("one_clock", "complaints/close.py", "from datetime import datetime\nat = datetime.now(UTC)\n", True),
    ("one_clock", "rules/deadlines.py", "import datetime\nat = datetime.datetime.utcnow()\n", True),
    ("one_clock", "ml/train.py", "day = date.today()\n", True),
    ("one_clock", "server/runtime.py", "at = datetime.now(UTC)\n", False),
    ("one_clock", "complaints/close.py", "at = work.now\nwindow = clock.now()\n", False),
    ("no_statements_at_the_door", "graph/fetch.py", "rows = select(Complaint)\n", True),
    ("no_statements_at_the_door", "graph/fetch.py", "import sqlalchemy as sa\nrows = sa.select(x)\n", True),
    ("no_statements_at_the_door", "complaints/reading.py", "rows = select(Complaint)\n", False),
    ("no_statements_at_the_door", "graph/fetch.py", "title = problems.text(input.title, 'title')\n", False),
    ("no_silent_catch_all", "server/up.py", "try:\n    f()\nexcept Exception:\n    pass\n", True),
    ("no_silent_catch_all", "server/up.py", "try:\n    f()\nexcept:\n    return\n", True),
    ("no_silent_catch_all", "server/up.py", "try:\n    f()\nexcept (ValueError, OSError):\n    pass\n", False),
    ("no_silent_catch_all", "server/up.py", "try:\n    f()\nexcept BaseException:\n    undo()\n    raise\n", False),
    ("no_silent_catch_all", "server/up.py", "try:\n    f()\nexcept Exception:\n    log.exception('x')\n", False),
    ("events_have_fixed_names", "server/up.py", "log.info(f'closed {code}')\n", True),
    ("events_have_fixed_names", "server/up.py", "log.warning('closed %s' % code)\n", True),
    ("events_have_fixed_names", "server/up.py", "structlog.get_logger().error(name)\n", True),
    ("events_have_fixed_names", "server/up.py", "log.info('complaint.closed', code=code)\n", False),
    ("events_have_fixed_names", "complaints/submit.py", "problems.add(f'{field}', 'REQUIRED')\n", False),
    ("no_name_that_accepts_anything", "complaints/utils.py", "", True),
    ("no_name_that_accepts_anything", "graph/common/dates.py", "", True),
    ("no_name_that_accepts_anything", "complaints/close.py", "", False),
    ("short_enough_to_read", "rules/places.py", "x = 1\n" * (LONGEST_FILE + 1), True),
    ("short_enough_to_read", "rules/places.py", "x = 1\n" * LONGEST_FILE, False),
    ("the_environment_is_read_by_the_server", "complaints/vault.py", "import os\nkey = os.environ['KEY']\n", True),
    ("the_environment_is_read_by_the_server", "ml/store.py", "import os\nkey = os.getenv('KEY')\n", True),
    ("the_environment_is_read_by_the_server", "server/settings.py", "import os\nkey = os.environ['KEY']\n", False),
]


@pytest.mark.parametrize(("rule", "path", "text", "is_bad"), SAMPLES)
def test_a_rule_tells_good_from_bad(rule: str, path: str, text: str, is_bad: bool) -> None:
    assert bool(list(RULES[rule](Source(path, text)))) is is_bad


def test_every_rule_has_a_sample_of_each() -> None:
    assert {(rule, is_bad) for rule, _, _, is_bad in SAMPLES} == {
        (rule, bad) for rule in RULES for bad in (True, False)
    }


@pytest.mark.parametrize("rule", RULES)
def test_the_rooms_keep_the_rule(rule: str) -> None:
    broken = [f"{source.path}:{line}" for source in sources(*ROOMS) for line in RULES[rule](source)]

    assert broken == []


def test_the_tests_have_names_as_well() -> None:
    broken = [source.path for source in sources("tests") if list(RULES["no_name_that_accepts_anything"](source))]

    assert broken == []


def test_no_module_lies_at_the_root() -> None:
    # It would be importable in development and missing from the wheel.
    assert [path.name for path in ROOT.glob("*.py")] == []


def test_every_module_says_what_it_does_in_one_line() -> None:
    untold = []
    for source in sources(*ROOMS):
        first = (source.text.splitlines() or [""])[0]
        if not first.startswith('"""') or len(first) > 120 or (first.count('"""') == 1 and not first.endswith(".")):
            untold.append(f"{source.path}: {first}")

    assert untold == []
