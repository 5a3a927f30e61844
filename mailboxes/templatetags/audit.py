"""What an audit event says: what was done, to what, and its details as short texts.

For the audit log and the history of a row in the admin. Writing events: services/audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.models import AuditEvent

register = template.Library()
NOTHING = "–"
# Words before the name of the thing. An action that is not here is shown as it is.
VERBS: dict[str, str | Promise] = {
    "client.archived": _("put into the archive:"),
    "client.fetch-asked": _("asked for a cycle of"),
    "client.paused": _("paused"),
    "client.resumed": _("resumed"),
    "client.unarchived": _("brought back from the archive:"),
    "client.unpaused": _("ended the pause of"),
    "consent.granted": _("the application was granted:"),
    "consent.refused": _("the application was refused:"),
    "connection-test.asked": _("asked for a connection test of"),
    "connection-test.by-itself": _("a connection test began by itself:"),
    "connection-test.cancelled": _("cancelled a connection test of"),
    "console.sign-in-refused": _("was refused at the console:"),
    "console.signed-in": _("signed in to the console:"),
    "group.created": _("made the group"),
    "group.deleted": _("deleted the group"),
    "group.saved": _("changed the group"),
    "instance.held": _("held everything"),
    "instance.released": _("released everything"),
    "mail.erased": _("erased the mail of a person"),
    "mailbox.created": _("made the mailbox"),
    "mailbox.saved": _("changed the mailbox"),
    "message.attachment": _("took an attachment of"),
    "message.download": _("downloaded"),
    "message.read": _("read"),
    "message.read-again": _("had parsed again:"),
    "option-set.created": _("made the option set"),
    "option-set.saved": _("changed the options of"),
    "options.exported": _("exported option sets with secrets in plain text"),
    "options.imported": _("imported option sets from a file"),
    "outbox.cancelled": _("cancelled"),
    "outbox.download": _("downloaded"),
    "outbox.found-sent": _("found on the server as sent:"),
    "outbox.marked-sent": _("marked as sent:"),
    "outbox.queued": _("queued"),
    "outbox.read": _("read"),
    "outbox.requeued": _("queued again:"),
    "outbox.send-now": _("had sent at once:"),
    "outbox.sent-again": _("sent again:"),
    "proxy.created": _("made the proxy"),
    "proxy.deleted": _("deleted the proxy"),
    "proxy.saved": _("changed the proxy"),
    "registration.created": _("made the app registration"),
    "registration.deleted": _("deleted the app registration"),
    "registration.saved": _("changed the app registration"),
    "sandbox.switched": _("switched a scenario of the sandbox"),
    "secret.created": _("made the secret"),
    "secret.deleted": _("deleted the secret"),
    "secret.saved": _("changed the secret"),
    "secrets.sealed-anew": _("sealed all secrets anew"),
    "sending.restarted": _("restarted sending of"),
    "setup.begun": _("began to connect"),
    "setup.discarded": _("discarded the wizard of"),
    "setup.kept-as-draft": _("kept as a draft:"),
    "setup.step-saved": _("saved a step of the wizard of"),
    "setup.step-undone": _("undid a step of the wizard of"),
    "setup.taken-over": _("took newer options over in the wizard of"),
    "setup.turned-on": _("turned on"),
    "sign-in.asked": _("asked for a sign-in of the owner of"),
    "sign-in.cancelled": _("cancelled a sign-in of the owner of"),
    "sign-in.done": _("the owner signed in:"),
    "sign-in.failed": _("a sign-in of the owner failed:"),
    "sign-in.refused": _("a sign-in of the owner was refused:"),
    "user.created": _("made the user"),
    "user.deleted": _("deleted the user"),
    "user.password-changed": _("changed their own password:"),
    "user.password-set": _("set the password of"),
    "user.saved": _("changed the user"),
}
# Pages of the things, by kind: name of the address and what stands before the key.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "pop-client": ("option-set-compare", ("pop",)),
    "smtp-client": ("option-set-compare", ("smtp",)),
    "mailbox": ("mailbox-detail", ()),
    "appregistration": ("registration-detail", ()),
    "namedsecret": ("secret-edit", ()),
    "proxy": ("proxy-edit", ()),
    "message": ("message-detail", ()),
    "outboundmessage": ("outbox-message", ()),
}


class Detail(NamedTuple):
    """One fact. old: "" where it is no change."""

    name: str
    old: str
    new: str


@register.filter
def verb(event: AuditEvent) -> str:
    """What was done, to stand between the person and the thing."""
    return str(VERBS.get(event.action, event.action))


@register.filter
def thing_url(event: AuditEvent) -> str:
    """The page of the thing, "" where it has none or is deleted."""
    page, before = PAGES.get(event.object_type, ("", ()))
    gone = event.action.endswith(".deleted")
    if not page or gone or not event.object_id.isdigit():
        return ""
    return reverse(page, args=[*before, int(event.object_id)])


@register.filter
def details(event: AuditEvent) -> list[Detail]:
    """Its changes first, option by option, then everything else that is not empty."""
    return [*_changes(event.details), *_others(event.details)]


def _changes(found: dict[str, Any]) -> Iterator[Detail]:
    for change in found.get("changes", ()):
        yield Detail(
            str(change["option"]),
            str(change["old"] or NOTHING),
            str(change["new"] or NOTHING),
        )


def _others(found: dict[str, Any]) -> Iterator[Detail]:
    for name, value in found.items():
        if name == "changes" or value in ("", [], {}, None):
            continue
        if isinstance(value, dict) and value.keys() == {"old", "new"}:
            yield Detail(name, _text(value["old"]), _text(value["new"]))
        else:
            yield Detail(name, "", _text(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or NOTHING
    return str(value)
