"""A rule as a sentence that an admin reads, in Indonesian and in English."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any

from rules.language import (
    ENTRY,
    LOCAL_GOVERNMENT,
    NATIONAL,
    All,
    AnyOf,
    CategoryTest,
    ClassifierTest,
    Days,
    Hours,
    NoneOf,
    Rule,
    TextTest,
    test_of,
)
from rules.reasons import Language
from rules.vocabulary import Urgency


def rendered(rule: Rule, language: Language, names: Mapping[str, str] | None = None) -> str:
    """The whole rule as one sentence and, where it ends or begins some day, a second one.

    `names` translates codes of agencies, categories, regions, mechanisms, channels and report types into what people
    call them; others stay codes.
    """
    speaker = _Speaker(_WORDS[language], names or {})
    sentence = f"{speaker.premise(rule)} {speaker.outcome(rule)}."
    validity = speaker.validity(rule.valid_from, rule.valid_to)
    return f"{sentence} {validity[0].upper()}{validity[1:]}." if validity else sentence


def rendered_condition(condition: Any, language: Language, names: Mapping[str, str] | None = None) -> str:
    """One condition alone, as it stands in the sentence of its rule."""
    return _Speaker(_WORDS[language], names or {}).condition(condition)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says the parts of a rule in the words of one language."""

    words: Mapping[str, str]
    names: Mapping[str, str]

    def premise(self, rule: Rule) -> str:
        if rule.when is None:
            return self.words["always"]
        return self.words["if"].format(condition=self.condition(rule.when))

    def condition(self, node: Any) -> str:
        match node:
            case All(all=below):
                return f" {self.words['and']} ".join(map(self._inside, below))
            case AnyOf(any=below):
                return f" {self.words['or']} ".join(map(self._inside, below))
            case NoneOf(none=below):
                either = f" {self.words['or']} ".join(map(self._inside, below))
                return f"{self.words['not']} ({either})"
            case _:
                return self._test(node)

    def _inside(self, child: Any) -> str:
        said = self.condition(child)
        return f"({said})" if isinstance(child, All | AnyOf) else said

    def _test(self, node: Any) -> str:
        name = test_of(node) or ""
        match getattr(node, name):
            case TextTest() as asked:
                return self._text(asked)
            case CategoryTest() as asked:
                return self._category(asked)
            case ClassifierTest() as asked:
                return self._classifier(asked)
            case Days(since=since, until=until):
                return self._say("days", what=self._span(since, until))
            case Hours(since=since, until=until):
                return self._say("hours", since=_hour(since), until=_hour(until))
            case str() as agreement:
                return self.words[f"{name}.{agreement}"]
            case listed:
                return self._say(name, what=self._either(self.words.get(f"{name}.{one}", one) for one in listed))

    def _text(self, asked: TextTest) -> str:
        if asked.within is not None:
            said = self._say("near", words=asked.words, within=asked.within)
        else:
            said = self._say("mentions", words=asked.words)
        return f"{said} {self.words['as_written']}" if asked.as_written else said

    def _category(self, asked: CategoryTest) -> str:
        if asked.min_confidence is None:
            return self._say("category", what=self._either(asked.codes))
        return self._say("category_guess", what=self._either(asked.codes), percent=_percent(asked.min_confidence))

    def _classifier(self, asked: ClassifierTest) -> str:
        return self._say(
            f"classifier.{asked.head}", what=self._either(asked.labels), percent=_percent(asked.min_confidence)
        )

    def outcome(self, rule: Rule) -> str:
        then = rule.then
        parts = [] if then.queue is None else [self._queue(then.queue)]
        if then.mechanism is not None:
            parts.append(self._say("mechanism", what=self._name(then.mechanism)))
        if then.urgency is not Urgency.NORMAL:
            parts.append(self._say("becomes", what=self.words[f"urgency.{then.urgency}"]))
        if then.tags:
            parts.append(self._say("tags", what=", ".join(then.tags)))
        if then.copies:
            parts.append(self._say("copies", what=", ".join(map(self._name, then.copies))))
        if then.continues:
            parts.append(self.words["continues"])
        return "; ".join(parts)

    def _queue(self, queue: str) -> str:
        said = self.words.get(f"queue.{queue}") if queue in (ENTRY, LOCAL_GOVERNMENT, NATIONAL) else None
        return said or self._say("queue", what=self._name(queue))

    def validity(self, valid_from: date | None, valid_to: date | None) -> str:
        if valid_from is None and valid_to is None:
            return ""
        return self._say("valid", what=self._span(valid_from, valid_to))

    def _span(self, since: date | None, until: date | None) -> str:
        # People say the last day; what is stored is the first day after it.
        last = None if until is None or until == date.min else until - timedelta(days=1)
        if since is not None and last is not None:
            if since == last:
                return self._say("on_day", since=self._day(since))
            return self._say("between", since=self._day(since), last=self._day(last))
        if since is not None:
            return self._say("since", since=self._day(since))
        return self._say("up_to", last=self._day(last or date.min))

    def _day(self, day: date) -> str:
        return f"{day.day} {self.words[f'month.{day.month}']} {day.year}"

    def _either(self, codes: Iterable[str]) -> str:
        return f" {self.words['either']} ".join(map(self._name, codes))

    def _name(self, code: str) -> str:
        return self.names.get(code, code)

    def _say(self, key: str, **data: str | int) -> str:
        return self.words[key].format_map(data)


def _percent(share: float) -> str:
    return f"{100 * share:.4g}"


def _hour(moment: time) -> str:
    return moment.strftime("%H.%M") if moment.second == 0 else moment.strftime("%H.%M.%S")


_MONTHS_ID = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
_MONTHS_EN = "January February March April May June July August September October November December"

_WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "id": {
            "if": "JIKA {condition} MAKA",
            "always": "UNTUK SETIAP LAPORAN:",
            "and": "DAN",
            "or": "ATAU",
            "not": "BUKAN",
            "either": "atau",
            "mentions": "laporan menyebut “{words}”",
            "near": "laporan menyebut kata-kata “{words}” dalam jarak {within} kata",
            "as_written": "persis seperti tertulis",
            "category": "kategorinya {what}",
            "category_guess": "kategorinya {what} (atau diduga demikian, keyakinan paling sedikit {percent}%)",
            "region": "lokasinya di {what}",
            "report_type": "jenis laporannya {what}",
            "channel": "masuk melalui kanal {what}",
            "chosen_agency": "pelapor memilih {what}",
            "classifier.category": "sistem menduga kategori {what} (keyakinan paling sedikit {percent}%)",
            "classifier.agency": "sistem menduga instansi {what} (keyakinan paling sedikit {percent}%)",
            "agreement.AGREE": "dugaan sistem sama dengan tujuan aturan ini",
            "agreement.DISAGREE": "dugaan sistem berbeda dari tujuan aturan ini",
            "urgency": "tingkat kepentingannya {what}",
            "days": "dikirim {what}",
            "hours": "dikirim antara pukul {since} dan {until}",
            "weekday": "dikirim pada hari {what}",
            "reporter": "pelapor {what}",
            "queue": "masuk antrean {what}",
            "queue.ENTRY": "masuk antrean instansi yang pintunya dipakai",
            "queue.LOCAL_GOVERNMENT": "masuk antrean pemerintah daerah setempat",
            "queue.NATIONAL": "masuk antrean Admin Nasional",
            "mechanism": "berlaku mekanisme khusus {what}",
            "becomes": "menjadi {what}",
            "tags": "ditandai {what}",
            "copies": "tembusan {what}",
            "continues": "aturan berikutnya tetap diperiksa",
            "valid": "berlaku {what}",
            "since": "sejak {since}",
            "up_to": "sampai dengan {last}",
            "between": "sejak {since} sampai dengan {last}",
            "on_day": "pada {since}",
            "urgency.NORMAL": "biasa",
            "urgency.HIGH": "mendesak",
            "urgency.EMERGENCY": "darurat",
            "reporter.ANONYMOUS": "anonim",
            "reporter.SECRET": "meminta dirahasiakan",
            "reporter.WITH_ACCOUNT": "memiliki akun",
            "reporter.ON_BEHALF": "diwakili petugas",
            "weekday.MONDAY": "Senin",
            "weekday.TUESDAY": "Selasa",
            "weekday.WEDNESDAY": "Rabu",
            "weekday.THURSDAY": "Kamis",
            "weekday.FRIDAY": "Jumat",
            "weekday.SATURDAY": "Sabtu",
            "weekday.SUNDAY": "Minggu",
            **{f"month.{number}": name for number, name in enumerate(_MONTHS_ID.split(), start=1)},
        },
        "en": {
            "if": "IF {condition} THEN",
            "always": "FOR EVERY REPORT:",
            "and": "AND",
            "or": "OR",
            "not": "NOT",
            "either": "or",
            "mentions": "the report mentions “{words}”",
            "near": "the report mentions the words “{words}” within {within} words",
            "as_written": "exactly as written",
            "category": "its category is {what}",
            "category_guess": "its category is {what} (or probably so, at least {percent}% sure)",
            "region": "its place is in {what}",
            "report_type": "it is of the type {what}",
            "channel": "it came in through the channel {what}",
            "chosen_agency": "the reporter chose {what}",
            "classifier.category": "the system takes it for the category {what} (at least {percent}% sure)",
            "classifier.agency": "the system takes it for {what} (at least {percent}% sure)",
            "agreement.AGREE": "the system would choose as this rule does",
            "agreement.DISAGREE": "the system would choose otherwise than this rule",
            "urgency": "its urgency is {what}",
            "days": "it was submitted {what}",
            "hours": "it was submitted between {since} and {until}",
            "weekday": "it was submitted on a {what}",
            "reporter": "the reporter {what}",
            "queue": "it enters the queue of {what}",
            "queue.ENTRY": "it enters the queue of the agency through whose door it came",
            "queue.LOCAL_GOVERNMENT": "it enters the queue of the local government there",
            "queue.NATIONAL": "it enters the queue of the national desk",
            "mechanism": "the special mechanism {what} holds",
            "becomes": "it becomes {what}",
            "tags": "it is tagged {what}",
            "copies": "a copy goes to {what}",
            "continues": "the rules below are asked as well",
            "valid": "valid {what}",
            "since": "from {since} on",
            "up_to": "up to and including {last}",
            "between": "from {since} up to and including {last}",
            "on_day": "on {since}",
            "urgency.NORMAL": "normal",
            "urgency.HIGH": "urgent",
            "urgency.EMERGENCY": "an emergency",
            "reporter.ANONYMOUS": "is anonymous",
            "reporter.SECRET": "asked for secrecy",
            "reporter.WITH_ACCOUNT": "has an account",
            "reporter.ON_BEHALF": "is represented by an officer",
            "weekday.MONDAY": "Monday",
            "weekday.TUESDAY": "Tuesday",
            "weekday.WEDNESDAY": "Wednesday",
            "weekday.THURSDAY": "Thursday",
            "weekday.FRIDAY": "Friday",
            "weekday.SATURDAY": "Saturday",
            "weekday.SUNDAY": "Sunday",
            **{f"month.{number}": name for number, name in enumerate(_MONTHS_EN.split(), start=1)},
        },
    }
)
