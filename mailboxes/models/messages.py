"""What was fetched: sources, messages, where they lie on the server, and their bytes.

services/fetch/store writes them in one transaction with the cursor (DESIGN D7);
services/parse fills the readable columns in a second, repeatable step.
"""

from __future__ import annotations

from django.db import models

from ..core.choices import ParseState, SettleState
from .clients import PopClient
from .cycles import Cycle


class Source(models.Model):
    """One numbering of messages on a server, and how far it is read.

    validity: IMAP UIDVALIDITY or the protocol's like. A change of any of type, server,
    login, folder or validity makes a new Source, so an old number can never hide new
    mail. cursor: everything up to this id is stored (decimal).
    baseline, since, match: of messages with an id up to `baseline`, those that arrived
    before `since` are not wanted, and the others are matched against what is stored.
    Where the server's ids are text (rows of Listing): state is what its next listing
    goes on from; listed_at, when the first one was complete: baseline is known since
    then; from_end: nothing of the first listing is wanted.
    """

    pop_client = models.ForeignKey(
        PopClient, on_delete=models.CASCADE, related_name="sources"
    )
    type = models.CharField(max_length=8)
    server = models.CharField(max_length=255)
    login = models.CharField(max_length=255)
    folder = models.CharField(max_length=255, blank=True)
    validity = models.CharField(max_length=64)
    cursor = models.CharField(max_length=512)
    baseline = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField(null=True, blank=True)
    match = models.BooleanField(default=False)
    state = models.TextField(blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    from_end = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pop_client", "type", "server", "login", "folder", "validity"],
                name="source_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.login} {self.folder or 'inbox'} at {self.server}"


class Listing(models.Model):
    """A message that a server with text ids has named, and its number with us.

    Numbers grow in the order of listing, so they do what UIDs do for IMAP. gone: the
    server said that it has left the folder. Written by services/numbering/listings.
    """

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="listings"
    )
    number = models.PositiveBigIntegerField()
    key = models.CharField(max_length=512)
    size = models.PositiveBigIntegerField(default=0)
    arrived_at = models.DateTimeField(null=True)
    gone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "number"], name="listing_number_unique"
            ),
            models.UniqueConstraint(
                fields=["source", "key"], name="listing_key_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.source}"


class Message(models.Model):
    """One message as received, stored once.

    size: bytes as received. digest: SHA-256 of them in hex.
    complete: False when only the header was stored (over maximum-msg-size).
    reason: why it is in quarantine, a short id; words stand in templatetags/words.
    """

    pop_client = models.ForeignKey(
        PopClient, on_delete=models.CASCADE, related_name="messages"
    )
    cycle = models.ForeignKey(
        Cycle, null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    complete = models.BooleanField(default=True)
    arrived_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_index=True)
    message_id = models.CharField(max_length=512, blank=True)
    parse_state = models.CharField(
        max_length=12,
        choices=[(s.value, s.name.capitalize()) for s in ParseState],
        default=ParseState.PENDING.value,
    )
    reason = models.CharField(max_length=32, blank=True)
    reason_detail = models.CharField(max_length=255, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    sender = models.CharField(max_length=320, blank=True)
    recipients = models.TextField(blank=True)
    dated_at = models.DateTimeField(null=True)
    in_reply_to = models.CharField(max_length=512, blank=True)
    attachments = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["pop_client", "-id"], name="message_of_client"),
            models.Index(fields=["pop_client", "message_id"], name="message_by_id"),
            models.Index(fields=["parse_state", "id"], name="message_unparsed"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject or self.message_id or f"message {self.pk}"


class MessageChunk(models.Model):
    """At most 1 MB of a message's bytes, never in the row that lists read."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="chunks"
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "number"], name="message_chunk_unique"
            )
        ]


class Location(models.Model):
    """Where a message lies on the server, and whether it was settled there.

    One message has one Location in each Source that showed it; in one Source it has
    one only, so that real copies are counted. server_id: its id there, where that is a
    text the number of its Listing. settled_at: when it was settled; as long as it is
    pending, when the server refused that last.
    """

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="locations"
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="locations"
    )
    server_id = models.CharField(max_length=512)
    settle = models.CharField(
        max_length=12,
        choices=[(s.value, s.name.capitalize()) for s in SettleState],
        default=SettleState.NOT_NEEDED.value,
    )
    settle_action = models.CharField(max_length=12, blank=True)
    settle_target = models.CharField(max_length=255, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "server_id"], name="location_unique"
            ),
            models.UniqueConstraint(
                fields=["source", "message"], name="location_once_per_source"
            ),
        ]
        indexes = [models.Index(fields=["source", "settle"], name="location_unsettled")]

    def __str__(self) -> str:
        return f"{self.server_id} in {self.source}"
