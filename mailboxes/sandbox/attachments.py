"""Small real files to attach: a PDF, a PNG, a document in a zip.

Made here byte by byte, so that no file has to be shipped. Who attaches them: letters.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import lru_cache


def pdf(text: str) -> bytes:
    """A one-page PDF with one line of ASCII text."""
    line = text.encode("ascii", "replace").replace(b"\\", b"/")
    line = line.replace(b"(", b"[").replace(b")", b"]")
    stream = b"BT /F1 18 Tf 60 760 Td (" + line + b") Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


@lru_cache(maxsize=64)
def png(colour: tuple[int, int, int], side: int = 64) -> bytes:
    """A square picture with a soft slope of one colour."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            shade = (x + y) / (2 * side)
            rows += bytes(int(part + (255 - part) * shade * 0.6) for part in colour)

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + chunk(b"IEND", b"")
    )


def docx(text: str) -> bytes:
    """A document as word processors write it: XML in a zip."""
    out = io.BytesIO()
    office = "http://schemas.openxmlformats.org"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    files = {
        "[Content_Types].xml": f'{head}<Types xmlns="{office}/package/2006/'
        'content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.'
        'main+xml"/></Types>',
        "_rels/.rels": f"{head}<Relationships xmlns="
        f'"{office}/package/2006/relationships"><Relationship Id="rId1" Type='
        f'"{office}/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"{head}<w:document xmlns:w="
        f'"{office}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{safe}'
        "</w:t></w:r></w:p></w:body></w:document>",
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2026, 11, 24, 9, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
