"""Everything that the machinery writes, to look at: runs, messages, revisions, audit.

Bytes of mail and ciphertext are left out: content is read in the console, where it is
audited, and a secret nowhere.
"""

from __future__ import annotations

import json

from django.contrib import admin

from .. import models
from ..core.certificates import holds_key
from ..forms import extra_options
from ..forms.extra_options import MASK
from .base import ReadOnlyAdmin


@admin.register(models.Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """What it keeps in plain text may hold secrets: those are masked, as elsewhere."""

    fields = (
        "pop_client",
        "smtp_client",
        "number",
        "values",
        "stood_for",
        "other_options",
        "note",
        "author",
        "created_at",
    )
    readonly_fields = ("stood_for", "other_options", "created_at")
    list_display = ("__str__", "number", "note", "author", "created_at")
    list_select_related = ("pop_client", "smtp_client", "author")

    @admin.display(description="What its names stood for")
    def stood_for(self, row: models.Revision) -> str:
        shown = {
            target: {
                name: MASK if holds_key(str(value)) else value
                for name, value in facts.items()
            }
            for target, facts in row.pinned.items()
        }
        return json.dumps(shown, indent=1)

    @admin.display(description="Other options")
    def other_options(self, row: models.Revision) -> str:
        return extra_options.show(row.extra)


@admin.register(models.SecretValue)
class SecretValueAdmin(ReadOnlyAdmin):
    fields = ("purpose", "key_id", "created_at", "created_by")
    list_display = ("purpose", "key_id", "created_at", "created_by")
    list_select_related = ("created_by",)


@admin.register(models.SignIn)
class SignInAdmin(ReadOnlyAdmin):
    exclude = ("nonce", "kept")
    list_display = ("login", "kind", "state", "created_at", "created_by")
    list_filter = ("state",)
    list_select_related = ("created_by",)


@admin.register(models.TokenCache)
class TokenCacheAdmin(ReadOnlyAdmin):
    list_display = ("username", "authority", "directory_id", "version", "updated_at")


@admin.register(models.KeptSection)
class KeptSectionAdmin(ReadOnlyAdmin):
    """Its options may hold a password of the old server: not shown here."""

    fields = ("name", "created_at")
    list_display = ("name", "created_at")


@admin.register(models.TestRun)
class TestRunAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "asked_at", "ended_at")
    list_filter = ("state",)


@admin.register(models.Check)
class CheckAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "run", "number", "milliseconds", "code")
    list_select_related = ("run",)


@admin.register(models.SetupDraft)
class SetupDraftAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "mode", "updated_at")
    list_filter = ("state",)


@admin.register(models.SetupVisit)
class SetupVisitAdmin(ReadOnlyAdmin):
    list_display = ("draft", "user", "step", "seen_at")
    list_select_related = ("draft", "user")


@admin.register(models.ConsentLink)
class ConsentLinkAdmin(ReadOnlyAdmin):
    """Its nonce is half of a link that somebody may still use: not shown here."""

    exclude = ("nonce",)
    list_display = ("__str__", "draft", "outcome", "created_at", "answered_at")
    list_select_related = ("draft",)
    list_filter = ("outcome",)


@admin.register(models.Fetcher)
class FetcherAdmin(ReadOnlyAdmin):
    list_display = ("pop_client", "state", "code", "next_due", "last_success_at")
    list_select_related = ("pop_client",)
    list_filter = ("state",)


@admin.register(models.Sender)
class SenderAdmin(ReadOnlyAdmin):
    list_display = ("smtp_client", "state", "code", "revision", "generation")
    list_select_related = (
        "smtp_client",
        "revision__pop_client",
        "revision__smtp_client",
    )
    list_filter = ("state",)


@admin.register(models.Cycle)
class CycleAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "outcome", "code", "trigger", "started_at", "ended_at")
    list_filter = ("kind", "outcome")


@admin.register(models.Source)
class SourceAdmin(ReadOnlyAdmin):
    pass


@admin.register(models.Listing)
class ListingAdmin(ReadOnlyAdmin):
    list_display = ("source", "number", "key", "gone")
    list_select_related = ("source",)


@admin.register(models.Location)
class LocationAdmin(ReadOnlyAdmin):
    pass


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "parse_state", "size", "stored_at")
    list_filter = ("parse_state",)


@admin.register(models.MessageChunk)
class MessageChunkAdmin(ReadOnlyAdmin):
    exclude = ("data",)
    list_display = ("message", "number")
    list_select_related = ("message",)


@admin.register(models.OutboundMessage)
class OutboundMessageAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "tries", "created_at", "sent_at")
    list_filter = ("state",)


@admin.register(models.OutboundChunk)
class OutboundChunkAdmin(ReadOnlyAdmin):
    exclude = ("data",)
    list_display = ("message", "number")
    list_select_related = ("message",)


@admin.register(models.Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "message", "outcome", "code", "started_at")
    list_select_related = ("message",)


@admin.register(models.AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "object_type", "object_name")
    list_filter = ("action",)
    search_fields = ("actor_name", "object_name")


@admin.register(models.Instance)
class InstanceAdmin(ReadOnlyAdmin):
    pass


@admin.register(models.Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "beat_at", "stopped_at")


@admin.register(models.Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "worker", "created_at", "started_at", "ended_at")


@admin.register(models.Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("name", "lease_owner", "lease_until", "fence")
