"""What a person reads for each stored state: word, icon and tone (ux.md section 2.2).

Icon, word, colour and shape always come together, so that no state rests on colour
alone. Findings have their own registry in services/findings; option labels stand on
the options.
"""

from __future__ import annotations

from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.core.choices import (
    Health,
    OutboxState,
    Outcome,
    ParseState,
    RunState,
    SettleState,
    Stage,
    Step,
)
from mailboxes.core.options import Effect, Group, Origin

register = template.Library()


class Look(NamedTuple):
    """How a state is shown: its word, icon of the sprite and tone of the tokens."""

    word: str | Promise
    icon: str
    tone: str


HEALTH = {
    Health.DRAFT: Look(_("Draft"), "pencil", "idle"),
    Health.NOT_TESTED: Look(_("Not tested"), "circle-dashed", "idle"),
    Health.HEALTHY: Look(_("Healthy"), "circle-check", "ok"),
    Health.LATE: Look(_("Late"), "clock", "warn"),
    Health.FETCHING: Look(_("Fetching"), "refresh-cw", "running"),
    Health.FAILING: Look(_("Failing"), "triangle-alert", "fail"),
    Health.THROTTLED: Look(_("Throttled"), "hourglass", "warn"),
    Health.STOPPED: Look(_("Stopped"), "circle-x", "fail"),
    Health.PAUSED: Look(_("Paused"), "circle-pause", "idle"),
}
OUTBOX = {
    OutboxState.QUEUED: Look(_("Queued"), "clock", "idle"),
    OutboxState.SENDING: Look(_("Sending"), "refresh-cw", "running"),
    OutboxState.WAITING: Look(_("Waiting"), "hourglass", "warn"),
    OutboxState.SENT: Look(_("Sent"), "circle-check", "ok"),
    OutboxState.FAILED: Look(_("Failed"), "circle-x", "fail"),
    OutboxState.UNCONFIRMED: Look(_("Unconfirmed"), "circle-question-mark", "warn"),
    OutboxState.CANCELLED: Look(_("Cancelled"), "circle-minus", "idle"),
}
OUTCOME = {
    Outcome.RUNNING: Look(_("Running"), "refresh-cw", "running"),
    Outcome.OK: Look(_("Done"), "circle-check", "ok"),
    Outcome.PARTIAL: Look(_("Goes on"), "circle-play", "ok"),
    Outcome.FAILED: Look(_("Failed"), "circle-x", "fail"),
    Outcome.LOST: Look(_("Lost"), "circle-question-mark", "warn"),
}
RUN = {
    RunState.ACTIVE: Look(_("Active"), "circle-check", "ok"),
    RunState.FAILING: Look(_("Failing"), "triangle-alert", "fail"),
    RunState.THROTTLED: Look(_("Throttled"), "hourglass", "warn"),
    RunState.STOPPED: Look(_("Stopped"), "circle-x", "fail"),
}
CHECK = {
    "passed": Look(_("Passed"), "circle-check", "ok"),
    "failed": Look(_("Failed"), "circle-x", "fail"),
    "skipped": Look(_("Skipped"), "circle-minus", "idle"),
    "not-run": Look(_("Not run"), "circle-dashed", "idle"),
    "running": Look(_("Running"), "refresh-cw", "running"),
}
TEST = {
    "queued": Look(_("Waiting"), "clock", "idle"),
    "running": Look(_("Running"), "refresh-cw", "running"),
    "passed": Look(_("Passed"), "circle-check", "ok"),
    "failed": Look(_("Failed"), "circle-x", "fail"),
    "cancelled": Look(_("Cancelled"), "circle-minus", "idle"),
    "lost": Look(_("Lost"), "circle-question-mark", "warn"),
}
STEP_STATE = {
    "done": Look(_("Done"), "circle-check", "ok"),
    "to-do": Look(_("To do"), "circle-dashed", "idle"),
    "in-progress": Look(_("In progress"), "refresh-cw", "running"),
    "problem": Look(_("Problem"), "circle-x", "fail"),
    "blocked": Look(_("Cannot start yet"), "lock", "idle"),
}
PARSE = {
    ParseState.PENDING: Look(_("Not read yet"), "clock", "idle"),
    ParseState.PARSED: Look(_("Stored"), "circle-check", "ok"),
    ParseState.QUARANTINED: Look(_("Quarantined"), "shield-alert", "warn"),
}
SETTLE = {
    SettleState.NOT_NEEDED: Look(_("Left on the server"), "circle-minus", "idle"),
    SettleState.PENDING: Look(_("To be settled"), "clock", "pending"),
    SettleState.DONE: Look(_("Settled"), "circle-check", "ok"),
    SettleState.GONE: Look(_("Gone from the server"), "circle-question-mark", "idle"),
}
VOCABULARIES = {
    "health": HEALTH,
    "outbox": OUTBOX,
    "outcome": OUTCOME,
    "run": RUN,
    "check": CHECK,
    "test": TEST,
    "step": STEP_STATE,
    "parse": PARSE,
    "settle": SETTLE,
}
NOTICES = {
    "fail": Look(_("Problem"), "circle-x", "fail"),
    "warn": Look(_("Warning"), "triangle-alert", "warn"),
    "ok": Look(_("Done"), "circle-check", "ok"),
    "info": Look(_("Note"), "info", "running"),
    "pending": Look(_("Pending"), "clock", "pending"),
    "sandbox": Look(_("Sandbox"), "flask-conical", "pending"),
    "held": Look(_("Held"), "hand", "warn"),
    "worker": Look(_("Problem"), "circle-x", "fail"),
}
EFFECT_SENTENCE = {
    Effect.NEXT_CYCLE: _("In effect from the next POP cycle"),
    Effect.RESTART: _("In effect after Restart sending"),
    Effect.NEXT_CHECK: _("In effect at the next connection check"),
}
EFFECT_SHORT = {
    Effect.NEXT_CYCLE: _("next cycle"),
    Effect.RESTART: _("after restart"),
    Effect.NEXT_CHECK: _("next check"),
}
ORIGIN = {
    Origin.VENDOR: _("the product's default"),
    Origin.OURS: _("our default"),
}
GROUP = {
    Group.MAILBOX: _("Mailbox"),
    Group.SERVER: _("Server"),
    Group.SIGN_IN: _("Sign-in"),
    Group.FETCHING: _("Fetching"),
    Group.LIMITS: _("Limits"),
    Group.ADVANCED: _("Kept for the old server"),
}
STAGE = {
    Stage.FIELDS: _("Check the fields"),
    Stage.CLOCK: _("Compare the clock"),
    Stage.DNS: _("Look up the host"),
    Stage.TCP: _("Open the connection"),
    Stage.PROXY: _("Go through the proxy"),
    Stage.TLS: _("Encrypt with TLS"),
    Stage.TENANT: _("Find the tenant"),
    Stage.TOKEN: _("Get a token"),
    Stage.CLAIMS: _("Read the token's claims"),
    Stage.GREETING: _("Read the greeting"),
    Stage.SIGN_IN: _("Sign in"),
    Stage.MAILBOX: _("Open the mailbox"),
    Stage.LIST: _("List new messages"),
    Stage.FETCH: _("Fetch messages"),
    Stage.STORE: _("Store messages"),
    Stage.SETTLE: _("Settle on the server"),
    Stage.ENVELOPE: _("Hand over sender and recipients"),
    Stage.DATA: _("Hand over the message"),
}
STEP = {
    Step.SERVER: _("Server"),
    Step.NETWORK: _("Network"),
    Step.PROXY: _("Proxy"),
    Step.CLOCK: _("Clock"),
    Step.AUTHORITY: _("Authority"),
    Step.DIRECTORY_ID: _("Directory ID"),
    Step.CLIENT_ID: _("Client ID"),
    Step.SCOPE: _("Scope"),
    Step.SECRET: _("Client secret"),
    Step.PASSWORD: _("Password"),
    Step.REFRESH_TOKEN: _("Stored sign-in"),
    Step.USER_NAME: _("User name"),
    Step.REGISTRATION: _("App registration"),
    Step.PUBLIC_CLIENT: _("Public client flows"),
    Step.ACCOUNT_TYPE: _("Account types"),
    Step.PERMISSIONS: _("Permissions and consent"),
    Step.CONDITIONAL_ACCESS: _("Conditional Access"),
    Step.ACCOUNT: _("Mailbox account"),
    Step.MFA: _("Second factor of the mailbox"),
    Step.PROTOCOL: _("Protocol of the mailbox"),
    Step.LICENCE: _("Licence of the mailbox"),
    Step.RIGHTS: _("Rights on the mailbox"),
    Step.FOLDER: _("Folder"),
    Step.QUOTA: _("Quota"),
    Step.SYNC: _("State of the last fetch"),
    Step.MESSAGE: _("Message"),
    Step.THROTTLING: _("Throttling"),
    Step.SERVICE: _("Service"),
    Step.CONSOLE: _("This console"),
}


def look(vocabulary: str, value: str) -> Look:
    """Look of `value` in a vocabulary; an unknown value is shown as itself, idle.

    Raises KeyError when the vocabulary does not exist: a fault of the template.
    """
    found = VOCABULARIES[vocabulary].get(str(value))  # type: ignore[attr-defined]
    return found or Look(str(value), "circle-question-mark", "idle")


def _word(words: dict, value: object) -> str:
    return str(words.get(str(value), value))


@register.filter
def health_word(value: object) -> str:
    """Word of a Health, for sentences and titles."""
    return str(look("health", str(value)).word)


@register.filter
def outbox_word(value: object) -> str:
    """Word of an OutboxState."""
    return str(look("outbox", str(value)).word)


@register.filter
def stage_word(value: object) -> str:
    """What was being done at a Stage: "Open the connection"."""
    return _word(STAGE, value)


@register.filter
def step_word(value: object) -> str:
    """Name of a setup step."""
    return _word(STEP, value)


@register.filter
def group_word(value: object) -> str:
    """Heading of a group of options."""
    return _word(GROUP, value)


@register.filter
def effect_sentence(value: object) -> str:
    """When a saved change of an option is in effect, as a sentence."""
    return _word(EFFECT_SENTENCE, value)


@register.filter
def effect_short(value: object) -> str:
    """The same in two words, for marks and table cells; None is what is no option."""
    return str(_("at once")) if value is None else _word(EFFECT_SHORT, value)


@register.filter
def origin_word(value: object) -> str:
    """Whose default it is."""
    return _word(ORIGIN, value)


REASONS = {
    "erased": _(
        "Its content was erased by manage.py erase. That it was here is kept, so that"
        " it is not fetched again."
    ),
    "too-large": _("It is larger than maximum-msg-size; only its header was stored."),
    "too-slow": _(
        "It was begun several times and never came to its end in the time there is;"
        " only its header was stored."
    ),
    "refused-by-server": _(
        "The mail server gives out others and not this one; only what it gives of its"
        " header was stored."
    ),
    "unreadable-header": _("It has no header that can be read."),
    "broken-mime": _("Its parts cannot be taken apart."),
    "too-complex": _(
        "It has more parts or lines than are taken apart. Its text is shown as it came;"
        " download the raw message to open it in a mail program."
    ),
    "interrupted": _(
        "Reading it did not come to an end: its cycle was cut off. Its header was read,"
        " and its text is shown as it came; download the raw message to open it in a"
        " mail program."
    ),
}

REASON_WORDS = {
    "too-large": _("Too large"),
    "too-slow": _("Too slow"),
    "refused-by-server": _("Refused by the server"),
    "unreadable-header": _("Header not readable"),
    "broken-mime": _("Parts broken"),
    "too-complex": _("Too many parts"),
    "interrupted": _("Reading cut off"),
}


@register.filter
def reason_word(reason: str) -> str:
    """Why a message is in quarantine, in a few words."""
    return str(REASON_WORDS.get(reason, reason))


@register.filter
def reason_text(reason: str) -> str:
    """Why a message is in quarantine, or has no content, in a sentence."""
    return str(REASONS.get(reason, reason))
