"""The small words of complaints: which may not end a title, which say nothing, and how names are recognised."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that may stand inside a title but not at either end.
FUNCTION_WORDS = _words(
    """
    yang dan di ke dari untuk dengan pada oleh dalam atas bagi atau serta karena agar supaya bahwa sebagai kepada
    terhadap tentang antara hingga sampai sejak saat ketika jika kalau bila tetapi tapi namun sehingga maka juga
    lagi pun lah kah nya itu ini tersebut adalah ialah merupakan akan telah sudah masih sedang belum bisa dapat
    harus para si sang per secara seperti saja sangat lebih paling hanya cuma malah justru bahkan padahal
    sementara walaupun meskipun selain lalu kemudian terus jadi ada yaitu yakni apakah apa mengapa kenapa
    bagaimana kapan dimana mana siapa tidak bukan jangan tanpa dekat sekitar depan belakang setelah sebelum
    selama menjadi demi via guna maupun ataupun tiap setiap
    """
)
# Written small inside a title, as Indonesian spelling has it.
SMALL_WORDS = _words(
    "yang dan di ke dari untuk dengan pada oleh dalam bagi atau serta karena agar kepada terhadap tentang "
    "hingga sampai sejak saat ketika per si sang sebagai antara"
)
# Say nothing without what follows them; "pak" and "kec" stay short in titles.
DANGLING = _words("rt rw no nomor blok km kec kel kab pak bu bapak ibu dll dsb dst dan-lain-lain lain-lain yth")
KEPT_SHORT = _words("pak bu kec kel kab")
ADDRESSING = _words("yth kepada")
# May begin a title although they are function words: "Belum Ada Lampu Jalan", "Tidak Ada Air".
OPENERS = _words("belum tidak tanpa bagaimana apakah kenapa mengapa kapan")
# Politeness and the writer: true of every complaint, so no subject of one.
PHATIC = _words(
    """
    saya kami kita aku beliau anda mereka bapak ibu pak bu mas mbak min admin kak gan bang selamat pagi siang sore
    malam assalamualaikum assalamu alaikum wr wb warahmatullahi wabarakatuh salam halo hallo hai hi yth dh hormat
    terhormat mohon tolong minta ijin izin maaf permisi terima kasih terimakasih matur nuwun suwun nuhun punten
    tindak lanjut ditindaklanjuti bantu bantuannya dibantu segera harap berharap semoga ingin mau hendak sekali
    begini demikian sebelumnya sekian trims thanks dong deh sih nih kok ya yah iya loh lho banget aja
    melaporkan lapor laporkan sampaikan menyampaikan bertanya tanya menanyakan sekedar perihal mengenai terkait
    hal ini tersebut nya wong
    """
)
# Whoever writes or is addressed: no title begins with them.
PERSONS = _words(
    "saya kami kita aku beliau anda mereka bapak ibu pak bu mas mbak min admin kak gan bang yth dh ya yah nih sih "
    "deh dong halo hallo hai hi assalamualaikum assalamu alaikum selamat salam"
)
GREETING_STARTS = _words(
    "assalamualaikum assalamu alaikum wr wb warahmatullahi wabarakatuh warohmatullahi wabarokatuh selamat pagi "
    "siang sore malam salam halo hallo hai hi yth yang terhormat kepada dengan hormat dh mohon maaf permisi min "
    "admin pak bapak bu ibu mas mbak kak sejahtera dear om swastiastu sampurasun punten"
)
# The words before a person's name. After the first group anything is a name, after the second only capitals:
# "pak jalan rusak" and "pak Budi" are both common.
NAME_CUES = _words("bernama a/n a.n an atasnama namanya")
HONORIFICS = _words("saya bapak ibu pak bu sdr sdri saudara saudari mas mbak haji hj h kyai ustad ustadz")
# What follows who presents himself: "saya Sugeng warga ...", "saya Sugeng asal ...".
PRESENTED = _words("warga asal penduduk beralamat alamat berdomisili domisili")
# Between these a name is still missing: "di jalan", "ke kecamatan".
PLACE_PREPOSITIONS = _words("di ke dari pada depan belakang sekitar sepanjang wilayah daerah")
PLACE_CUES = _words(
    """
    jalan raya terusan gang desa dusun kampung kelurahan kecamatan kabupaten kota provinsi komplek kompleks komp
    perumahan perum blok jembatan jorong nagari lingkungan simpang kp pt cv sdn smpn sman smkn
    """
)
# Not names although they follow an honorific with a capital letter.
ROLES = _words(
    """
    walikota wali wakil bupati gubernur camat lurah kepala kades presiden menteri ketua rt rw guru dokter polisi
    kapolres kapolsek dirut direktur sekretaris kadis kadin dishub dinas dinsos admin petugas kasi kabag rektor
    hakim jaksa jokowi pejabat pimpinan warga sekda dan yang di
    """
)
# Kept in capitals however the citizen wrote them.
ACRONYMS = _words(
    """
    ktp kk bpjs pju pdam pln rt rw sim stnk bpkb nik kis pkh blt pip kip sd smp sma smk mi mts paud tk rsud rs ugd
    igd umkm pkl lpg bbm spbu pns asn tni polri dprd dpr upt dinsos dishub dukcapil satpol pp kur ppdb spmb jht jkp
    phk ump umk pbb imb pbg njop kpr shm hgb tpa tps tpu mbg sppg kbri wni wna pmi npwp pph sms wa cctv wifi ojk
    bri bni btn bumd bumn kua pt cv kpu bawaslu jpo krl mrt lrt kai ipal adhd odgj lgbt hiv tbc dbd covid nuptk
    """
)
