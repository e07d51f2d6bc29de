"""What the rules as they ship do with typical complaints."""

from collections.abc import Callable
from datetime import date

import pytest

from rules.directory import Directory
from rules.routing import Evidence, RuleSet, route
from rules.vocabulary import Channel, ReportType, RuleKind, Urgency

AN_EVIDENCE = Callable[..., Evidence]
SEED = date(2020, 8, 7)


def test_the_reporters_choice_comes_before_everything(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    evidence = an_evidence("token listrik", chosen_agency="KPK", channel=Channel.SUBDOMAIN, entry_agency="BI")

    decision = route(evidence, shipped_rules, directory)

    assert (decision.kind, decision.queue) == (RuleKind.REPORTER_CHOICE, "KPK")


@pytest.mark.parametrize(
    ("category", "queue"),
    [
        ("CORONA.PSBB", "KEMENKES"),
        ("CORONA.BANTUAN_MASYARAKAT_CORONA.BANTUAN_SOSIAL_TUNAI_BST", "KEMENSOS"),
        ("CORONA.BANTUAN_MASYARAKAT_CORONA.KARTU_PRAKERJA", "KEMENKO_EKON"),
        ("CORONA.BANTUAN_MASYARAKAT_CORONA.BANTUAN_LANGSUNG_TUNAI_DANA_DESA_BLT_DD", "KEMENDES"),
    ],
)
def test_covid_goes_straight_to_the_agency_with_its_own_limits(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, category: str, queue: str
) -> None:
    decision = route(an_evidence(category=category, on=SEED), shipped_rules, directory)

    assert (decision.kind, decision.queue, decision.mechanism) == (RuleKind.SPECIAL_CATEGORY, queue, "COVID")


def test_covid_keeps_its_limits_when_the_reporter_chose_an_agency(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    evidence = an_evidence(category="CORONA.PSBB", chosen_agency="KEMENSOS", on=SEED)

    decision = route(evidence, shipped_rules, directory)

    assert (decision.kind, decision.queue, decision.mechanism) == (RuleKind.REPORTER_CHOICE, "KEMENSOS", "COVID")
    assert (decision.rule_id, decision.also, decision.tags) == (None, ("COVID",), ("covid-19",))


def test_covid_is_nothing_special_after_its_end(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    decision = route(an_evidence(category="CORONA.PSBB", on=date(2023, 6, 21)), shipped_rules, directory)

    assert (decision.rule_id, decision.mechanism) == (None, None)


def test_a_report_through_an_agencys_door_enters_its_queue(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    evidence = an_evidence("token listrik", channel=Channel.SUBDOMAIN, entry_agency="KOTA_SEMARANG")

    decision = route(evidence, shipped_rules, directory)

    assert (decision.kind, decision.queue) == (RuleKind.CHANNEL, "KOTA_SEMARANG")


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("token listrik tidak bisa masuk", "PLN"),
        ("elpiji 3 kg langka di warung", "PERTAMINA"),
        ("sertifikat tanah saya belum jadi", "ATR_BPN"),
        ("pengaduan badan pertahanan nasional", "ATR_BPN"),
        ("tolong blokir situs judi online", "KOMDIGI"),
        ("teror pinjol tiap hari", "OJK"),
        ("bansos tidak tepat sasaran", "KEMENSOS"),
        ("saldo jht bpjs ketenagakerjaan", "BPJS_TK"),
        ("kartu bpjs nonaktif", "BPJS_KES"),
        ("penukaran uang rusak", "BI"),
        ("jalan tol berlubang", "PU"),
    ],
)
def test_words_that_leave_no_doubt_propose_the_agency(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, text: str, agency: str
) -> None:
    assert route(an_evidence(text), shipped_rules, directory).proposed_agency == agency


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("jalan rusak dan berlubang", "KOTA_SEMARANG.DPU"),
        ("lampu jalan mati listrik padam", "KOTA_SEMARANG.DISHUB"),
        ("tumpukan sampah di pasar", "KOTA_SEMARANG.DLH"),
        ("air pdam keruh", "KOTA_SEMARANG.PDAM"),
        ("ktp elektronik belum dicetak", "KOTA_SEMARANG.DISDUKCAPIL"),
        ("pedagang kaki lima di trotoar", "KOTA_SEMARANG.SATPOLPP"),
    ],
)
def test_a_clear_local_matter_goes_to_the_city(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, text: str, unit: str
) -> None:
    decision = route(an_evidence(text, region="33.74"), shipped_rules, directory)

    assert (decision.queue, decision.proposed_unit) == ("KOTA_SEMARANG", unit)


def test_poisoned_school_meals_are_an_emergency(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    decision = route(an_evidence("keracunan mbg di sekolah"), shipped_rules, directory)

    assert (decision.proposed_agency, decision.urgency) == ("BGN", Urgency.EMERGENCY)
    assert decision.copies == ("KEMENKES",)


@pytest.mark.parametrize(
    "text", ["saya ingin bunuh diri", "tetangga mau mengakhiri hidupnya karena pinjol", "lebih baik mati saja"]
)
@pytest.mark.parametrize("chosen", [None, "KPK"])
def test_a_word_of_suicide_is_an_emergency_for_whoever_gets_the_report(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, text: str, chosen: str | None
) -> None:
    decision = route(an_evidence(text, chosen_agency=chosen), shipped_rules, directory)

    assert (decision.urgency, decision.tags[-1]) == (Urgency.EMERGENCY, "bahaya-jiwa")
    assert decision.queue == chosen or decision.rule_id == "PINJOL"


@pytest.mark.parametrize("text", ["mesin pompa tidak mau hidup lagi", "lampu ingin dimatikan saja", "jalan sudah baik"])
def test_everyday_words_set_off_nothing(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, text: str
) -> None:
    decision = route(an_evidence(text), shipped_rules, directory)

    assert (decision.kind, decision.urgency, decision.tags) == (RuleKind.NATIONAL_DESK, Urgency.NORMAL, ())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("lampunya jalan kampung gelap", "LAMPU-JALAN"),
        ("orang membuang sampah ke kali", "DAERAH-SAMPAH"),
        ("sudah dua kali mencetak ktp gagal", "DAERAH-KEPENDUDUKAN"),
    ],
)
def test_words_are_met_in_every_form(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE, text: str, rule: str
) -> None:
    assert route(an_evidence(text), shipped_rules, directory).rule_id == rule


def test_a_text_without_any_sign_goes_to_the_national_desk(
    directory: Directory, shipped_rules: RuleSet, an_evidence: AN_EVIDENCE
) -> None:
    decision = route(an_evidence("mohon bantuannya", report_type=ReportType.ASPIRATION), shipped_rules, directory)

    assert (decision.rule_id, decision.kind, decision.queue) == (None, RuleKind.NATIONAL_DESK, None)
