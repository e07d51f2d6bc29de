"""What is masked and what stays. All samples were written for this project; no number belongs to anybody."""

import pytest

from rules.masking import HIDDEN, masked

NIK_SAMPLES = [
    "NIK 3374011209850001",
    "NIK saya 3374 0112 0985 0001",
    "NIK: 3374-0112-0985-0001",
    "nik 3374.0112.0985.0001",
    "nik 33.74.01.120985.0001",
    "no ktp 337401 120985 0001",
    "3374011209850001",
    "3 3 7 4 0 1 1 2 0 9 8 5 0 0 0 1",
    "3.3.7.4.0.1.1.2.0.9.8.5.0.0.0.1",
    "ktp saya nomor 9999999999999999",
    "NIK ３３７４０１１２０９８５０００１",
    "NIK 3374–0112–0985–0001",
]
PHONE_SAMPLES = [
    "081234567890",
    "0812-3456-7890",
    "0812 3456 7890",
    "0812.3456.7890",
    "0812/3456/7890",
    "081 234 567 890",
    "08 12 34 56 78 90",
    "+6281234567890",
    "+62 812 3456 7890",
    "+62-812-3456-7890",
    "62 812 3456 7890",
    "6281234567890",
    "(0812) 3456 7890",
    "hp 0 8 1 2 3 4 5 6 7 8 9 0",
    "wa:081234567890",
    "telp (024) 8311234",
    "telepon 024-8311234",
    "021 5550123",
    "０８１２３４５６７８９０",
]


@pytest.mark.parametrize("text", NIK_SAMPLES)
def test_identity_numbers_are_masked(text: str) -> None:
    assert "<NIK>" in masked(text)
    assert not any(character.isdigit() for character in masked(text))


@pytest.mark.parametrize("text", PHONE_SAMPLES)
def test_telephone_numbers_are_masked(text: str) -> None:
    assert "<TELEPON>" in masked(text)
    assert not any(character.isdigit() for character in masked(text))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("KK 3374011209850002", "KK <KK>"),
        ("kartu keluarga 3374 0112 0985 0002", "kartu keluarga <KK>"),
        ("surel budi.santoso@contoh.id ya", "surel <SUREL> ya"),
        ("kirim ke siti_a@example.com", "kirim ke <SUREL>"),
        ("angkot H 1234 AB ugal-ugalan", "angkot <PELAT> ugal-ugalan"),
        ("nopol h1234ab", "nopol <PELAT>"),
        ("kartu keluarga: 3374.0112.0985.0002", "kartu keluarga: <KK>"),
        ("kk no: 33.74.01.120985.0002", "kk no: <KK>"),
        ("rek BCA 1234567890", "rek BCA <REKENING>"),
        ("norek 1234.5678.90", "norek <REKENING>"),
        ("tertulis 52123456789 di struk", "tertulis <NOMOR> di struk"),
        ("no rekening 0021-01-123456-50-7", "no rekening <REKENING>"),
        ("nomor rekening BRI 0021 0112 3456 507", "nomor rekening BRI <REKENING>"),
        ("NPWP 09.254.294.3-407.000", "NPWP <NOMOR>"),
        ("nomor meter 12345678901", "nomor meter <NOMOR>"),
        ("ID pelanggan 5212 3456 7890", "ID pelanggan <NOMOR>"),
        ("kartu BPJS 0001234567890", "kartu BPJS <NOMOR>"),
        ("lahir 12-09-1985 di Semarang", "lahir <TANGGAL LAHIR> di Semarang"),
    ],
)
def test_other_personal_numbers_are_masked(text: str, safe: str) -> None:
    assert masked(text) == safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("nama saya Budi Santoso dari Semarang", "nama saya <NAMA> dari Semarang"),
        ("nama saya budi santoso dari semarang", "nama saya <NAMA> dari semarang"),
        ("a.n. Siti Aminah", "a.n. <NAMA>"),
        ("an. Joko Susilo", "an. <NAMA>"),
        ("a/n Dewi Lestari", "a/n <NAMA>"),
        ("atas nama Sri Wahyuni", "atas nama <NAMA>"),
        ("Pak Suprapto menolak", "Pak <NAMA> menolak"),
        ("Bapak Suprapto ketua RT", "Bapak <NAMA> ketua RT"),
        ("Mbak Rahmi Petugas loket", "Mbak <NAMA> Petugas loket"),
        ("Bapak Sumarno dan Ibu Partini", "Bapak <NAMA> dan Ibu <NAMA>"),
        ("petugas yang bernama Hartono", "petugas yang bernama <NAMA>"),
    ],
)
def test_names_behind_a_cue_are_masked(text: str, safe: str) -> None:
    assert masked(text) == safe


@pytest.mark.parametrize(
    "text",
    [
        "Jalan Ahmad Yani berlubang di depan nomor 12 RT 03 RW 05",
        "RSUD dr. Soetomo dan Bandara Soekarno Hatta",
        "Bapak Bupati dan Ibu Wali Kota yang terhormat",
        "bapak petani dan ibu rumah tangga",
        "Pak RT, Bu Lurah, Bapak Presiden",
        "terjadi 07-08-2020 pukul 13.30 sampai 2020-08-09",
        "tahun 2019 2020 2021 2022",
        "buka 08.00-12.00 13.00-16.00",
        "kerugian Rp 1.500.000.000 atau 1.250.000,50 rupiah",
        "biaya Rp150000000",
        "laporan nomor #9189446",
        "kode pos 50132, 3 kg, 14 hari kerja",
        "SK nomor 100/2020",
        "kode pelacakan 7K3M-Q0X2-9VTB-HC",
        "di -6.9667, 110.4167",
    ],
)
def test_places_dates_money_and_offices_stay(text: str) -> None:
    assert masked(text) == text


def test_everything_in_one_text_is_masked_at_its_place() -> None:
    text = (
        "Kepada Yth. Admin, nama saya Budi Santoso (NIK 3374011209850001). "
        "Lampu jalan di Jalan Pemuda mati sejak 7 Agustus 2020. Hubungi 0812-3456-7890 atau budi@contoh.id."
    )

    assert masked(text) == (
        "Kepada Yth. Admin, nama saya <NAMA> (NIK <NIK>). "
        "Lampu jalan di Jalan Pemuda mati sejak 7 Agustus 2020. Hubungi <TELEPON> atau <SUREL>."
    )


def test_an_empty_text_stays_empty() -> None:
    assert masked("") == ""


def test_a_text_that_breaks_the_detectors_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise IndexError

    monkeypatch.setattr("rules.masking.detect_pii", stumble)

    assert masked("nama saya Budi") == HIDDEN


def test_a_text_that_never_settles_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.masking._without_personal_data", lambda piece: piece + "x")

    assert masked("nama saya Budi") == HIDDEN
