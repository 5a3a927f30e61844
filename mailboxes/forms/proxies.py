"""The form of a proxy; rules and saving are services/proxies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..core.errors import OptionError, Problem
from ..models import Proxy
from ..services import proxies
from .option_fields import RawField

TEXT = {"autocomplete": "off", "spellcheck": "false", "maxlength": 1000}
FIELDS = ("name", "host", "port", "username", "password", "ca_pem")


class ProxyForm(forms.Form):
    """A proxy, new or as it is; its password is write-only."""

    use_required_attribute = False

    name = RawField(label=_("Name"), required=True, widget=forms.TextInput(attrs=TEXT))
    host = RawField(
        label=_("Host"),
        required=True,
        help_text=_("Host name or IP address, without http:// and without the port."),
        widget=forms.TextInput(attrs=TEXT),
    )
    port = RawField(
        label=_("Port"),
        required=True,
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "numeric"}),
    )
    username = RawField(
        label=_("User name"),
        help_text=_("Empty when the proxy asks for none."),
        widget=forms.TextInput(attrs=TEXT),
    )
    password = RawField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    ca_pem = RawField(
        label=_("Certificate authorities"),
        help_text=_("PEM. Needed only where the proxy inspects TLS."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def __init__(
        self, data: Any = None, *, proxy: Proxy | None = None, **kwargs: Any
    ) -> None:
        self.proxy = proxy
        shown = ("name", "host", "port", "username", "ca_pem")
        initial = {name: getattr(proxy, name) for name in shown} if proxy else {}
        super().__init__(data, initial=initial | kwargs.pop("initial", {}), **kwargs)
        stored = proxy.password if proxy else None
        if stored is not None:
            text = gettext("set %s; leave empty to keep it")
            self.fields["password"].help_text = text % f"{stored.created_at:%-d %b %Y}"

    def _typed(self) -> dict[str, str]:
        return {name: str(self.data.get(self.add_prefix(name), "")) for name in FIELDS}

    def clean(self) -> dict[str, Any]:
        self._add(proxies.clean(proxy=self.proxy, **self._typed()).problems)
        return self.cleaned_data

    def _add(self, problems: list[Problem]) -> None:
        for problem in problems:
            at = problem.option if problem.option in self.fields else None
            self.add_error(at, problem.message)

    def save_with(self, user: Any) -> Proxy | None:
        """Save through the service; None when it refused, its problems are added."""
        try:
            return proxies.save_proxy(proxy=self.proxy, user=user, **self._typed())
        except OptionError as error:
            self._add(error.problems)
            return None
