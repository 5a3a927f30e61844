"""Reads settings from the environment: typed, and every fault is kept, not raised.

The faults become system checks (mailboxes/checks.py), so that a wrong value gives one
sentence with a hint instead of a trace. What each variable means: docs/settings.md.
"""

from __future__ import annotations

import ipaddress
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ


@dataclass(frozen=True)
class Fault:
    """A value of the environment that cannot be used."""

    variable: str
    message: str
    hint: str


class Environment:
    """Environment variables with types, `NAME_FILE` for secrets, and a list of faults.

    `names` collects every variable that was asked for; a test compares it with
    docs/settings.md.
    """

    def __init__(self) -> None:
        self._env = environ.Env()
        self.faults: list[Fault] = []
        self.names: list[str] = []

    def fault(self, variable: str, message: str, hint: str) -> None:
        self.faults.append(Fault(variable, message, hint))

    def _read(self, name: str) -> str | None:
        self.names.append(name)
        value = os.environ.get(name)
        return value if value not in (None, "") else None

    def text(self, name: str, default: str) -> str:
        value = self._read(name)
        return default if value is None else value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self._read(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self.fault(
                name,
                f"{name} is {value!r}, not a whole number from {low} to {high}.",
                f"Set {name} to a whole number from {low} to {high}, or leave it out"
                f" for {default}.",
            )
            return default
        return number

    def switch(self, name: str, default: bool) -> bool:
        value = self._read(name)
        if value is None:
            return default
        if value.lower() in ("true", "1", "yes", "on"):
            return True
        if value.lower() in ("false", "0", "no", "off"):
            return False
        self.fault(
            name,
            f"{name} is {value!r}, neither true nor false.",
            f"Set {name} to true or false, or leave it out for {default}.",
        )
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self._read(name)
        if value is None:
            return default
        for choice in choices:
            if value.lower() == choice.lower():
                return choice
        self.fault(
            name,
            f"{name} is {value!r}, which is not one of {', '.join(choices)}.",
            f"Set {name} to one of {', '.join(choices)}, or leave it out for"
            f" {default}.",
        )
        return default

    def address(self, name: str, default: str) -> str:
        """An IP address of this machine to listen on."""
        value = self._read(name)
        if value is None:
            return default
        try:
            return str(ipaddress.ip_address(value.strip("[]")))
        except ValueError:
            self.fault(
                name,
                f"{name} is {value!r}, which is not an IP address.",
                f"Set {name} to an address of this machine, such as 0.0.0.0 for all,"
                f" or leave it out for {default}.",
            )
            return default

    def words(self, name: str, default: list[str]) -> list[str]:
        value = self._read(name)
        if value is None:
            return default
        return [word.strip() for word in value.split(",") if word.strip()]

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Database settings from a URL: sqlite:/// or postgres://."""
        value = self.secret(name) or default
        try:
            with warnings.catch_warnings():  # of an engine it does not know
                warnings.simplefilter("ignore")
                config = self._env.db_url_config(value)
        except (ValueError, KeyError, IndexError):
            config = {}
        if config.get("ENGINE") not in (
            "django.db.backends.sqlite3",
            "django.db.backends.postgresql",
        ):
            self.fault(
                name,
                f"{name} is not the address of an SQLite or PostgreSQL database.",
                f"Set {name} like postgres://user:password@host:5432/name or"
                " sqlite:////path/to/file, or leave it out.",
            )
            return dict(self._env.db_url_config(default))
        return dict(config)

    def secret(self, name: str) -> str | None:
        """The value of `name`, or the content of the file that `NAME_FILE` names."""
        value = self._read(name)
        path = self._read(f"{name}_FILE")
        if value is not None and path is not None:
            self.fault(
                name,
                f"{name} and {name}_FILE are both set.",
                "Set only one of them.",
            )
        if value is not None or path is None:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            self.fault(
                f"{name}_FILE",
                f"{name}_FILE names {path}, which cannot be read: {reason}.",
                "Name a file that this user can read.",
            )
            return None

    def kept_secret(self, name: str, file: Path, make: Callable[[], str]) -> str:
        """As `secret`; if neither is set, kept in `file` (mode 0600), made once."""
        value = self.secret(name)
        if value:
            return value
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            handle = None
        except OSError as error:
            self.fault(
                "MAILADMIN_DATA",
                f"The data folder {file.parent} cannot be written: {error.strerror}.",
                "Set MAILADMIN_DATA to a folder that this user can write.",
            )
            return make()
        if handle is not None:
            with os.fdopen(handle, "w") as out:
                out.write(make() + "\n")
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            self.fault(
                name,
                f"The file {file} cannot be read: {reason}.",
                f"Let this user read the file, or set {name}.",
            )
            return make()
