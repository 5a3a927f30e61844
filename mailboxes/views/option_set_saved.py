"""What one save of an option set changed, when it is in effect, for which mailboxes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ..models import Revision
from ..services.option_rules import clean
from ..services.options import changes, snapshots
from .option_set_lookup import Client, find, may_test, users_of


@login_required
def saved(request: HttpRequest, kind: str, pk: int, number: int) -> HttpResponse:
    """The result page of a save; it stays at its address."""
    client = find(kind, pk, archived=None)
    revision = client.revisions.select_related("author").filter(number=number).first()
    if revision is None:
        raise Http404
    before = client.revisions.filter(number=number - 1).first()
    return render(
        request,
        "option_sets/saved.html",
        {
            "client": client,
            "kind": kind,
            "revision": revision,
            "first": before is None,
            "changes": changes.diff(before, revision),
            "current": changes.in_effect(client),
            "mailboxes": users_of(client),
            "warnings": _warnings(client, revision, kind),
            "testable": may_test(request, type(client)),
            "nav": "option-sets",
        },
    )


def _warnings(client: Client, revision: Revision, kind: str) -> list[dict[str, str]]:
    """What the rules say of these values, each with the field it belongs to."""
    snapshot = snapshots.of(revision)
    edit = reverse("option-set-edit", args=[kind, client.pk])
    names = client.fields_by_option()
    found = []
    cleaned = clean(client.kind, {}, base=snapshot.own, extra=snapshot.extra)
    for problem in cleaned.warnings:
        field = names.get(problem.option)
        option = client.options()[field] if field else None
        label = option.label_for(cleaned.effective) if option else problem.option
        found.append(
            {
                "text": problem.message,
                "label": label,
                "url": f"{edit}#id_{field or 'extra'}",
            }
        )
    return found
