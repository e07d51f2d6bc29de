"""The topic decides the kind of a local office, the place decides which one."""

import numpy as np
import pytest

from ml.dataset import Example
from ml.fitting import fit
from ml.packing import pack
from ml.places import LocalOffices, Spread, office_chances, place_key
from ml.predictor import Draft, Predictor
from ml.scorer import Scorer

LABELS = ["Kelurahan Gubeng", "Kelurahan Karang Pilang", "Kelurahan Mojo", "Kelurahan Mojo", "Dinas Sosial"]


@pytest.fixture(scope="module")
def offices() -> LocalOffices:
    return LocalOffices.among(LABELS)


def test_offices_of_one_kind_become_one_class(offices: LocalOffices) -> None:
    assert [offices.class_of(label) for label in LABELS] == ["kelurahan *"] * 4 + ["Dinas Sosial"]
    assert [(kind.offices, kind.shares) for kind in offices.kinds] == [
        (("Kelurahan Gubeng", "Kelurahan Karang Pilang", "Kelurahan Mojo"), (0.25, 0.25, 0.5))
    ]


def test_two_offices_of_a_kind_stay_labels_of_their_own() -> None:
    offices = LocalOffices.among(["Kecamatan A", "Kecamatan B", "Dinas Sosial"])

    assert offices.kinds == ()
    assert offices.class_of("Kecamatan A") == "Kecamatan A"


@pytest.mark.parametrize(
    ("location", "text", "office"),
    [
        ("Kel. Karangpilang, Kec. Gubeng, Kota Surabaya", "", "Kelurahan Karang Pilang"),
        ("Kelurahan GUBENG", "jalan di karang pilang", "Kelurahan Gubeng"),
        (None, "lampu mati di Karang Pilang", "Kelurahan Karang Pilang"),
        ("Kec. Gubeng", "lampu mati", "Kelurahan Mojo"),
        (None, "", "Kelurahan Mojo"),
    ],
)
def test_a_named_place_outweighs_a_mention_and_a_mention_the_share(
    offices: LocalOffices, location: str | None, text: str, office: str
) -> None:
    kind = offices.kinds[0]

    chances = office_chances(kind, location, place_key(text))

    assert kind.offices[int(chances.argmax())] == office
    assert chances.sum() == pytest.approx(1.0)


def test_chances_of_classes_are_kept_when_spread_over_labels(offices: LocalOffices) -> None:
    spread = Spread(["Dinas Sosial", "kelurahan *"], offices)

    chances = spread(np.asarray([0.4, 0.6]), "Kel. Mojo", "")

    assert spread.labels == (
        "Dinas Sosial",
        "Kelurahan Gubeng",
        "Kelurahan Karang Pilang",
        "Kelurahan Mojo",
    )
    assert chances.tolist() == pytest.approx([0.4, 0.0075, 0.0075, 0.585])


def test_a_version_answers_with_the_office_of_the_place() -> None:
    names = ("Gubeng", "Mojo", "Wiyung")
    local = [f"surat pengantar di kelurahan dipersulit petugas loket nomor {number}" for number in range(9)]
    roads = [f"jalan raya berlubang dan aspal rusak di ruas nomor {number}" for number in range(9)]
    rows = [
        *(Example(f"l{n}", text, agency=f"Kelurahan {names[n % 3]}") for n, text in enumerate(local)),
        *(Example(f"r{n}", text, agency="Dinas Jalan") for n, text in enumerate(roads)),
    ]
    trained = fit(rows, ["agency"])
    meta, arrays = pack(trained.features, trained.stemmer.table(), trained.heads, trained.titles, {})
    predictor = Predictor(Scorer(meta, arrays), "test")

    answers = predictor.rank(
        [Draft("petugas kelurahan mempersulit surat pengantar", location=f"Kel. {name}") for name in names], "agency"
    )

    assert [answer.choices[0].label for answer in answers] == [f"Kelurahan {name}" for name in names]
