"""The scenarios of the fault laboratory, all of them, by name and by area.

Each stands in the module of its area; what one is: scenario.
"""

from __future__ import annotations

from ..scenario import GOOGLE, OWNER, SERVICE, Scenario, Setup, made
from . import (
    claims as scenarios_claims,
    entra_account as scenarios_entra_account,
    entra_app as scenarios_entra_app,
    entra_token as scenarios_entra_token,
    ews as scenarios_ews,
    google as scenarios_google,
    google_token as scenarios_google_token,
    graph as scenarios_graph,
    imap as scenarios_imap,
    pop3 as scenarios_pop3,
    shared as scenarios_shared,
    smtp as scenarios_smtp,
    transport as scenarios_transport,
)

# Nothing goes wrong: whoever finds something here finds it everywhere.
HEALTHY = tuple(
    made(name, "Nothing wrong", (), title, (), None, setup=setup)
    for name, title, setup in (
        ("healthy-fetching", "Mail is fetched", Setup()),
        ("healthy-sending", "Mail is sent", Setup(sends=True, message=True)),
        ("healthy-application", "The application fetches", Setup(app=True)),
        ("healthy-socks", "Mail is fetched through SOCKS", Setup(way="socks")),
        ("healthy-password", "Mail is fetched with a password", Setup(basic=True)),
        ("healthy-ews", "Mail is fetched by EWS", scenarios_ews.READS),
        ("healthy-ews-sending", "Mail is sent by EWS", scenarios_ews.MESSAGE),
        ("healthy-ews-app", "The application fetches by EWS", scenarios_ews.APP),
        ("healthy-owner", "Mail is fetched for an owner", Setup(by=OWNER)),
        ("healthy-google", "Mail is fetched at Google", Setup(by=GOOGLE)),
        ("healthy-service", "A service account fetches", Setup(by=SERVICE)),
    )
)
SCENARIOS: tuple[Scenario, ...] = (
    *HEALTHY,
    *scenarios_entra_account.SCENARIOS,
    *scenarios_entra_app.SCENARIOS,
    *scenarios_entra_token.SCENARIOS,
    *scenarios_claims.SCENARIOS,
    *scenarios_imap.SCENARIOS,
    *scenarios_pop3.SCENARIOS,
    *scenarios_smtp.SCENARIOS,
    *scenarios_ews.SCENARIOS,
    *scenarios_google.SCENARIOS,
    *scenarios_graph.SCENARIOS,
    *scenarios_google_token.SCENARIOS,
    *scenarios_shared.SCENARIOS,
    *scenarios_transport.SCENARIOS,
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
