"""What the door says about notifications and webhooks, by code; merged into `graph.wording`."""

from collections.abc import Mapping

from graph.bilingual import Wording
from rules.vocabulary import Action

TELLING_ACTIONS: Mapping[Action, Wording] = {
    Action.READ_NOTIFICATIONS: Wording("membaca pemberitahuan", "reading notifications"),
    Action.MANAGE_WEBHOOKS: Wording("mengelola webhook", "managing webhooks"),
}
TELLING_THINGS: Mapping[str, Wording] = {
    "Webhook": Wording("Webhook", "The webhook"),
    "Delivery": Wording("Pengiriman", "The delivery"),
}
TELLING_PROBLEMS: Mapping[str, Wording] = {
    "NOT_A_URL": Wording(
        "Bukan alamat web; contoh yang benar: https://contoh.id/salur.",
        "Not a web address; right would be: https://example.id/salur.",
    ),
    "HTTPS_ONLY": Wording("Alamat harus diawali https://.", "The address must begin with https://."),
    "PRIVATE_ADDRESS": Wording(
        "Alamat ini berada di jaringan dalam; webhook hanya dikirim ke internet.",
        "This address lies in the internal network; webhooks go to the internet only.",
    ),
    "NOT_DEAD": Wording(
        "Pengiriman ini tidak gagal (keadaan: {state}), jadi tidak perlu diulang.",
        "This delivery did not fail (state: {state}), so there is nothing to repeat.",
    ),
    "WEBHOOK_OFF": Wording(
        "Webhook ini sedang mati; hidupkan dulu.",
        "This webhook is switched off; switch it on first.",
    ),
}
