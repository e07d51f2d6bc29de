"""Which audience each field of the schema has. A field that is missing here stops the schema from being built."""

from collections.abc import Mapping
from types import MappingProxyType

from complaints.policy import audiences_of
from rules.vocabulary import Audience

_ALL, _PARTIES, _STAFF = Audience.EVERYONE, Audience.PARTIES, Audience.INTERNAL

AUDIENCE_OF: Mapping[str, Mapping[str, Audience]] = MappingProxyType(
    {
        "Complaint": {
            "id": _ALL,
            # Half of what opens a case to its reporter: whoever knows it can also lock it with wrong PINs.
            "tracking_code": _PARTIES,
            "status": _ALL,
            "version": _ALL,
            "report_type": _ALL,
            "classification": _PARTIES,
            "urgency": _STAFF,
            "channel": _ALL,
            "mechanism": _STAFF,
            "is_anonymous": _ALL,
            "is_secret": _PARTIES,
            "tags": _ALL,
            "title": _ALL,
            "text": _ALL,
            "original_title": _PARTIES,
            "original_text": _PARTIES,
            "place": _PARTIES,
            "category": _ALL,
            # Whose desk it lies on before verification is the business of the desks.
            "queue_agency": _STAFF,
            "agency": _ALL,
            "unit": _ALL,
            "chosen_agency": _PARTIES,
            "hops": _STAFF,
            "region": _ALL,
            # A point on the map can be somebody's home.
            "latitude": _PARTIES,
            "longitude": _PARTIES,
            "incident_on": _PARTIES,
            "submitted_at": _ALL,
            "verified_at": _PARTIES,
            "dispatched_at": _ALL,
            "responded_at": _ALL,
            "closed_at": _ALL,
            "published_at": _ALL,
            "changed_at": _ALL,
            "due_at": _PARTIES,
            "archive_reason": _PARTIES,
            "defer_reason": _PARTIES,
            "closed_by_silence": _ALL,
            "rating": _ALL,
            "is_solved": _ALL,
            "is_mine": _ALL,
            "support_count": _ALL,
            "allowed_actions": _ALL,
            "suggestion": _STAFF,
            "route": _STAFF,
            "clocks": _PARTIES,
            "copies": _STAFF,
            # Each file, event and message has an audience of its own, applied where they are read.
            "attachments": _ALL,
            "events": _ALL,
            "messages": _ALL,
            "is_merged": _ALL,
            # Only to those who may read the other one; the statement asks.
            "merged_into": _ALL,
            "children": _STAFF,
            "similar": _STAFF,
        },
        "ComplaintEvent": {
            "seq": _ALL,
            "kind": _ALL,
            "status": _ALL,
            "at": _ALL,
            "audience": _PARTIES,
            "actor_role": _PARTIES,
            "agency": _ALL,
            # Codes and ids of what changed: the reporter may not see which admin corrected what.
            "data": _STAFF,
            "of_parent": _ALL,
        },
        "Message": {
            "body": _ALL,
            "at": _ALL,
            "audience": _ALL,
            "author_role": _ALL,
            "agency": _ALL,
            "attachments": _ALL,
        },
        "Attachment": {
            "id": _ALL,
            "state": _ALL,
            "file_name": _ALL,
            "alt_text": _ALL,
            "media_type": _ALL,
            "size_bytes": _ALL,
            "width": _ALL,
            "height": _ALL,
            "audience": _ALL,
            "uploader_role": _ALL,
            "created_at": _ALL,
            "url": _ALL,
            "url_expires_at": _ALL,
            "thumbnails": _ALL,
            # What became of what somebody brought is their business and the handlers'.
            "original_size_bytes": _PARTIES,
            "refusal": _PARTIES,
            "refusal_message": _PARTIES,
            "refusal_message_en": _PARTIES,
        },
    }
)


def hidden_fields(type_name: str, visible: frozenset[Audience]) -> frozenset[str]:
    """The fields of a type that somebody who reaches only these audiences must see as absent."""
    return _HIDDEN[type_name, visible]


def _all_hidden() -> Mapping[tuple[str, frozenset[Audience]], frozenset[str]]:
    return {
        (type_name, audiences_of(standing)): frozenset(
            name for name, audience in fields.items() if audience not in audiences_of(standing)
        )
        for type_name, fields in AUDIENCE_OF.items()
        for standing in Audience
    }


_HIDDEN = _all_hidden()
