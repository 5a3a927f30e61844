"""Accounts whose password is checked by a server of their own (ADFS, WS-Trust)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft, session
from mailboxes.services import retry
from mailboxes.transports.base import NetworkPolicy
from tests.oauth.test_refusals import REQUEST
from tests.oauth.wire import Answer, Wire

MEX = "https://sts.contoso.example/adfs/services/trust/mex"
TRUST = "https://sts.contoso.example/adfs/services/trust/13/usernamemixed"
REALM = {
    "account_type": "Federated",
    "federation_protocol": "WSTrust",
    "federation_metadata_url": MEX,
    "federation_active_auth_url": TRUST,
    "cloud_audience_urn": "urn:federation:MicrosoftOnline",
}
DOCUMENT = f"""<?xml version="1.0" encoding="utf-8"?>
<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/"
 xmlns:p="http://schemas.xmlsoap.org/ws/2004/09/policy"
 xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
 xmlns:s="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap12/"
 xmlns:a="http://www.w3.org/2005/08/addressing">
 <p:Policy u:Id="names"><p:ExactlyOne><p:All>
  <s:TransportBinding/>
  <s:SignedEncryptedSupportingTokens><p:Policy><s:UsernameToken><p:Policy>
   <s:WssUsernameToken10/>
  </p:Policy></s:UsernameToken></p:Policy></s:SignedEncryptedSupportingTokens>
 </p:All></p:ExactlyOne></p:Policy>
 <d:binding name="mixed">
  <p:PolicyReference URI="#names"/>
  <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
  <d:operation><soap:operation
   soapAction="http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue"/></d:operation>
 </d:binding>
 <d:service><d:port binding="d:mixed"><a:EndpointReference>
  <a:Address>{TRUST}</a:Address></a:EndpointReference></d:port></d:service>
</d:definitions>"""
ASSERTION = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>
<t:RequestSecurityTokenResponse xmlns:t="http://docs.oasis-open.org/ws-sx/ws-trust/200512">
<t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType>
<t:RequestedSecurityToken><saml>signed</saml></t:RequestedSecurityToken>
</t:RequestSecurityTokenResponse></s:Body></s:Envelope>"""
FAULT = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>
<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:a="urn:a">a:{}</s:Value>
</s:Subcode></s:Code><s:Reason>
<s:Text xml:lang="en-US">ID3242: {} &amp; no more.</s:Text>
</s:Reason></s:Fault></s:Body></s:Envelope>"""
GOOD: dict[str, Answer] = {
    "/userrealm/": (200, REALM),
    "/mex": (200, DOCUMENT),
    "/usernamemixed": (200, ASSERTION),
    "/token": (
        200,
        {"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600},
    ),
}
Ask = Callable[..., Any]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Asks for a token; returns it, or the MailError, with the wire."""

    def outcome(**changes: Answer) -> tuple[Any, Wire]:
        wire = Wire(GOOD | {f"/{name}": answer for name, answer in changes.items()})
        monkeypatch.setattr(session, "make", wire.session)
        try:
            return microsoft.acquire(REQUEST, NetworkPolicy(), None), wire
        except MailError as error:
            return error, wire

    return outcome


def judged(error: MailError) -> tuple[str, Stage, RunState]:
    state = retry.decide(error, datetime.now(UTC), failures=1).state
    return error.code, error.stage, state


def test_federated_account_gets_its_token(ask: Ask) -> None:
    outcome, wire = ask()
    assert outcome.token.value == "opaque"
    assert [request.url for request in wire.asked[-3:]] == [
        MEX,
        TRUST,
        f"https://login.microsoftonline.com/{REQUEST.directory_id}/oauth2/v2.0/token",
    ]


@pytest.mark.parametrize("status", [200, 500])
def test_wrong_password_at_its_own_server_stops(ask: Ask, status: int) -> None:
    fault = FAULT.format("FailedAuthentication", "not authenticated")
    error, wire = ask(usernamemixed=(status, fault))
    assert judged(error) == ("token-invalid-grant", Stage.TOKEN, RunState.STOPPED)
    assert (error.evidence["host"], error.evidence["answer"]) == (
        "sts.contoso.example",
        "a:FailedAuthentication: ID3242: not authenticated & no more.",
    )
    assert error.permanent is True
    assert REQUEST.password not in str(error.evidence)
    assert wire.asked[-1].url == TRUST


@pytest.mark.parametrize(
    ("changes", "code", "stage", "state"),
    [
        (
            {"usernamemixed": (500, FAULT.format("InternalServiceFault", "busy"))},
            "token-unavailable", Stage.TOKEN, RunState.FAILING,
        ),
        (
            {"usernamemixed": (503, "<html>Service Unavailable</html>")},
            "token-unavailable", Stage.TOKEN, RunState.FAILING,
        ),
        (
            {"usernamemixed": (200, "not even XML")},
            "token-not-json", Stage.PROXY, RunState.FAILING,
        ),
        (
            {"mex": (503, "<html>Service Unavailable</html>")},
            "token-unavailable", Stage.TOKEN, RunState.FAILING,
        ),
        (
            {"mex": (404, "<html>not here</html>")},
            "token-not-json", Stage.PROXY, RunState.FAILING,
        ),
        (
            {"mex": (200, "<html><p>sign in at the proxy</html>")},
            "token-not-json", Stage.PROXY, RunState.FAILING,
        ),
        (
            {"mex": requests.exceptions.ConnectTimeout()},
            "connect-timeout", Stage.TCP, RunState.FAILING,
        ),
        (
            {"mex": (200, DOCUMENT.replace("WssUsernameToken10", "Kerberos"))},
            "token-refused", Stage.TOKEN, RunState.STOPPED,
        ),
    ],
)  # fmt: skip
def test_its_own_server_in_trouble(
    ask: Ask, changes: Any, code: str, stage: Stage, state: RunState
) -> None:
    error, _wire = ask(**changes)
    assert judged(error) == (code, stage, state)
    assert error.evidence["host"] == "sts.contoso.example"


def test_page_instead_of_the_authoritys_answer_is_still_seen(ask: Ask) -> None:
    error, _wire = ask(token=(200, "<html>sign in at the proxy</html>"))
    assert judged(error) == ("token-not-json", Stage.PROXY, RunState.FAILING)
    assert error.evidence["host"] == "login.microsoftonline.com"
