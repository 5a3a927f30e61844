"""The form of a proxy; rules and saving are services/proxies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..core.certificates import holds_key
from ..core.choices import ProxyKind
from ..core.errors import Problem
from ..services import proxies
from .option_fields import RawField
from .shared import SECRET, TEXT, SharedForm

LABELS = {
    ProxyKind.HTTP: _("HTTP (CONNECT)"),
    ProxyKind.SOCKS5: _("SOCKS5"),
    ProxyKind.DIRECT: _("No proxy, further certificate authorities alone"),
}
PEM = {"rows": 6, "class": "mono", "spellcheck": "false"}


class AuthoritiesArea(forms.Textarea):
    """A private key that was pasted by mistake is not sent back to the browser."""

    def format_value(self, value: Any) -> str | None:
        return None if holds_key(str(value)) else super().format_value(value)


class ProxyForm(SharedForm):
    """A proxy, new or as it is; its password is write-only."""

    shown = ("name", "kind", "host", "port", "username", "ca_pem")
    secret_field = "password"
    secret_column = "password"
    compared = proxies.SEEN

    name = RawField(label=_("Name"), required=True, widget=forms.TextInput(attrs=TEXT))
    kind = RawField(
        label=_("Kind"),
        required=True,
        help_text=_(
            "How the proxy is spoken to. Without a proxy only the name and the"
            " certificate authorities are kept."
        ),
        widget=forms.Select(),
    )
    host = RawField(
        label=_("Host"),
        required=True,
        help_text=_(
            "Host name or IP address, without http:// and without the port. Not used"
            " without a proxy."
        ),
        widget=forms.TextInput(attrs=TEXT),
    )
    port = RawField(
        label=_("Port"),
        required=True,
        help_text=_("Not used without a proxy."),
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "numeric", "size": 12}),
    )
    username = RawField(
        label=_("User name"),
        help_text=_("Empty when the proxy asks for none."),
        widget=forms.TextInput(attrs=TEXT),
    )
    password = RawField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs=SECRET),
    )
    ca_pem = RawField(
        label=_("Certificate authorities"),
        help_text=_(
            "PEM. Needed where the proxy inspects TLS, and for servers whose"
            " certificates a private authority signs. The certificates are kept, and"
            " nothing else that stands in the text; a private key is refused."
        ),
        widget=AuthoritiesArea(attrs=PEM),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("kind", ProxyKind.HTTP.value)
        self.fields["kind"].widget.choices = [
            (kind.value, label) for kind, label in LABELS.items()
        ]
        self.initial["port"] = self.initial.get("port") or ""

    def problems(self) -> list[Problem]:
        return proxies.clean(proxy=self.row, **self.typed()).problems

    def _save(self, user: Any, seen_then: str) -> Any:
        return proxies.save_proxy(
            proxy=self.row, user=user, seen=seen_then, **self.typed()
        )
