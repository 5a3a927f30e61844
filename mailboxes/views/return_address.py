"""Addresses of ours that browsers elsewhere are sent to, and whether they get there.

A person comes back to one from the authority, after consent or after a sign-in; an
owner is sent one. Which pages these are: wizard_consent, sign_ins. What a person is
told of an address that does not serve: templates/sign_in/_return.html.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

ANSWER = "sign-in-answer"  # the page that an owner comes back to


def return_url(request: HttpRequest, page: str = "consent", *args: object) -> str:
    """The whole address of a page of ours, for a browser elsewhere.

    page: its name. args: what stands in its path.

    Behind a proxy the host of the request may not be what people type: the origins
    that the settings name come first.
    """
    path = reverse(page, args=args)
    here = f"{request.scheme}://{request.get_host()}"
    origins = [
        one.rstrip("/") for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one
    ]
    origin = here if here in origins or not origins else origins[0]
    return origin + path


@dataclass(frozen=True)
class ReturnAddress:
    """Where the authority sends a browser back to; url is "" for a device code."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def by_number(self) -> bool:
        """An IP address in place of a name, by http: the form of Entra takes none."""
        return self.url.startswith("http://") and self._number is not None

    @property
    def local(self) -> bool:
        """Only a browser on this machine gets there."""
        host, number = self.host, self._number
        if host == "localhost" or host.endswith(".localhost"):
            return True
        return number is not None and number.is_loopback

    @property
    def refused(self) -> bool:
        """Entra and Google take only https, and http for this machine alone."""
        return self.url.startswith("http://") and not self.local

    @property
    def _number(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None
