"""The root fields of notifications and webhooks."""

from models import new_id
from rules.vocabulary import Action
from tests.graph.root_fields import change, query
from tests.graph.support import gid

UNKNOWN_WEBHOOK = gid("Webhook", new_id())

FIELDS = {
    "myNotifications": query(Action.READ_NOTIFICATIONS, "myNotifications { edges { node { id } } }"),
    "unreadCount": query(Action.READ_NOTIFICATIONS, "unreadCount"),
    "notificationPreferences": query(Action.READ_NOTIFICATIONS, "notificationPreferences { email kinds { isOn } }"),
    "webhookEndpoints": query(Action.MANAGE_WEBHOOKS, "webhookEndpoints { edges { node { id } } }"),
    "deliveries": query(Action.MANAGE_WEBHOOKS, "deliveries(state: DEAD) { edges { node { id } } }"),
    "markNotificationsRead": change("markNotificationsRead", Action.READ_NOTIFICATIONS, ids=None),
    # No medium of people's.
    "setNotificationPreference": change(
        "setNotificationPreference", Action.READ_NOTIFICATIONS, kind="REMINDER", medium="WEBHOOK", isOn=True
    ),
    "setNotificationAddress": change(
        "setNotificationAddress", Action.READ_NOTIFICATIONS, language="ENGLISH", email="bukan alamat"
    ),
    "createWebhook": change("createWebhook", Action.MANAGE_WEBHOOKS, input={"url": "contoh"}),
    "rotateWebhookSecret": change("rotateWebhookSecret", Action.MANAGE_WEBHOOKS, id=UNKNOWN_WEBHOOK),
    "disableWebhook": change("disableWebhook", Action.MANAGE_WEBHOOKS, id=UNKNOWN_WEBHOOK),
    "enableWebhook": change("enableWebhook", Action.MANAGE_WEBHOOKS, id=UNKNOWN_WEBHOOK),
    "testWebhook": change("testWebhook", Action.MANAGE_WEBHOOKS, id=UNKNOWN_WEBHOOK),
    "replayDelivery": change("replayDelivery", Action.MANAGE_WEBHOOKS, id=gid("Delivery", new_id())),
    "replayDeliveries": change("replayDeliveries", Action.MANAGE_WEBHOOKS, webhookId=UNKNOWN_WEBHOOK),
}
