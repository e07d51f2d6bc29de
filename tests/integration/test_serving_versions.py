"""Which version a process serves: the promoted one, signed with our key, or the one before; a shadow comes and goes."""

import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from complaints.classifiers import Trained, promote, register, start_shadow, stop_shadow
from complaints.learning.watching import acknowledge_alarm
from complaints.policy import SYSTEM, Actor
from complaints.suggest import Question
from ml import store as registry
from ml.candidate import write
from ml.dataset import load
from ml.fitting import fit
from ml.predictor import Suggestion
from models import ClassifierAlarm, ClassifierVersion
from rules.vocabulary import AlarmKind, Role
from server.keys import classifier_key_file, kept_secret
from server.runtime import Runtime
from server.serving import manifest_sha256
from server.settings import Settings
from server.training import CORPUS, trained_version
from tests.integration.given import Parrot, Rows
from tests.support import WorkAs

KEY = b"kunci untuk uji saja, untuk uji saja"
Spoil = Callable[[Path], None]
Registered = Callable[[str], Awaitable[ClassifierVersion]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two small versions, signed with KEY; to be read only."""
    store = tmp_path_factory.mktemp("rak")
    for topic in ("mudik", "p4gn"):
        examples = load([CORPUS / f"{topic}.jsonl", CORPUS / "hewan.jsonl"]).examples
        write(fit(examples, ["category_main"]), store, key=KEY)
    return store


@pytest.fixture(scope="module")
def names(shelf: Path) -> tuple[str, str]:
    """The two versions, oldest first."""
    first, second = registry.versions(shelf)
    return first, second


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """KEY is the key of this installation, and was from the beginning."""
    kept_secret(settings.data_dir / "classifier.key", KEY.decode)
    return settings


@pytest.fixture
def store(settings: Settings, shelf: Path) -> Path:
    """The store of the runtime with a copy of the shelf, which the test may spoil."""
    shutil.copytree(shelf, settings.store_dir)
    return settings.store_dir


@pytest.fixture
def registered(store: Path, work_as: WorkAs) -> Registered:
    """A version as it lies in the store now."""

    async def run(version: str) -> ClassifierVersion:
        async with work_as(SYSTEM) as work:
            return await register(work, Trained(version, manifest_sha256(store, version), {}))

    return run


@pytest.fixture
async def serving(runtime: Runtime, work_as: WorkAs, registered: Registered, names: tuple[str, str]) -> str:
    """The first version, which this process serves."""
    await registered(names[0])
    async with work_as(SYSTEM) as work:
        await promote(work, names[0], "versi awal")
    assert await runtime.serving.refresh()
    return names[0]


def signed_with_another_key(folder: Path) -> None:
    """What somebody makes who may write to the folder and does not know the key."""
    manifest = json.loads((folder / registry.MANIFEST).read_bytes())
    manifest["signature"] = registry._signature(manifest["content"], b"kunci lain")
    (folder / registry.MANIFEST).write_text(json.dumps(manifest))


def not_signed(folder: Path) -> None:
    """As `python -m ml.train` leaves it without a key."""
    manifest = json.loads((folder / registry.MANIFEST).read_bytes())
    (folder / registry.MANIFEST).write_text(json.dumps(manifest | {"signature": None}))


def changed(folder: Path) -> None:
    """One byte of the weights."""
    weights = bytearray((folder / registry.ARRAYS).read_bytes())
    weights[-100] ^= 1
    (folder / registry.ARRAYS).write_bytes(weights)


async def test_the_promoted_version_serves_and_answers(
    runtime: Runtime, serving: str, work_as: WorkAs, registered: Registered, names: tuple[str, str], rows: Rows
) -> None:
    unchanged = await runtime.serving.refresh()
    second = await registered(names[1])
    async with work_as(SYSTEM) as work:
        await promote(work, names[1], "uji", replaces_unreadable=True)

    swapped = await runtime.serving.refresh()

    (advice,) = runtime.adviser.advise_now([Question("Bus mudik terlambat berangkat dari terminal")])
    assert (unchanged, swapped) == (False, True)
    assert (runtime.adviser.version, advice.version, advice.version_id) == (names[1], names[1], second.id)
    assert await rows(ClassifierAlarm) == []


async def test_nothing_serves_before_a_promotion(
    runtime: Runtime, registered: Registered, names: tuple[str, str]
) -> None:
    await registered(names[0])

    assert await runtime.serving.refresh() is False
    assert runtime.adviser.version is None


@pytest.mark.parametrize("spoil", [signed_with_another_key, not_signed, changed, shutil.rmtree])
@pytest.mark.parametrize("when", ["before it was registered", "after it was registered"])
async def test_a_version_that_is_not_ours_is_refused_and_the_old_one_stays(
    spoil: Spoil,
    when: str,
    runtime: Runtime,
    serving: str,
    store: Path,
    work_as: WorkAs,
    registered: Registered,
    names: tuple[str, str],
    rows: Rows,
) -> None:
    if when == "before it was registered" and spoil is not shutil.rmtree:
        spoil(store / names[1])
        await registered(names[1])
    else:
        await registered(names[1])
        spoil(store / names[1])
    async with work_as(SYSTEM) as work:
        await promote(work, names[1], "uji", replaces_unreadable=True)

    swapped = [await runtime.serving.refresh() for _ in range(3)]

    (alarm,) = await rows(ClassifierAlarm)
    assert swapped == [False, False, False]
    assert runtime.adviser.version == names[0]
    assert len(runtime.adviser.advise_now([Question("Bus mudik terlambat")])) == 1
    assert (alarm.kind, alarm.subject) == (AlarmKind.VERSION_REFUSED, names[1])
    assert alarm.data["error"] == ("NoSuchVersion" if spoil is shutil.rmtree else "Tampered")


async def test_a_refused_version_serves_once_it_is_put_right(
    runtime: Runtime,
    serving: str,
    store: Path,
    shelf: Path,
    work_as: WorkAs,
    registered: Registered,
    names: tuple[str, str],
) -> None:
    await registered(names[1])
    changed(store / names[1])
    async with work_as(SYSTEM) as work:
        await promote(work, names[1], "uji", replaces_unreadable=True)
    refused = await runtime.serving.refresh()
    shutil.copytree(shelf / names[1], store / names[1], dirs_exist_ok=True)

    mended = await runtime.serving.refresh()

    assert (refused, mended, runtime.adviser.version) == (False, True, names[1])


async def test_an_acknowledged_refusal_is_told_again_while_it_lasts(
    runtime: Runtime, store: Path, work_as: WorkAs, registered: Registered, names: tuple[str, str], rows: Rows
) -> None:
    await registered(names[0])
    not_signed(store / names[0])
    async with work_as(SYSTEM) as work:
        await promote(work, names[0], "uji")
    await runtime.serving.refresh()
    async with work_as(Actor(Role.DATA_STAFF)) as work:
        await acknowledge_alarm(work, (await rows(ClassifierAlarm))[0].id)

    await runtime.serving.refresh()

    assert [row.acknowledged_at is None for row in await rows(ClassifierAlarm)] == [False, True]
    assert runtime.adviser.version is None


async def test_a_shadow_is_loaded_and_dropped(
    runtime: Runtime, serving: str, work_as: WorkAs, registered: Registered, names: tuple[str, str]
) -> None:
    shadow = await registered(names[1])
    async with work_as(SYSTEM) as work:
        await start_shadow(work, names[1])
    changed_version = await runtime.serving.refresh()
    loaded, answers = runtime.adviser.shadow_version, runtime.adviser.shadow_now([Question("Bus mudik")])
    async with work_as(SYSTEM) as work:
        await stop_shadow(work)

    await runtime.serving.refresh()

    assert (changed_version, loaded) == (False, names[1])
    assert [(answer.version, answer.version_id) for answer in answers] == [(names[1], shadow.id)]
    assert (runtime.adviser.shadow_version, runtime.adviser.version) == (None, names[0])
    assert runtime.adviser.shadow_now([Question("Bus mudik")]) == []


async def test_a_shadow_that_is_not_ours_is_not_asked(
    runtime: Runtime,
    serving: str,
    store: Path,
    work_as: WorkAs,
    registered: Registered,
    names: tuple[str, str],
    rows: Rows,
) -> None:
    await registered(names[1])
    changed(store / names[1])
    async with work_as(SYSTEM) as work:
        await start_shadow(work, names[1])

    await runtime.serving.refresh()

    assert (runtime.adviser.shadow_version, runtime.adviser.version) == (None, names[0])
    assert [(row.kind, row.subject) for row in await rows(ClassifierAlarm)] == [(AlarmKind.VERSION_REFUSED, names[1])]


async def test_a_batch_is_answered_apart_by_the_same_version(runtime: Runtime, serving: str) -> None:
    questions = [Question("Bus mudik terlambat berangkat"), Question("Ada pesta narkoba di kos sebelah")]

    apart = await runtime.serving.advise_apart(questions)

    assert list(apart) == runtime.adviser.advise_now(questions)


def test_a_version_made_elsewhere_is_not_registered(
    settings: Settings, store: Path, names: tuple[str, str], tmp_path: Path
) -> None:
    theirs = tmp_path / "kunci lain"
    theirs.write_bytes(b"kunci lain\n")

    trained = trained_version(store, classifier_key_file(settings), names[0], {})

    assert (trained.manifest_sha256, trained.gate) == (manifest_sha256(store, names[0]), None)
    assert set(trained.metrics) == {"category_main"}
    with pytest.raises(registry.Tampered):
        trained_version(store, theirs, names[0], {})


@pytest.mark.parametrize(
    ("category", "asked"),
    [
        (None, (None, None)),
        ("ESDM", (None, "ESDM")),
        ("ESDM.LISTRIK", ("ESDM.LISTRIK", "ESDM")),
    ],
)
async def test_a_category_that_a_person_set_is_asked_with(
    category: str | None, asked: tuple[str | None, str | None], runtime: Runtime, registered: Registered,
    names: tuple[str, str],
) -> None:  # fmt: skip
    version = await registered(names[0])
    parrot = Parrot(names[0], Suggestion(("Satu", "Dua", "Tiga"), {}))
    runtime.adviser.adopt(parrot, version.id)

    await runtime.adviser.advise(Question("Listrik padam", category=category))

    assert [(draft.category, draft.category_main) for draft in parrot.asked] == [asked]
