"""Whatever people write can be stored as words and asked as a question."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.finding.query import read_query
from complaints.finding.vectors import month_key, months, stems_in, vector_of
from complaints.refusals import Invalid
from ml.similar import placed_stems, shown, terms
from server.embedded import Server

AT = datetime(2026, 4, 13, 2, 0, tzinfo=UTC)
fragments = st.sampled_from([
    "jalan", "rusak", "yang", "-", '"', " ", "'", "&", "|", "!", "OR", "ATAU", "<->", "(", ")", ":*", "\\", "\x00", "é",
    "anak-anak", "gak", "0812", "terima kasih",
])  # fmt: skip
typed = st.lists(fragments, max_size=20).map("".join) | st.text(max_size=80)


@given(texts=st.lists(typed, min_size=20, max_size=20))
@settings(deadline=None, max_examples=30)
def test_every_question_is_one_for_postgresql_or_refused(postgres: Server, texts: list[str]) -> None:
    asked = []
    for text in texts:
        try:
            asked.append(read_query(text).within(months(AT, 3)))
        except Invalid:
            continue

    with postgres.connect() as connection:
        for tsquery in asked:
            connection.execute("select %s::tsquery", (tsquery,))


@given(title=typed, body=typed, place=typed)
@settings(deadline=None, max_examples=60)
def test_every_text_comes_back_from_postgresql_as_the_stems_it_was(
    postgres: Server, title: str, body: str, place: str
) -> None:
    vector = vector_of(title, body, place, AT)

    with postgres.connect() as connection:
        row = connection.execute("select %s::tsvector::text", (vector,)).fetchone()

    assert row is not None
    stems = [stem for text in (title, place, body) for _, stem in placed_stems(text)]
    assert [stem for _, stem in stems_in(row[0])] == stems
    assert month_key(AT) in row[0]


@given(body=typed)
@settings(deadline=None)
def test_a_text_that_was_stored_has_the_terms_it_had(body: str) -> None:
    assert terms(stems_in(vector_of(None, body, None, AT))) == terms(placed_stems(body))


@given(text=st.text(max_size=400), stems=st.frozensets(st.sampled_from(["jalan", "rusak", "a"])))
@settings(deadline=None)
def test_an_excerpt_is_a_part_of_the_text(text: str, stems: frozenset[str]) -> None:
    assert "".join(piece.text for piece in shown(text, stems, around=60)) in text
