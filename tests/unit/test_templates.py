"""Templates are filled in, and nothing in them is ever evaluated."""

from rules.templates import ABSENT, filled, unknown_variables


def test_known_variables_are_filled_in() -> None:
    said = filled("Laporan {kode} ditangani { nama_instansi }.", {"kode": "AB12", "nama_instansi": "PLN"})

    assert said == "Laporan AB12 ditangani PLN."


def test_what_a_case_does_not_have_is_a_dash() -> None:
    assert filled("Unit: {nama_unit}", {"nama_unit": None}) == f"Unit: {ABSENT}"


def test_values_are_not_filled_in_again() -> None:
    assert filled("{judul}", {"judul": "{kode} {0.__class__}", "kode": "RAHASIA"}) == "{kode} {0.__class__}"


def test_other_braces_stay_as_they_are() -> None:
    assert filled("{} {0} {kode.__class__} {kode!r} {tidak_ada}", {"kode": "AB12"}) == (
        "{} {0} {kode.__class__} {kode!r} {tidak_ada}"
    )


def test_unknown_variables_are_named_once() -> None:
    assert unknown_variables("{kode} {nik} {nama} {nik}") == ["nik", "nama"]
