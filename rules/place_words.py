"""Words that occur in names of districts and are ordinary Indonesian words besides."""

# "Batu" is a stone, "Tanah Merah" red soil: such a name alone says nothing about where something happened.
# Taken once from the root-word list of Sastrawi (MIT).
_ORDINARY = """
abad abang agung air aji ajung alai alak alam alang alas alip amar ambal amen ampek ampel amplas
anak andam andong anggrek angin angsana anjir anyar apit ara are area aren aru asai asam asparaga
atas aur awang ayah babakan babar babat badak badar badau bagor bahagia bahar bahari baharu baja
bakam baki bakti bakung balai balam balen balik balong balung bambang bancak bancar banda bandar
banding bandongan bandung bang bangka bangsal bangun banjang banjar banjaran bantaran banua banyak
bara baras barat bareng baron baru basa basung batang bati batin batu batung baun bawang baya bayan
bayang bayat bayu bayung bayur beber belakang belang belas belat belawan belengkong belida belik
belimbing belu benda bendahara bendo bengkal bengkayang bengkong benteng benua beo bergas beringin
besar besi bestari besuk betara betung biak biau biduk bilah bina binjai bintan bintang biru bogor
bola bolak bonang bonjol bonto borong bua buaya buk bukit bulak bulan bulang bulian bulu bumi bunga
bungkal bungur buntu bunut buru burung butuh buya candi candung catur cempa cempaka cendana cengal
ceper cepu cermin cina cogok compreng concong dal dalam damai damar dampal dampit danau darat darma
datar datuk daulat dawan dedai delima dempet denai dendang deras desa dewa dewi dikit doko dolok dua
dukuh dukun duren durian dusun emas empang empat fajar gabus gadang gading gadis gadung gajah galang
galur gambir gambut gamping gandapura ganding gantar ganting gantung gapura garung garut gaung gayam
gebang gedang gedung geger gelam gelugur gembong gempol gending geneng genteng geragai gerih gerogol
gerung giri godong gondang guci guna guntur gunung gurah gurung haji hampang hampar hangat hangus
hari harta harus haur hijau hilir hitam hubung hulu ibu ibun ilu indra ingin intan ipuh iram jabung
jadi jambe jamblang jambon jambu janggut jangka jangkang jangkar jangkat janji jaro jati jaya jelai
jelutung jembrana jenawi jenu jernih jeruk jetis jila jirak jitu johan johar jombang jonggol
jongkong jorong juang juli junjung kabat kadipaten kais kajang kajen kakap kakas kali kalis kamal
kampa kampai kampung kamu kanan kandis kangkung kapak kapas kapur karang karas karau karu karya kasi
kasihan kasuari kasui kaum kayan kayangan kayu kebo kebon kebun kecil kecubung kedondong kedung
kelam kelapa kelara kelayang keliling keling kelua keluang kelumpang kemang kembang kembar kembu
kemiri kempas kemumu kemuning kencana kencong kendal kendit kenyam kepayang kepil kepung keramat
kerek kerkap keruh kesambi ketapang kian kibang kidul kijang kilo kiri kisar klangenan kliwon kodi
koja kok kokas komodo kota kuala kuang kuari kubang kubu kubung kudu kudus kuis kulim kulon kumai
kumbang kundur kunduran kuningan kunyit kupang kur kurau kurik kuripan kurun kuta labang labu lago
lais laksamana lala lama lambai lambu langgam langsat lantung lapang laras laur laut lawa lawan
lawang lawas lawe layar lebak lebar legok lekok lela leles lembah lembak lembang lembar lembur
lencir lengkong lenteng lewa liang licin lilin lima limau limbur limpung limun lindu lingga lintang
lintas lio lirik loban lolak long luak luas lubuk lumar lumbung lumut madang madat madukara maesan
magersari maimun maja makmur malai malaka malan mam manau mandah mandai mandau mandi mandor manggala
manggar manggis mangkubumi manis manyar mare marga mas masa masohi mata matan matur mau maya mayang
medan medang mekar melayu menang menggala mengkuang mengkudu menteng mentok merah meranti merawan
merbau merdeka merek mesjid metro minggir minggu miring moa moga mori muara mulia muncang mundu
murung mutiara naga nagari nan napal nara nasal natal natar negara negeri ngablak nibung nipah nipis
nusa obi pacar pace pacet padang padas pagar pagelaran pagu pahlawan pakal pakem pakis paku pal
palang palas palolo palu pana panai panca pancung pancur pandak pandan pandang panggang panggul
panggung pangkah pangkal pangkur panjang panji pantai pantar panti papar parang pare paris paro
paron pasar paser pasir pati patuk pauh payung pekat pemali pematang pembarap pendopo penggawa penuh
penyu perak periuk permai permata pesak pesanggrahan pesantren pesisir petak petang petir picung
pilang pinang pinggir piramid pisang plakat polen pondok ponggok porong poso pucuk puding pujut
pulau puluh pulung punduh punggur punjung pupuan pura purba puri puring pusaka pusat putih putra
putri puyu puyuh raba raja rakit rakyat rambah rambang rambutan rami rampas ranah rancah rangsang
rantau rante rasau ratu rawa raya reban regol rembang renah rendang rengat riam rijang rimba riung
rongga rongkong rotan rumbai rumbia runjung sabak sabil sadai sadang sadu sakti salak salam salang
sale salem saling sambi sambit sambung sampang sandi sanga sanggar sanggul sangir sarang sari satu
sawa sawah sawai sawan sawang sawangan sawit sawo sayung seberang secang sedan sedong segah segar
segara sekar seko sela selamat selan selat selatan selesai selo selong sembilan semen senang sendang
senen sepang seram serang serba serut seti setia setu siak siang siantan siau siding sidomukti sikap
silat silau silih silo silungkang simbang simpang simpur singkil singkup sir sirah sirih siwalan
soal soba soe sonder sorong subang subur sugih suguh suka sukun sulang suli suling sultan sumbang
sumber sumbul sumo sumur sungai sungkai surian suruh susut syahbandar tabir tabur talang talun taman
tambak tamban tambang tambun tanah tanding tandun tangan tangen tanggul tani tanjung tapa tapin
tapung tarik tarup tasik tatah tawang tawar tebas tebing tebu tegal teja tekung telaga telang teluk
tembelang tembuku tembung tembuni temiang tempe tempel tempuling tengah tenggara tenggarang tepus
terang teras terentang teriak tering teritip tetap tiga tikung timang timur tinggi tiram tiris titi
toman tuah tualang tuban tugu tujuh tukak tulang tulis tumbang tumbuh tumpang tunjung turi tusam
tutur ubi udik ujung ulak ulang ulu ungar upau utara wangi wara waras waringin waris warsa waru weda
wenang wetan wungu
"""
ORDINARY_WORDS = frozenset(_ORDINARY.split())

# Cities and regencies whose name is more often something else. The others ("Malang", "Medan") are in the
# dictionary too, but in a complaint they nearly always mean the place.
ORDINARY_REGENCIES = frozenset({
    "agam", "banjar", "batang", "batu", "batu bara", "bau bau", "belu", "buru", "buru selatan",
    "empat lawang", "gunung mas", "kudus", "kuningan", "landak", "lima puluh kota", "metro", "pagar alam",
    "paser", "pati", "pesisir barat", "pesisir selatan", "puncak", "sungai penuh", "tanah datar",
})  # fmt: skip

# Names of districts that nearly always are something else: derived words, spellings, people, mosques.
NOT_PLACES = frozenset({
    "arahan", "baiturrahman", "batangan", "batuan", "bendungan", "bener", "dagangan", "darussalam", "deket",
    "dewantara", "ende", "harian", "jayanti", "karangan", "kedamaian", "kembaran", "kepenuhan", "kerajaan",
    "ketanggungan", "kulo", "langkahan", "larangan", "menganti", "moro", "musi", "nanggung", "padangan",
    "pajangan", "pasan", "patrol", "pemenang", "penanggalan", "penarik", "penengahan", "peninjauan",
    "salaman", "sambutan", "sandaran", "sekaran", "selebar", "seluas", "semau", "tahunan", "tambangan",
    "terisi", "toba", "tomo", "tulangan", "tulung", "undaan", "utan", "wina",
})  # fmt: skip

# What people call a region beside its official name, by its code.
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "12": ("sumut",),
    "13": ("sumbar",),
    "16": ("sumsel",),
    "19": ("bangka belitung", "babel"),
    "21": ("kepri",),
    "31": ("dki jakarta", "dki", "jakarta"),
    "31.71": ("jakpus",),
    "31.72": ("jakut",),
    "31.73": ("jakbar",),
    "31.74": ("jaksel",),
    "31.75": ("jaktim",),
    "32": ("jabar",),
    "33": ("jateng",),
    "33.72": ("solo",),
    "34": ("yogyakarta", "jogjakarta", "jogja", "yogya", "diy"),
    "35": ("jatim",),
    "52": ("ntb",),
    "53": ("ntt",),
    "61": ("kalbar",),
    "62": ("kalteng",),
    "63": ("kalsel",),
    "63.72": ("banjar baru",),
    "64": ("kaltim",),
    "65": ("kaltara",),
    "71": ("sulut",),
    "72": ("sulteng",),
    "73": ("sulsel",),
    "74": ("sultra",),
    "76": ("sulbar",),
}
