"""What a person has set changes the rest: the agency follows the category, a leaf never outruns its branch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import store as registry
from ml.answer import MOST_CHOICES, Judge
from ml.candidate import write
from ml.confidence import Calibration, plausible_from
from ml.dataset import Example
from ml.fitting import fit
from ml.given import Given
from ml.places import LocalOffices
from ml.predictor import Draft, Predictor
from ml.tree import Tree, parents

TEXTS = ("jalan rusak", "lampu mati", "air keruh", "sampah bau", "pohon tumbang", "banjir parah")
OFFICE = {"AIR": "PDAM", "AIR.KERUH": "PDAM", "JALAN": "PU", "JALAN.RUSAK": "PU"}
LEAVES, MAINS = ("AIR.KERUH", "AIR.MATI", "JALAN.RUSAK", "LAIN"), ("AIR", "JALAN")


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """A desk where the text says little about the agency and the category everything."""
    rows = []
    for number in range(60):
        leaf = ("AIR.KERUH", "JALAN.RUSAK")[number % 2]
        text = f"{TEXTS[number % 6]} {TEXTS[number // 6 % 6]} nomor {number}"
        main = leaf.split(".")[0]
        rows.append(Example(str(number), text, category_main=main, category=leaf, agency=OFFICE[leaf]))
    store = tmp_path_factory.mktemp("advised")
    return registry.load(store, write(fit(rows, ["category", "category_main", "agency"]), store))


@pytest.mark.parametrize(
    "drafts",
    [
        [Draft("jalan rusak lampu mati", category=label) for label in ("AIR.KERUH", "JALAN.RUSAK")],
        [Draft("jalan rusak lampu mati", category_main=label) for label in ("AIR", "JALAN")],
    ],
    ids=["category", "category_main"],
)
def test_the_agency_follows_the_category_a_person_has_set(advised: Predictor, drafts: list[Draft]) -> None:
    rankings = [suggestion.heads["agency"] for suggestion in advised.suggest(drafts)]

    plain = advised.suggest([Draft("jalan rusak lampu mati")])[0].heads["agency"]
    before = {choice.label: choice.confidence for choice in plain.choices}
    assert [ranking.choices[0].label for ranking in rankings] == ["PDAM", "PU"]
    assert all(ranking.choices[0].confidence > before[ranking.choices[0].label] for ranking in rankings)


def test_a_category_nobody_has_used_changes_nothing(advised: Predictor) -> None:
    draft = Draft("jalan rusak lampu mati")

    assert advised.suggest([replace(draft, category="BARU")]) == advised.suggest([draft])


def test_the_category_itself_is_ranked_as_without_it(advised: Predictor) -> None:
    draft = Draft("jalan rusak lampu mati")

    told = advised.suggest([replace(draft, category="AIR.KERUH")])[0].heads

    plain = advised.suggest([draft])[0].heads
    assert (told["category"], told["category_main"]) == (plain["category"], plain["category_main"])


def test_a_table_moves_chances_and_keeps_their_sum() -> None:
    given = Given.counted(["a"] * 8 + ["b"] * 2, [0] * 8 + [1] * 2, 3)

    moved = given.chances(np.asarray([0.2, 0.3, 0.5]), "a")

    assert moved.sum() == pytest.approx(1.0)
    assert moved.argmax() == 0
    assert (moved > 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_leaves_and_main_categories_hear_each_other_and_sum_to_one(seed: int) -> None:
    chance = np.random.default_rng(seed)
    tree = Tree(parents([("AIR.KERUH", "AIR")], LEAVES, MAINS), LEAVES, MAINS)
    leaves, mains = chance.dirichlet(np.ones(4)), chance.dirichlet(np.ones(2))

    new_leaves, new_mains = tree.together(leaves, mains)

    assert (new_leaves.sum(), new_mains.sum()) == pytest.approx((1.0, 1.0))
    assert min(new_leaves.min(), new_mains.min()) >= 0.0
    assert new_leaves[3] == pytest.approx(leaves[3])
    assert new_leaves[0] / new_leaves[1] == pytest.approx(leaves[0] / leaves[1])


def test_parents_are_spelled_by_codes_or_learned_from_rows() -> None:
    pairs = [("keruh", "Air"), ("keruh", "Air"), ("keruh", "Jalan"), ("asing", "Tidak dikenal")]

    assert parents(pairs, ["keruh", "asing", "AIR.MATI"], ["Air", "Jalan", "AIR"]) == {
        "keruh": "Air",
        "AIR.MATI": "AIR",
    }


def test_no_leaf_is_surer_than_its_main_category(advised: Predictor) -> None:
    for text in (*TEXTS, "", "jalan rusak banjir", "nomor 7"):
        heads = advised.suggest([Draft(text)])[0].heads
        of_main = {choice.label: choice.confidence for choice in heads["category_main"].choices}
        for choice in heads["category"].choices:
            assert choice.confidence <= of_main[choice.label.split(".")[0]] + 1e-12


def test_a_plausible_set_holds_the_truth_as_often_as_promised() -> None:
    generator = np.random.default_rng(7)
    seen, new = generator.beta(2, 1, 2_000), generator.beta(2, 1, 2_000)

    lowest = plausible_from(list(seen))

    assert (new >= lowest).mean() >= 0.95
    assert plausible_from([0.9] * 10) == 0.0


def test_a_head_with_few_rows_offers_every_plausible_label_up_to_ten() -> None:
    classes = [f"label {number:02d}" for number in range(30)]
    scores = np.linspace(0.0, 0.1, 30)

    counts = []
    for lowest in (0.0, 1.0):
        ranked = Judge(classes, LocalOffices(), Calibration(), plausible_from=lowest).rank(
            scores, scores, None, "", None
        )
        counts.append((len(ranked.labels), ranked.plausible))

    assert counts == [(MOST_CHOICES, 30), (3, 1)]


def test_nothing_is_automatic_before_people_have_decided_a_thousand_rows(
    predictor: Predictor, unseen: tuple[Example, ...], tmp_path: Path
) -> None:
    rows = [
        Example(str(n), f"{TEXTS[n % 6]} {n} kali {n % 97}", agency=("PU", "PDAM")[n % 6 % 2]) for n in range(1_200)
    ]
    written = [replace(row, source="Salur") for row in rows]
    stores = {
        name: registry.load(tmp_path, write(fit(some, ["agency"]), tmp_path))
        for name, some in (
            ("decided", rows),
            ("few", rows[:900]),
            ("written", written),
        )
    }

    automatic = {name: made.rank([Draft("jalan rusak 3 kali")], "agency")[0] for name, made in stores.items()}

    proven = {"decided": True, "few": False, "written": False}
    assert {name: ranking.is_automatic for name, ranking in automatic.items()} == proven
    assert {name: ranking.is_proven for name, ranking in automatic.items()} == proven
    assert not any(
        ranking.is_automatic for s in predictor.suggest([Draft(unseen[0].text)]) for ranking in s.heads.values()
    )
