"""Which stems a text is found by, how near two texts are, and what is shown of them."""

import pytest

from ml.similar import Piece, nearness, placed_stems, rarity, shown, telling, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jln rusak", "jalan yang rusak"),
        ("gak nyala", "Tidak menyala!"),
        ("ANAK-ANAK", "anak"),
        ("pelayanannya mengecewakan", "layanan kecewa"),
        ("kerusakan", "dirusak"),
    ],
)
def test_two_ways_to_write_the_same_have_the_same_stems(one: str, other: str) -> None:
    assert [stem for _, stem in placed_stems(one)] == [stem for _, stem in placed_stems(other)]


def test_everyday_words_keep_their_places_without_being_found() -> None:
    assert placed_stems("lampu di jalan") == [(1, "lampu"), (3, "jalan")]


def test_masks_and_numbers_of_people_are_no_words() -> None:
    text = "Hubungi 0812 3456 7890 atau <NIK> atau warga@contoh.id"

    assert [stem for _, stem in placed_stems(text)] == ["hubung"]


def test_pairs_are_neighbours_with_at_most_one_word_between() -> None:
    counts = terms(placed_stems("lampu di jalan sudah lama sekali padam"))

    assert "lampu jalan" in counts
    assert "lama padam" in counts
    assert "jalan padam" not in counts


def test_the_same_text_is_as_near_as_can_be_and_a_strange_one_not_at_all() -> None:
    weight = rarity({"jalan": 0.3, "rusak": 0.2})
    road, lamp = terms(placed_stems("jalan rusak parah")), terms(placed_stems("lampu taman padam"))

    assert nearness(road, road, weight) == pytest.approx(1)
    assert nearness(road, lamp, weight) == 0


def test_a_shared_rare_word_brings_nearer_than_a_common_one() -> None:
    weight = rarity({"jalan": 0.3, "rusak": 0.2, "pandanaran": 0.0001})
    asked = terms(placed_stems("jalan pandanaran"))

    rare = nearness(asked, terms(placed_stems("trotoar pandanaran")), weight)
    common = nearness(asked, terms(placed_stems("jalan mulus")), weight)

    assert rare > 3 * common


def test_the_rarest_known_words_lead_and_unknown_ones_take_half_at_most() -> None:
    shares = {"jalan": 0.3, "halte": 0.001, "lubang": 0.01, "pasar": 0.02}

    assert telling(["jalan", "halte", "lubang", "pasar", "xa", "xb", "xc"], shares, most=4, budget=0.1) == [
        "xa",
        "xb",
        "halte",
        "lubang",
    ]


def test_leads_cost_no_more_than_their_budget_but_there_are_two() -> None:
    shares = {"jalan": 0.3, "rusak": 0.2, "lampu": 0.25}

    assert telling(shares, shares, most=8, budget=0.1) == ["rusak", "lampu"]


def test_an_excerpt_shows_where_the_words_stand() -> None:
    text = "Selamat pagi. " + "Sudah lama kami menunggu. " * 20 + "Jalanan rusak di Gang Mawar."

    pieces = shown(text, frozenset({"jalan", "mawar"}), around=80)

    assert [piece.text for piece in pieces if piece.is_match] == ["Jalanan", "Mawar"]
    assert "".join(piece.text for piece in pieces) in text
    assert sum(len(piece.text) for piece in pieces) <= 80


def test_an_excerpt_without_a_match_is_the_beginning() -> None:
    assert shown("Jalan rusak", frozenset({"lampu"}), around=80) == [Piece("Jalan rusak", is_match=False)]
