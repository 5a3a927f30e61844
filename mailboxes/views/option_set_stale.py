"""Two people edited the same option set: base, theirs and yours, a choice for each.

Each choice posts the value itself under the field's name, so that the answer is an
ordinary save over the newest revision (option_set_edit).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ..core.options import Kind, Option
from ..forms.option_fields import initial_text
from ..forms.option_sets import OptionSetForm
from ..models import Revision
from ..services import changes, snapshots
from .option_set_lookup import short_kind

CONFLICT = 409


@dataclass(frozen=True)
class Choice:
    """One field that differs. The texts are as posted; `shown_*` as a person reads."""

    name: str
    label: str
    option_name: str
    shown_base: str
    shown_theirs: str
    shown_mine: str
    theirs: str
    mine: str
    take_mine: bool


def stale_page(request: HttpRequest, form: OptionSetForm) -> HttpResponse:
    """The page with the choices; status 409."""
    client = form.client
    assert client is not None
    newest = snapshots.newest(client)
    base = client.revisions.filter(number=form.base()).first()
    choices, same = [], []
    for name in (*form.beside, *client.options()):
        option = client.options().get(name)
        if option is not None and option.secret:
            continue
        mine, theirs = _posted(form, name, option), _current(form, name, option)
        if mine == theirs:
            same.append((name, mine))
            continue
        before = _base(base, name, option, form)
        choices.append(
            Choice(
                name=name,
                label=str(form.fields[name].label),
                option_name=option.name if option else "",
                shown_base=_shown(form, name, option, before),
                shown_theirs=_shown(form, name, option, theirs),
                shown_mine=_shown(form, name, option, mine),
                theirs=theirs,
                mine=mine,
                take_mine=before != mine,
            )
        )
    return render(
        request,
        "option_sets/stale.html",
        {
            "client": client,
            "kind": short_kind(client),
            "newest": newest,
            "base": base,
            "theirs": changes.diff(base, newest) if base else [],
            "choices": choices,
            "same": same,
            "password": form["password"] if form.text("password") else None,
            "action": request.path,
            "back": reverse("option-set-edit", args=[short_kind(client), client.pk]),
            "nav": "option-sets",
        },
        status=CONFLICT,
    )


def _posted(form: OptionSetForm, name: str, option: Option | None) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "on" if form[name].data else ""
    return form.text(name)


def _current(form: OptionSetForm, name: str, option: Option | None) -> str:
    return _as_posted(form.initial.get(name), option)


def _base(
    base: Revision | None, name: str, option: Option | None, form: OptionSetForm
) -> str:
    """The value that both began with; fields beside the options have no history."""
    if base is None or option is None:
        return _current(form, name, option)
    value = snapshots.of(base).own[option.name]
    return _as_posted(initial_text(option, value), option)


def _as_posted(value: object, option: Option | None) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "on" if value else ""
    return "" if value is None else str(value)


def _shown(form: OptionSetForm, name: str, option: Option | None, text: str) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "true" if text else "false"
    named = dict(getattr(form.fields[name].widget, "choices", ()) or ())
    return str(named.get(text, text))
