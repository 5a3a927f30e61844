"""What the first bytes of a file say it is, against what its name says.

A hint for the person who downloads an attachment; nothing is refused because of it.
"""

from __future__ import annotations

_STARTS: tuple[tuple[bytes, str, tuple[str, ...]], ...] = (
    (b"%PDF-", "PDF", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "PNG picture", (".png",)),
    (b"\xff\xd8\xff", "JPEG picture", (".jpg", ".jpeg", ".jfif")),
    (b"GIF8", "GIF picture", (".gif",)),
    (
        b"PK\x03\x04",
        "ZIP archive",
        (
            ".zip",
            ".docx",
            ".xlsx",
            ".pptx",
            ".odt",
            ".ods",
            ".odp",
            ".jar",
            ".docm",
            ".xlsm",
        ),
    ),  # fmt: skip
    (b"\xd0\xcf\x11\xe0", "old Office file", (".doc", ".xls", ".ppt", ".msg", ".msi")),
    (b"MZ", "Windows program", (".exe", ".dll", ".com", ".scr")),
    (b"\x7fELF", "Linux program", (".so", ".elf", ".bin")),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "Windows shortcut", (".lnk",)),
    (b"Rar!", "RAR archive", (".rar",)),
    (b"7z\xbc\xaf", "7-Zip archive", (".7z",)),
    (b"#!", "script", (".sh", ".py", ".pl")),
)
_PROGRAMS = {"Windows program", "Linux program", "Windows shortcut", "script"}
_RISKY = (
    ".exe", ".dll", ".com", ".scr", ".bat", ".cmd", ".ps1", ".js", ".jse", ".vbs",
    ".vbe", ".wsf", ".hta", ".lnk", ".msi", ".jar", ".reg", ".html", ".htm", ".svg",
    ".docm", ".xlsm", ".iso", ".img", ".url", ".pif", ".cpl", ".msc", ".chm", ".one",
    ".xll", ".xlam", ".pptm", ".vhd", ".vhdx", ".application", ".appx", ".msix",
    ".xhtml", ".mht", ".mhtml", ".shtml", ".wsh", ".psm1", ".library-ms", ".scf",
    ".search-ms", ".settingcontent-ms", ".sct", ".inf", ".rdp",
)  # fmt: skip


def kind_of(data: bytes) -> str:
    """A word for what the bytes are, "" when they tell nothing."""
    for start, kind, _endings in _STARTS:
        if data.startswith(start):
            return kind
    return ""


def mismatch(name: str, data: bytes) -> tuple[str, str] | None:
    """(id, kind) of what to warn about: "program", "not-what-it-says", "risky"."""
    lower = name.lower().rstrip(". ")  # Windows takes neither at the end of a name
    for start, kind, endings in _STARTS:
        if data.startswith(start):
            if kind in _PROGRAMS:
                return "program", kind
            if "." in lower and not lower.endswith(endings):
                return "not-what-it-says", kind
    if lower.endswith(_RISKY):
        return "risky", lower.rpartition(".")[2]
    return None
