"""What rules, classifier and place decide together: `python -m bench.decisions DATA/surabaya_mediacenter.csv.gz`.

One desk's real decisions, split by time: rules and classifier learn from the first year, the half year behind it is
judged, offices by their names. Every line is a decision of `rules.routing.route` on the same rows. `alone` is the
classifier on the text; where it names a kind of local office (kelurahan, kecamatan), either that is no office and
counts as wrong ("kinds") or its most frequent office is guessed. `recipe` is the plain recipe it is compared with:
TF-IDF of words and pieces, one linear machine over all offices by name.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC

from complaints.rule_desk.counting import Decided, candidates, read_texts
from complaints.words import READING
from ml import store as registry
from ml.candidate import write
from ml.confidence import best_temperature, softmax
from ml.dataset import Example, load, without_copies
from ml.fitting import fit
from ml.metrics import Judged, safe_threshold
from ml.places import LocalOffices
from ml.predictor import Draft, Predictor, Ranking
from ml.text import tokens
from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import Outcome, Rule, Text, TextTest
from rules.mining import MiningSettings, chosen
from rules.routing import route
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType

SPLIT = "2023-01-01"
PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Line:
    """One way to decide: what each row was answered, and which of the answers would act without a person."""

    name: str
    answers: Sequence[str | None]
    acts: Sequence[bool]

    def told(self, truth: Sequence[str]) -> str:
        """Accuracy, and the share that acts with how much of it is right."""
        right = np.asarray([answer == label for answer, label in zip(self.answers, truth, strict=True)])
        acts = np.asarray(self.acts)
        precision = right[acts].mean() if acts.any() else 0.0
        return f"{self.name:34} | {right.mean():.3f} | {acts.mean():.3f}/{precision:.3f}"


def main() -> None:
    """Run all ways on one file and print a line each."""
    parser = argparse.ArgumentParser(prog="python -m bench.decisions", description=__doc__)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    rows = sorted(
        (row for row in without_copies(load([options.file]).examples) if row.agency and row.date),
        key=lambda row: (str(row.date), row.text),
    )
    taught = [row for row in rows if str(row.date) < SPLIT]
    judged = [row for row in rows if str(row.date) >= SPLIT]
    truth = [str(row.agency) for row in judged]
    print(f"{len(taught)} taught, {len(judged)} judged")
    print(f"{'':34} | accuracy | acts/right at {PRECISION:.0%}")
    for line in [_recipe(taught, judged), *_ours(taught, judged)]:
        print(line.told(truth), flush=True)


def _ours(taught: Sequence[Example], judged: Sequence[Example]) -> list[Line]:
    told = [replace(row, category=None, category_main=None, report_type=None) for row in taught]
    with tempfile.TemporaryDirectory() as store:
        predictor = registry.load(Path(store), write(fit(told, ["agency"]), Path(store)))
    kinds = LocalOffices.among([str(row.agency) for row in taught])
    directory = Directory(
        AgencyFacts(code, Connection.FULL, AgencyLevel.NATIONAL) for code in {str(row.agency) for row in taught}
    )
    by_text, by_place = (_rankings(predictor, judged, place=place) for place in (False, True))
    rules = RuleSet(1, _mined(taught), reading=READING)
    print(f"{len(rules.rules)} rules, the surest: {', '.join(_name(rule) for rule in rules.rules[:5])}")
    guessed = [ranking.choices[0].label for ranking in by_text]
    lines = [
        Line("alone, kinds of local office", [_named(a, kinds) for a in guessed], [
            ranking.is_automatic and _named(answer, kinds) is not None
            for ranking, answer in zip(by_text, guessed, strict=True)
        ]),
        Line("alone, office guessed by frequency", guessed, [ranking.is_automatic for ranking in by_text]),
    ]  # fmt: skip
    for name, rankings, chosen_rules in (
        ("classifier + place", by_place, RuleSet(1, ())),
        ("rules + classifier", by_text, rules),
        ("rules + classifier + place", by_place, rules),
    ):
        answers: list[str | None] = []
        acts = []
        for row, ranking in zip(judged, rankings, strict=True):
            decision = route(_evidence(row, ranking), chosen_rules, directory)
            acts.append(decision.proposed_agency is not None)
            answers.append(decision.proposed_agency or ranking.choices[0].label)
        lines.append(Line(name, answers, acts))
    return lines


def _rankings(predictor: Predictor, rows: Sequence[Example], *, place: bool) -> Sequence[Ranking]:
    drafts = [Draft(row.text, location=row.location if place else None) for row in rows]
    return predictor.rank(drafts, "agency")


def _named(label: str, kinds: LocalOffices) -> str | None:
    return label if kinds.class_of(label) == label else None


def _evidence(row: Example, ranking: Ranking) -> Evidence:
    return Evidence(
        words=tuple(tokens(row.text)),
        category=None,
        chosen_agency=None,
        entry_agency=None,
        region=None,
        channel=Channel.WEB,
        report_type=ReportType.COMPLAINT,
        at=datetime.fromisoformat(str(row.date)[:10]).replace(tzinfo=UTC),
        agencies=tuple(Ranked(choice.label, choice.confidence) for choice in ranking.choices),
        agency_is_sure=ranking.is_automatic,
        agency_is_proven=ranking.is_proven,
    )


def _mined(rows: Sequence[Example]) -> list[Rule]:
    """Rules as `suggestRules` finds them, each taken up by an admin who looks at nothing else."""
    read, written = read_texts([row.text for row in rows])
    stems = {stem: number for number, stem in enumerate(dict.fromkeys(stem for text in read for stem in text))}
    agencies = {name: number for number, name in enumerate(dict.fromkeys(str(row.agency) for row in rows))}
    mostly: dict[str, str] = {}
    for (stem, word), _ in sorted(written.items(), key=lambda item: (-item[1], item[0])):
        mostly.setdefault(stem, word)
    decided = Decided(
        words=np.asarray([stems[stem] for text in read for stem in text], dtype=np.int32),
        starts=np.concatenate(([0], np.cumsum([len(text) for text in read]))).astype(np.int64),
        labels=np.asarray([agencies[str(row.agency)] for row in rows], dtype=np.int32),
        stems=list(stems),
        written=[mostly.get(stem, stem) for stem in stems],
        agencies=list(agencies),
    )
    settings = MiningSettings(support=8)
    return [
        Rule(
            code=f"R{number}",
            position=number,
            name="x",
            reason="x",
            when=Text(text=TextTest(words=" ".join(candidate.words))),
            then=Outcome(queue=candidate.agency),
        )
        for number, candidate in enumerate(chosen(candidates(decided, settings), settings))
    ]


def _name(rule: Rule) -> str:
    words = rule.when.text.words if isinstance(rule.when, Text) else ""
    return f"“{words}” → {rule.then.queue}"


def _recipe(taught: Sequence[Example], judged: Sequence[Example]) -> Line:
    """Its confidence is a softmax of margins, temperature and threshold from five folds of what it was taught."""
    labels = np.asarray([str(row.agency) for row in taught])
    machine = make_pipeline(
        FeatureUnion([
            ("words", TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
            ("pieces", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)),
        ]),
        LinearSVC(C=0.5, dual=True),
    )  # fmt: skip
    texts = [row.text for row in taught]
    machine.fit(texts, labels)
    frequent = np.isin(labels, [name for name in set(labels) if (labels == name).sum() >= 5])
    unseen = cross_val_predict(
        machine, np.asarray(texts, dtype=object)[frequent], labels[frequent], cv=5, method="decision_function"
    )
    classes = np.unique(labels[frequent])
    truth = np.searchsorted(classes, labels[frequent])
    temperature = best_temperature(unseen, truth, np.geomspace(0.5, 12.0, 40))
    chances = softmax(temperature * unseen)
    threshold = safe_threshold([
        Judged(str(label), (str(classes[row.argmax()]),), float(row.max()))
        for label, row in zip(labels[frequent], chances, strict=True)
    ])  # fmt: skip
    scores = machine.decision_function([row.text for row in judged])
    sure = softmax(temperature * scores).max(axis=1) >= threshold
    return Line("recipe, all offices by name", [str(label) for label in machine.classes_[scores.argmax(axis=1)]], sure)


if __name__ == "__main__":
    main()
