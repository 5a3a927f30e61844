"""Notes how each test of the live kit ended, and writes the report without secrets.

Of a failure only what our own errors say is kept (code, stage, the server's line): a
test's own text may hold content. What was secret is taken out of the rest once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.errors import MailError

MASK = "•••"
TOLD = ("host", "port", "proxy", "tls", "issuer", "answer", "challenge", "recipients")
HEAD = """# Live report

{about}

{sum}

| Test | Result | Seconds | What was said |
|---|---|---|---|
"""


@dataclass
class Report:
    """A plugin of pytest. secrets: never to be written."""

    about: dict[str, str]
    secrets: Sequence[str]
    results: list[dict[str, Any]] = field(default_factory=list)
    _errors: dict[str, BaseException] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> None:
        if call.excinfo is not None:
            self._errors[item.nodeid] = call.excinfo.value

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        self.results.append(
            {
                "test": name,
                "result": report.outcome,
                "seconds": round(report.duration, 2),
                "said": _said(self._errors.get(report.nodeid)),
            }
        )

    def write(self, folder: Path) -> None:
        """live-report.json and live-report.md."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {"about": self.about, "results": self.results}
        text = json.dumps(told, indent=1, ensure_ascii=False, default=str) + "\n"
        (folder / "live-report.json").write_text(self.clean(text), "utf-8")
        (folder / "live-report.md").write_text(self.clean(self._page()), "utf-8")

    def clean(self, text: str) -> str:
        """Without the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    @property
    def summary(self) -> str:
        passed = sum(one["result"] == "passed" for one in self.results)
        return f"{passed} of {len(self.results)} tests passed."

    def _page(self) -> str:
        about = "\n".join(f"- {name}: {said}" for name, said in self.about.items())
        lines = [HEAD.format(about=about, sum=self.summary)]
        for one in self.results:
            said = " ".join(f"{n}={v}" for n, v in one["said"].items())
            said = said.replace("|", "\\|").replace("\n", " ") or "-"
            lines.append(
                f"| {one['test']} | {one['result']} | {one['seconds']} | {said} |\n"
            )
        return "".join(lines)


def _said(error: BaseException | None) -> dict[str, Any]:
    """What may be told of a failure."""
    if isinstance(error, MailError):
        facts = {name: error.evidence[name] for name in TOLD if name in error.evidence}
        return {"code": error.code, "stage": str(error.stage), **facts}
    return {"error": type(error).__name__} if error is not None else {}
