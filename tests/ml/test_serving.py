"""What serves answers as what was trained, alone or among others, before and after a change of version."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import store as registry
from ml.answer import Judge
from ml.candidate import write
from ml.confidence import blend
from ml.dataset import Example
from ml.fitting import Trained, fit
from ml.handle import ClassifierHandle
from ml.pipeline import prepare
from ml.predictor import Draft, Predictor, Suggestion
from ml.text import Stemmer

ODD = ["banjir", "😀🚧", "1234", "x" * 500, "JLN RUSAK!!! tlg pak", "zzz qqq", "bantuan " * 300]


@pytest.mark.parametrize("target", ["agency", "category_main", "report_type"])
def test_the_lean_scorer_answers_as_the_pipeline_it_was_made_from(
    target: str, shelf: Path, predictor: Predictor, trained: Trained, unseen: tuple[Example, ...]
) -> None:
    drafts = [Draft(row.text, location=row.location) for row in (*trained.examples[::3], *unseen)]
    drafts += [Draft(text) for text in ODD]
    stored = registry.load_pipeline(shelf, predictor.version)
    pair, offices = stored["heads"][target]
    head = trained.heads[target]
    judge = Judge(pair.classes, offices, pair.calibration, plausible_from=head.plausible_from)
    count = 3 if head.may_be_automatic else None

    stemmer = Stemmer()
    scores = zip(*pair.scores(stored["features"].transform([prepare(d.text, stemmer) for d in drafts])), strict=True)
    expected = [judge.rank(a, b, d.location, d.text, count) for d, (a, b) in zip(drafts, scores, strict=True)]

    for draft, ranked, answer in zip(drafts, expected, predictor.rank(drafts, target), strict=True):
        assert answer.choices[0].label == judge.labels[ranked.labels[0]], draft.text
        assert [choice.confidence for choice in answer.choices] == pytest.approx(ranked.confidences, abs=1e-4)


def test_a_second_member_that_reads_few_words_reads_the_same_ones_in_serving(
    two_topics: tuple[Example, ...], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.pipeline.SECOND_CELLS", 400)
        trained = fit(two_topics, ["category_main"])
    predictor = registry.load(tmp_path, write(trained, tmp_path))
    pair, drafts = trained.heads["category_main"].pair, [Draft(row.text) for row in two_topics]

    stemmer = Stemmer()
    scores = zip(*pair.scores(trained.features.transform([prepare(d.text, stemmer) for d in drafts])), strict=True)
    expected = [blend(a, b, pair.calibration) for a, b in scores]

    assert len(pair.common) == 200
    for draft, chances in zip(drafts, expected, strict=True):
        assert list(predictor.chances(draft, "category_main").values()) == pytest.approx(chances, abs=1e-4)


def test_a_draft_is_answered_alike_alone_and_among_others(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    drafts = [Draft(row.text, row.title, row.location, asked=("PEMDA.", "BGN")) for row in unseen]
    drafts += [Draft(text) for text in ODD]

    together = predictor.suggest(drafts)

    assert together == [predictor.suggest([draft])[0] for draft in drafts]
    assert together[::-1] == predictor.suggest(drafts[::-1])
    assert predictor.suggest([]) == []


def test_measuring_and_suggesting_rank_alike(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    drafts = [Draft(row.text) for row in unseen]

    suggested = [suggestion.heads["agency"] for suggestion in predictor.suggest(drafts)]

    assert [[(choice.label, choice.confidence) for choice in ranking.choices] for ranking in suggested] == [
        [(choice.label, choice.confidence) for choice in ranking.choices]
        for ranking in predictor.rank(drafts, "agency")
    ]


def test_the_chance_of_agencies_asked_about_is_the_sum_of_theirs(predictor: Predictor) -> None:
    draft = Draft("KTP saya hilang, kantor desa menolak", location="Kel. Gubeng, Kota Surabaya")
    questions: list[tuple[str, ...]] = [("BGN",), ("PEMDA.",), ("BGN", "PEMDA.", "PEMDA.DUKCAPIL", "TIDAK.ADA")]

    found = [s.asked_chance for s in predictor.suggest([replace(draft, asked=asked) for asked in questions])]

    chances = predictor.chances(draft, "agency")
    of_places = sum(chance for label, chance in chances.items() if label.startswith("PEMDA."))
    assert chances["BGN"] < chances["PEMDA.DUKCAPIL"] < of_places < 1.0
    assert found == pytest.approx([chances["BGN"], of_places, chances["BGN"] + of_places])


def test_every_agency_asked_about_is_certain_and_never_more(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    drafts = [Draft(row.text, asked=predictor.labels("agency")) for row in unseen]

    found = [suggestion.asked_chance for suggestion in predictor.suggest(drafts)]

    assert found == pytest.approx([1.0] * len(drafts))
    assert max(chance for chance in found if chance is not None) <= 1.0


@pytest.mark.parametrize("asked", [(), ("PEMDA",), ("MAHKAMAH.",), ("", "pemda.")])
def test_where_nobody_known_is_asked_about_there_is_no_chance(predictor: Predictor, asked: tuple[str, ...]) -> None:
    suggestion = predictor.suggest([Draft("banjir", asked=asked)])[0]

    assert suggestion.asked_chance is None


def test_a_version_without_agencies_has_no_chance_of_one(small_shelf: Path) -> None:
    suggestion = registry.load(small_shelf).suggest([Draft("banjir", asked=("BNN", "PEMDA."))])[0]

    assert suggestion.asked_chance is None


@given(st.text(st.characters(), max_size=200))
@settings(deadline=None, max_examples=60)
def test_any_text_gets_three_or_more_ranked_labels_of_falling_confidence(predictor: Predictor, text: str) -> None:
    suggestion = predictor.suggest([Draft(text)])[0]

    for target, ranking in suggestion.heads.items():
        labels = [choice.label for choice in ranking.choices]
        sure = [choice.confidence for choice in ranking.choices]
        assert 3 <= len(labels) == len(set(labels)) <= 10
        assert set(labels) <= set(predictor.labels(target))
        assert sure == sorted(sure, reverse=True)
        assert sure[-1] >= 0.0
        assert sure[0] <= 1.0
        assert ranking.abstained is (sure[0] < ranking.threshold)


def test_reasons_are_words_the_citizen_wrote_and_no_numbers(predictor: Predictor) -> None:
    text = "anak saya muntah setelah makan MBG di sekolah, NIK 3578010101900001 telp 081234567890"

    words = [
        word
        for ranking in predictor.suggest([Draft(text)])[0].heads.values()
        for choice in ranking.choices
        for word in choice.words
    ]

    assert "mbg" in words
    assert all(set(word.split()) <= set(text.lower().replace(",", "").split()) for word in words)
    assert not any(character.isdigit() for word in words for character in word)


def test_a_version_tells_its_targets_and_labels(predictor: Predictor) -> None:
    assert predictor.targets == ("agency", "category_main", "report_type")
    assert predictor.labels("report_type") == ("ASPIRATION", "COMPLAINT", "INFORMATION_REQUEST")
    with pytest.raises(KeyError):
        predictor.labels("category")


def test_a_handle_without_a_classifier_suggests_nothing() -> None:
    handle = ClassifierHandle()

    assert (handle.current, handle.version, handle.suggest([Draft("banjir")])) == (None, None, None)


def test_swapping_returns_the_one_before(predictor: Predictor) -> None:
    handle = ClassifierHandle()

    assert handle.swap(predictor) is None
    assert (handle.current, handle.version) == (predictor, predictor.version)
    assert handle.suggest([Draft("banjir")]) == predictor.suggest([Draft("banjir")])
    assert handle.swap(None) is predictor
    assert handle.version is None


class Restless(Predictor):
    """Answers with its own name as every title, and has another put in its place between two drafts."""

    next: "Restless"

    def __init__(self, version: str, handle: ClassifierHandle) -> None:
        self.version = version
        self.handle = handle

    def suggest(self, drafts: Sequence[Draft]) -> list[Suggestion]:
        found = []
        for _ in drafts:
            self.handle.swap(self.next)
            found.append(Suggestion((self.version, self.version, self.version), {}))
        return found


def test_a_running_call_keeps_the_classifier_it_began_with() -> None:
    handle = ClassifierHandle()
    first, second = Restless("first", handle), Restless("second", handle)
    first.next, second.next = second, first
    handle.swap(first)

    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(handle.suggest, [[Draft("a"), Draft("b"), Draft("c")]] * 200))

    for batch in batches:
        assert batch is not None
        assert len({suggestion.titles[0] for suggestion in batch}) == 1
