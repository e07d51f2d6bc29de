"""The model card of one version, written from the report of its training: `python -m ml.card`."""

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from ml.commands import progress, stop
from ml.pictures import (
    PICTURED_LABELS,
    confusion_picture,
    coverage_picture,
    fairness_picture,
    recall_picture,
    reliability_picture,
)

CARD = "card.md"
# What this program can render; `ml.report` writes the same number.
FORMAT = 1
SHOWN_LABELS = 40
SHOWN_CONFUSIONS = 10
SHOWN_TOO_FEW = 30
# Below this McNemar's test calls the difference of two versions more than chance.
SURE = 0.05
# With fewer rows that are new to both versions, pictures show the candidate alone, on all rows.
COMPARED_ROWS = 100
Facts = Mapping[str, Any]

FIGURES = (
    ("accuracy", "the first answer is the label"),
    ("macro F1", "F1, every label counting the same however rare"),
    ("top 3", "the label is among three answers"),
    ("ECE", "mean distance of confidence from the share right (15 bins, 0 is perfect)"),
    ("answered at 90 / 95 / 97 %", "share of rows above a threshold that other rows chose, and the share right there"),
)
LEVELS = {"region": "place", "length": "text length"}

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


def render(report: Facts) -> dict[str, str]:
    """File names and contents: CARD and the pictures it shows, all text. `report` is that of `ml.report`."""
    files: dict[str, str] = {}
    parts = [_summary(report), _what(report), _data(report["data"]), _judging(report)]
    for target, facts in report["targets"].items():
        pictures = _pictures(target, facts)
        files.update({name: svg for name, (_, svg) in pictures.items()})
        parts.append(_target(target, facts, {name: words for name, (words, _) in pictures.items()}))
    parts += [_limits(report), _latency(report.get("latency")), _again(report)]
    files[CARD] = "\n\n".join(part for part in parts if part) + "\n"
    return files


def _summary(report: Facts) -> str:
    data = report["data"]
    lines = []
    for target, facts in report["targets"].items():
        metrics = facts["out_of_fold"]["candidate"]["metrics"]
        lines.append(
            f"{target}: benar pada jawaban pertama {_percent(metrics['accuracy'])}, di antara tiga jawaban "
            f"{_percent(metrics['top3'])} dari {metrics['rows']} laporan yang belum pernah dilihat model"
        )
    figures = "; ".join(lines) or "tidak ada sasaran yang cukup datanya"
    refused = [facts["gate"] for facts in report["targets"].values() if facts["gate"] and not facts["gate"]["passed"]]
    gate = (
        "Belum dibandingkan dengan versi aktif."
        if not any(facts["gate"] for facts in report["targets"].values())
        else "Calon ini kalah dari versi aktif; lihat alasannya di bawah."
        if refused
        else "Calon ini tidak kalah dari versi aktif."
    )
    return (
        f"# Model card: version `{report['version']}`\n\n"
        f"**Ringkasan.** Versi ini menyarankan label untuk laporan baru dan dilatih dari {data['rows']} laporan "
        f"berlabel{_period(data, ' tanggal ', ' sampai ')}. {figures}. {gate} Saran ini hanya bahan pertimbangan: "
        "petugas yang memutuskan, dan model tidak menilai benar tidaknya isi laporan."
    )


def _what(report: Facts) -> str:
    active = f"`{report['active']}`" if report["active"] else "none; nothing is compared"
    return (
        "## What it is\n\n"
        "A classical model (TF-IDF of Indonesian stems and two linear models per target) that answers a text with up "
        "to three labels per target, each with a calibrated confidence. It writes no text of its own and gives the "
        "same answer to the same text. It advises people who work on complaints; it closes, rejects and publishes "
        f"nothing.\n\n- Version: `{report['version']}`\n- Active version it is compared with: {active}\n"
        f"- Targets: {', '.join(report['targets']) or 'none'}"
    )


def _data(data: Facts) -> str:
    sources = ", ".join(f"{_cell(name or 'not named')} {rows}" for name, rows in data["sources"].items())
    undated = data["rows"] - data["dated"]
    return (
        "## Data\n\n"
        f"- Rows: {data['rows']} (exact copies left out)\n- Fingerprint (SHA-256 of the content): "
        f"`{data['fingerprint']}`\n- Period: {_period(data, '', ' to ') or 'no dates'}; without a date: {undated}\n"
        f"- Sources: {sources or 'none'}"
    )


def _judging(report: Facts) -> str:
    meanings = "\n".join(f"- **{name}**: {meaning}" for name, meaning in FIGURES)
    return (
        "## How it was judged\n\n"
        "**Out of fold**: the rows are split into folds, nearly equal texts stay together, each fold is answered by "
        "a model of the others. **Recent**: the newest rows, cut at a day, answered by a model of the older rows "
        "alone; that model is older than the candidate and perhaps than the active version, so this slice tells how "
        "figures age and has no vote in the gate. The active version is asked only about rows it was not trained "
        "on, and both versions are then compared on exactly those. A label the model does not know counts as wrong. "
        f"The labels are decisions of people and hold mistakes of their own.\n\n{meanings}"
    )


def _target(target: str, facts: Facts, pictures: Mapping[str, str]) -> str:
    candidate = facts["out_of_fold"]["candidate"]
    parts = [
        f"## Target: {target}",
        f"{facts['out_of_fold']['rows']} labelled rows, {facts['labels']} labels."
        + (" **Few rows: the figures may be off by five points and more.**" if facts["low_data"] else ""),
        _side_by_side(facts),
        _paired(facts),
        _gate(facts["gate"]),
        _threshold(facts["threshold"]),
        "\n\n".join(f"![{words}]({name})" for name, words in pictures.items()),
        _labels(candidate["labels"]),
        _confusions(candidate["confusions"]),
        _too_few(facts["too_few"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _side_by_side(facts: Facts) -> str:
    columns: list[tuple[str, Facts]] = []
    for slice_name in ("out_of_fold", "recent"):
        told = facts[slice_name]
        if not told:
            continue
        name = "out of fold" if slice_name == "out_of_fold" else f"recent, since {told['since']}"
        columns.append((f"candidate ({name}, {told['rows']} rows)", told["candidate"]))
        if told["shared"]:
            rows = told["shared"]["rows"]
            if rows < told["rows"]:
                columns.append((f"candidate ({name}, {rows} rows new to both)", told["shared"]["candidate"]))
            columns.append((f"active ({name}, the same {rows} rows)", told["shared"]["active"]))
    lines = [("figure", *(name for name, _ in columns)), ("---", *("---:" for _ in columns))]
    for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"), ("top 3", "top3"), ("ECE", "ece")):
        lines.append((name, *(f"{figures['metrics'][key]:.3f}" for _, figures in columns)))
    for number, one in enumerate(columns[0][1]["coverage"]):
        cells = [_held(figures["coverage"][number]) for _, figures in columns]
        lines.append((f"answered at {_percent(one['promise'])}", *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _paired(facts: Facts) -> str:
    lines = []
    for name in ("out_of_fold", "recent"):
        shared = facts[name]["shared"] if facts[name] else None
        if not shared:
            continue
        test = shared["paired"]
        judged = "more than chance" if test["p_value"] < SURE else "within chance"
        lines.append(
            f"McNemar's exact test ({name.replace('_', ' ')}): of {test['rows']} rows only the candidate was right on "
            f"{test['only_candidate']}, only the active version on {test['only_active']}; p = {test['p_value']:.4f}, "
            f"{judged}."
        )
    return "\n\n".join(lines)


def _gate(verdict: Facts | None) -> str:
    if verdict is None:
        return "**Gate:** not compared; there is no active version with this target."
    word = "passed" if verdict["passed"] else "failed"
    person = " Too few rows to decide without a person." if verdict["needs_human"] else ""
    reasons = "".join(f"\n- {_cell(reason)}" for reason in verdict["reasons"])
    return f"**Gate: {word}** (compared on {verdict['compared_on']}).{person}{reasons}"


def _threshold(threshold: float) -> str:
    if threshold >= 1.0:
        return "**Threshold:** none keeps the promise of 95 %; the target always abstains and people choose."
    return (
        f"**Threshold:** sure from a confidence of {threshold:.3f} on. At least 95 % of the answers above it are "
        "right, by the cautious end of what unseen rows showed; below it the answer is shown as not sure."
    )


def _labels(rows: Sequence[Facts]) -> str:
    lines = ["| label | rows | precision | recall | F1 | |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows[:SHOWN_LABELS]:
        shares = " | ".join("–" if row[name] is None else f"{row[name]:.2f}" for name in ("precision", "recall", "f1"))
        lines.append(f"| {_cell(row['label'])} | {row['support']} | {shares} | {'too few' if row['too_few'] else ''} |")
    more = len(rows) - SHOWN_LABELS
    return (
        "### Labels (out of fold)\n\n"
        + "\n".join(lines)
        + (f"\n\n{more} more labels in the report." if more > 0 else "")
    )


def _confusions(pairs: Sequence[Sequence[Any]]) -> str:
    if not pairs:
        return ""
    lines = [f"| {_cell(truth)} | {_cell(answer)} | {rows} |" for truth, answer, rows in pairs[:SHOWN_CONFUSIONS]]
    return "### Most frequent confusions (out of fold)\n\n" + "\n".join(
        ["| label given by people | answer | rows |", "| --- | --- | ---: |", *lines]
    )


def _too_few(labels: Mapping[str, int]) -> str:
    if not labels:
        return "Every label has enough rows."
    shown = ", ".join(f"{_cell(label)} ({rows})" for label, rows in list(labels.items())[:SHOWN_TOO_FEW])
    more = f" and {len(labels) - SHOWN_TOO_FEW} more" if len(labels) > SHOWN_TOO_FEW else ""
    return f"**Too few rows** to say how good it is on {len(labels)} labels: {shown}{more}."


def _limits(report: Facts) -> str:
    lines = []
    for target, facts in report["targets"].items():
        for kind, level in LEVELS.items():
            gap = facts["out_of_fold"]["candidate"]["fairness"][kind]["gap"]
            if gap is None:
                lines.append(f"- {target}, by {level}: not enough rows in two groups to compare.")
                continue
            judged = "more than chance explains" if gap["beyond_chance"] else "the intervals overlap: may be chance"
            lines.append(
                f"- {target}, by {level}: most often right for {_cell(gap['best'])}, least for {_cell(gap['worst'])}; "
                f"{gap['points'] * 100:.1f} points apart, {judged}."
            )
    return (
        "## Limits and fairness\n\n"
        "It answers one label per target, so a second matter in one text is at best among the three. Labels without "
        "rows are never suggested. Very short texts hold too little. A new topic is called by the nearest old one. "
        "Confidence is calibrated on this data and promises nothing about texts of another kind.\n\n" + "\n".join(lines)
    )


def _latency(latency: Facts | None) -> str:
    if not latency:
        return ""
    lines = [
        f"- {name}: p50 {latency[name]['p50_ms']:.1f} ms, p95 {latency[name]['p95_ms']:.1f} ms"
        for name in ("candidate", "active")
        if latency[name]
    ]
    return (
        f"## Latency\n\nCPU time of one suggestion, all targets with reasons and titles, over {latency['texts']} texts "
        "in the same run:\n\n" + "\n".join(lines)
    )


def _again(report: Facts) -> str:
    options = report["options"]
    words = ["python", "-m", "ml.train"]
    for name, value in options.items():
        if value is None or value is False:
            continue
        values = [] if value is True else [str(one) for one in value] if isinstance(value, list) else [str(value)]
        words += [f"--{name.replace('_', '-')}", *values]
    return (
        "## How to reproduce\n\n"
        f"```sh\n{shlex.join(words)}\n```\n\nThe same rows (compare the fingerprint) with the same libraries give the "
        "same version name."
    )


def _pictures(target: str, facts: Facts) -> dict[str, tuple[str, str]]:
    # Name of the file: what it shows, in words for those who cannot see it, and the picture.
    told = facts["out_of_fold"]
    shared = told["shared"] if told["shared"] and told["shared"]["rows"] >= COMPARED_ROWS else None
    candidate = shared["candidate"] if shared else told["candidate"]
    active = shared["active"] if shared else None
    stem = re.sub(r"[^a-z0-9_]", "-", target.lower())
    both = " of candidate and active version" if active else " of the candidate"
    metrics, every = candidate["metrics"], told["candidate"]
    at_95 = candidate["coverage"][1]
    pictures = {
        "reliability": (
            f"Share right against confidence{both}; calibration error {metrics['ece']:.3f}",
            reliability_picture(candidate, active, f"{target}: is confidence true?"),
        ),
        "coverage": (
            f"Share right against share answered{both}; at 95 % it answers {_percent(at_95['share'])}",
            coverage_picture(candidate, active, f"{target}: how much can be answered how well?"),
        ),
        "recall": (
            f"Share of rows found per label{both}, at most {PICTURED_LABELS} most frequent labels",
            recall_picture(candidate, active, f"{target}: which labels are found?"),
        ),
        "confusion": (
            "Labels given by people against answers; the diagonal is right",
            confusion_picture(every["confusion_matrix"], f"{target}: what is taken for what?"),
        ),
        "fairness": (
            f"Accuracy with 95 % intervals by place and by text length; the mean is {every['metrics']['accuracy']:.3f}",
            fairness_picture(every["fairness"], f"{target}: for whom is it right?"),
        ),
    }
    return {f"{stem}-{name}.svg": (f"{target}. {words}", svg) for name, (words, svg) in pictures.items()}


def _held(coverage: Facts) -> str:
    if coverage["precision"] is None:
        return "none"
    return f"{_percent(coverage['share'])} ({_percent(coverage['precision'])} right)"


def _period(data: Facts, before: str, between: str) -> str:
    return f"{before}{data['from']}{between}{data['to']}" if data["from"] else ""


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def _cell(text: str) -> str:
    # Labels are anybody's words: they may not end a table cell, start a picture or become markup.
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", shown)


@app.command()
def card(
    report: Annotated[Path, typer.Option(help="The report of a training run (JSON).")],
    out: Annotated[Path, typer.Option(help="Folder for the card and its pictures; made when it is not there.")],
) -> None:
    """Write the model card of a training run: Markdown and SVG pictures. The same report gives the same files.

    [dim]python -m ml.card --report report.json --out cards/0123456789abcdef[/dim]
    """
    try:
        told = orjson.loads(report.read_bytes())
    except (OSError, ValueError) as error:
        stop(f"laporan '{report}' tidak terbaca: {error}", f"the report '{report}' cannot be read: {error}")
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        stop(
            f"'{report}' bukan laporan pelatihan berformat {FORMAT}; buat dengan python -m ml.train",
            f"'{report}' is not a training report of format {FORMAT}; make one with python -m ml.train",
        )
    files = render(told)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8")
    progress.print(f"{len(files)} files in {out}", markup=False)


def main() -> None:
    """Run the command line."""
    app(args=sys.argv[1:], prog_name="python -m ml.card")


if __name__ == "__main__":
    main()
