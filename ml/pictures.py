"""Pictures of a report as SVG text: the same figures always give the same bytes.

Matplotlib is imported when the first picture is drawn, without pyplot. Any thread may draw; one draws at a time.
"""

import io
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The two colours of Okabe and Ito that every kind of colour blindness tells apart; lines differ in dash and mark too.
CANDIDATE, ACTIVE = "#0072B2", "#D55E00"
GREY = "#595959"
# Colours, dashes and marks of further lines, in this order.
LINES = (
    (CANDIDATE, "-", "o"),
    (ACTIVE, "--", "s"),
    ("#009E73", "-.", "^"),
    ("#CC79A7", ":", "D"),
    ("#000000", "-", "v"),
    ("#E69F00", "--", "x"),
)
# Inches; with 9-point letters this is read on a telephone 360 pixels wide without zooming.
WIDTH = 4.6
PICTURED_LABELS = 30
# Matrices up to this size have room for a number in each cell.
NUMBERED_CELLS = 12
_LABEL_LETTERS = 22
_STYLE: Any = {
    "svg.hashsalt": "salur",
    # Letters stay letters: they can be searched, and read aloud.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    # A label may hold a dollar sign.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Styles and warnings are switched for the whole process while a picture is drawn.
_DRAWING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart over months: its name, and pairs of (month as "2026-07", share from 0 to 1)."""

    name: str
    points: Sequence[tuple[str, float]]


def reliability_picture(candidate: Mapping[str, Any], active: Mapping[str, Any] | None, title: str) -> str:
    """Share right against confidence, a mark per bin; on the grey line confidence is exact. Figures of `ml.report`."""

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="exact")
        for name, figures, (colour, dash, mark) in _both(candidate, active):
            bins = figures["reliability"]
            axes.plot(
                [one["confidence"] for one in bins],
                [one["right"] for one in bins],
                color=colour,
                linestyle=dash,
                marker=mark,
                markersize=4,
                label=f"{name} (ECE {figures['metrics']['ece']:.3f})",
            )
        _as_shares(axes, "mean confidence", "share right")
        axes.legend(loc="upper left", frameon=False)

    return _svg(draw, title, 3.6)


def coverage_picture(candidate: Mapping[str, Any], active: Mapping[str, Any] | None, title: str) -> str:
    """Share right against share answered, most confident first. Figures of `ml.report`."""

    def draw(axes: "Axes") -> None:
        lowest = 0.9
        for name, figures, (colour, dash, _) in _both(candidate, active):
            curve = figures["coverage_curve"]
            lowest = min([lowest, *(right for _, right in curve)])
            axes.plot(
                [share for share, _ in curve], [right for _, right in curve], color=colour, linestyle=dash, label=name
            )
        axes.axhline(0.95, color=GREY, linewidth=1, linestyle=":", label="95 %")
        _as_shares(axes, "share answered (most confident first)", "share of those right")
        axes.set_ylim(max(0.0, lowest - 0.05), 1.02)
        axes.legend(loc="lower left", frameon=False)

    return _svg(draw, title, 3.4)


def recall_picture(candidate: Mapping[str, Any], active: Mapping[str, Any] | None, title: str) -> str:
    """A bar per label, best found on top: the PICTURED_LABELS with most rows. Figures of `ml.report`."""
    shown = [row for row in candidate["labels"] if row["support"]][:PICTURED_LABELS]
    shown.sort(key=lambda row: (row["recall"], row["label"]))
    before = {row["label"]: row["recall"] for row in active["labels"]} if active else {}

    def draw(axes: "Axes") -> None:
        places = list(range(len(shown)))
        axes.barh(places, [row["recall"] for row in shown], color=CANDIDATE, height=0.65, label="candidate")
        marks = [
            (before[row["label"]], place) for place, row in enumerate(shown) if before.get(row["label"]) is not None
        ]
        if marks:
            axes.plot(
                [recall for recall, _ in marks],
                [place for _, place in marks],
                color=ACTIVE,
                linestyle="none",
                marker="D",
                markersize=5,
                label="active",
            )
            axes.legend(loc="lower right", framealpha=0.9)
        axes.set_yticks(places, [f"{_short(row['label'])} ({row['support']})" for row in shown], fontsize=8)
        axes.set_xlim(0, 1.02)
        axes.set_xlabel("share of its rows found (recall)")
        axes.set_ylabel("label (rows)")

    return _svg(draw, title, 1.2 + 0.2 * max(len(shown), 3))


def confusion_picture(matrix: Mapping[str, Any], title: str) -> str:
    """The matrix of `ml.report`, each row as shares of its label; darker is more, the diagonal is right."""
    names = [_short(label) for label in matrix["labels"]] + (["(other)"] if matrix["has_other"] else [])
    shares = [[count / (sum(row) or 1) for count in row] for row in matrix["counts"]]

    def draw(axes: "Axes") -> None:
        from matplotlib import colormaps

        # Ten steps, drawn as shapes: eyes tell no more apart, and shapes stay sharp at every size.
        steps = colormaps["Blues"].resampled(10)
        axes.pcolormesh(shares, cmap=steps, vmin=0.0, vmax=1.0, edgecolors="white", linewidth=0.3)
        axes.set_aspect("equal")
        axes.invert_yaxis()
        size = 9 if len(names) <= NUMBERED_CELLS else 6
        middles = [place + 0.5 for place in range(len(names))]
        axes.set_xticks(middles, names, rotation=90, fontsize=size)
        axes.set_yticks(middles, names, fontsize=size)
        axes.set_xlabel("answer (darker: more of the label's rows)")
        axes.set_ylabel("label given by people")
        if len(names) <= NUMBERED_CELLS:
            for row, counts in enumerate(matrix["counts"]):
                for column, count in enumerate(counts):
                    if count:
                        colour = "white" if shares[row][column] > 0.55 else "black"
                        axes.text(
                            column + 0.5, row + 0.5, str(count), ha="center", va="center", fontsize=7, color=colour
                        )

    return _svg(draw, title, 4.8)


def fairness_picture(fairness: Mapping[str, Any], title: str) -> str:
    """Accuracy per place and per text length with its 95 % interval; the grey line is the mean of all rows."""
    groups = [*fairness["region"]["groups"], *fairness["length"]["groups"]]
    cut = len(fairness["region"]["groups"])
    rows = sum(group["rows"] for group in groups[cut:])
    mean = sum(group["accuracy"] * group["rows"] for group in groups[cut:]) / (rows or 1)

    def draw(axes: "Axes") -> None:
        for place, group in enumerate(groups):
            colour, _, mark = LINES[place >= cut]
            axes.plot([group["low"], group["high"]], [place, place], color=colour, linewidth=1.5)
            axes.plot([group["accuracy"]], [place], color=colour, marker=mark, markersize=4)
        axes.axvline(mean, color=GREY, linewidth=1, linestyle=":")
        # The line between the places above and the lengths below.
        axes.axhline(cut - 0.5, color=GREY, linewidth=0.5)
        words = [*(group["name"] for group in groups[:cut]), *(f"{group['name']} words" for group in groups[cut:])]
        names = [f"{_short(name)} ({group['rows']})" for name, group in zip(words, groups, strict=True)]
        axes.set_yticks(list(range(len(groups))), names, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("accuracy, 95 % interval")
        axes.set_ylabel("place, text length (rows)")

    return _svg(draw, title, 1.2 + 0.2 * max(len(groups), 3))


def acceptance_picture(series: Sequence[Series], title: str = "Suggestions accepted by month") -> str:
    """A line per series over all months that any of them has; a month without a value breaks its line."""
    months = sorted({month for one in series for month, _ in one.points})

    def draw(axes: "Axes") -> None:
        for number, one in enumerate(series):
            colour, dash, mark = LINES[number % len(LINES)]
            shares = dict(one.points)
            axes.plot(
                list(range(len(months))),
                [shares.get(month, float("nan")) for month in months],
                color=colour,
                linestyle=dash,
                marker=mark,
                markersize=4,
                label=_short(one.name),
            )
        axes.set_xticks(list(range(len(months))), months, rotation=90)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("month")
        axes.set_ylabel("share accepted")
        if series:
            axes.legend(loc="best", frameon=False)

    return _svg(draw, title, 3.6)


def _both(
    candidate: Mapping[str, Any], active: Mapping[str, Any] | None
) -> list[tuple[str, Mapping[str, Any], tuple[str, str, str]]]:
    lines = [("candidate", candidate, LINES[0])]
    return lines if active is None else [*lines, ("active", active, LINES[1])]


def _as_shares(axes: "Axes", across: str, up: str) -> None:
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, color="#DDDDDD", linewidth=0.5)


def _short(label: str) -> str:
    # Signs that cannot be written in XML would make the whole picture unreadable.
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in label).split())
    return shown if len(shown) <= _LABEL_LETTERS else shown[: _LABEL_LETTERS - 1] + "…"


def _svg(draw: Callable[["Axes"], None], title: str, height: float) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    drawn = io.StringIO()
    with _DRAWING, matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A label in a script that the measuring font lacks is written all the same: letters stay letters.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        # Above the whole picture: over the axes alone, long labels at the side would leave it no room.
        figure.suptitle(title, fontsize=10)
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    return drawn.getvalue()
