"""Two people edited the same option set: base, theirs and yours, a choice for each.

Each choice posts the value itself under the field's name, so that the answer is an
ordinary save over the newest revision (option_set_edit). An option that is not ours
posts its line, or nothing, under `extra:<name>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ..core.options import Kind, Option
from ..forms import extra_options
from ..forms.option_fields import initial_text
from ..forms.option_set import EXTRA, WAS
from ..forms.option_sets import OptionSetForm
from ..models import Revision
from ..services.options import changes, snapshots
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
    found = [*_of_fields(form, base), *_of_extra(form, base)]
    return render(
        request,
        "option_sets/stale.html",
        {
            "client": client,
            "kind": short_kind(client),
            "newest": newest,
            "base": base,
            "theirs": changes.diff(base, newest) if base else [],
            "choices": [one for one in found if one.mine != one.theirs],
            "beside_was": form.initial[WAS],
            "same": [(one.name, one.mine) for one in found if one.mine == one.theirs],
            "password": form["password"] if form.text("password") else None,
            "action": request.path,
            "back": reverse("option-set-edit", args=[short_kind(client), client.pk]),
            "nav": "option-sets",
        },
        status=CONFLICT,
    )


def _of_fields(form: OptionSetForm, base: Revision | None) -> Iterator[Choice]:
    """Own values, also where a registration gives another one at the moment."""
    before = snapshots.of(base).own if base else None
    beside = form.beside_before()
    for name in (*form.beside, *form.model.options()):
        option = form.model.options().get(name)
        if option is not None and option.secret:
            continue
        theirs = _as_posted(form.initial.get(name), option)
        was = beside.get(name, theirs)  # what stands beside has no revision
        if before is not None and option is not None:
            was = _as_posted(initial_text(option, before[option.name]), option)
        mine = _posted(form, name, option)
        yield Choice(
            name=name,
            label=str(form.fields[name].label),
            option_name=getattr(form.fields[name], "option_name", ""),
            shown_base=_shown(form, name, option, was),
            shown_theirs=_shown(form, name, option, theirs),
            shown_mine=_shown(form, name, option, mine),
            theirs=theirs,
            mine=mine,
            take_mine=was != mine,
        )


def _of_extra(form: OptionSetForm, base: Revision | None) -> Iterator[Choice]:
    """Options that are not ours, one by one."""
    was: dict[str, Any] = base.extra if base else form.saved_extra
    mine, theirs = form.extras.values, form.saved_extra
    if form.extras.problems:
        yield _of_wrong_extra(form, was)
        return
    texts = [changes.extra_texts(side) for side in (was, theirs, mine)]
    for name in {**theirs, **mine}:
        lines = [
            extra_options.show({name: side[name]}) if name in side else ""
            for side in (theirs, mine)
        ]
        yield Choice(
            name=f"{EXTRA}:{name}",
            label=name,
            option_name="",
            shown_base=texts[0].get(name, ""),
            shown_theirs=texts[1].get(name, ""),
            shown_mine=texts[2].get(name, ""),
            theirs=lines[0],
            mine=lines[1],
            take_mine=was.get(name) != mine.get(name),
        )


def _of_wrong_extra(form: OptionSetForm, was: dict[str, Any]) -> Choice:
    """Lines with a mistake in them: all of theirs or all of yours, to be mended."""
    mine, theirs = form.text(EXTRA), extra_options.show(form.saved_extra)
    label = str(form.fields[EXTRA].label)
    return Choice(
        EXTRA, label, "", extra_options.show(was), theirs, mine, theirs, mine, True
    )


def _posted(form: OptionSetForm, name: str, option: Option | None) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "on" if form[name].data else ""
    return form.text(name)


def _as_posted(value: object, option: Option | None) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "on" if value else ""
    return "" if value is None else str(value)


def _shown(form: OptionSetForm, name: str, option: Option | None, text: str) -> str:
    if option is not None and option.kind is Kind.BOOLEAN:
        return "true" if text else "false"
    named = dict(getattr(form.fields[name].widget, "choices", ()) or ())
    return str(named.get(text, text))
