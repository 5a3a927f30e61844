"""Signs by the numbers of Outlook, CDO, WinINet, Oracle, Apple's TLS and MailCore.

Programs print these numbers where they print nothing else, in every language. The
numbers of libraries of programmers stand in signs_codes.
"""

from __future__ import annotations

from .sign import AFTER, FAIR, NETWORK, SIGN_IN, STRONG, table


def _win(*numbers: int) -> str:
    """WinINet and WinHTTP, as in `error 12029` or `(0x2efd)`."""
    some = "|".join(map(str, numbers))
    return rf"(?:win(?:inet|http)|error|code|fehler|erreur)\W{{0,6}}(?:{some})\b"


def _mailcore(*numbers: int) -> str:
    some = "|".join(map(str, numbers))
    return rf"mco\w*domain\W{{0,4}}(?:error )?(?:code=|code |fehler )?(?:{some})\b"


SIGNS = (
    *table(
        NETWORK,
        [
            ("dns-unknown", STRONG,
             rf"0x800ccc0d|{_win(12007)}|utl_smtp.{{0,80}}ora-29257|ora-29257"),
            ("connect-timeout", STRONG,
             rf"0x800ccc0e|0x8004210[89ab]|0x800ccc1[59]|0x800ccc13"
             rf"|{_win(12002, 12029)}|ora-29276|0x800408fc|{_mailcore(1)}"),
            ("connect-refused", FAIR,
             r"0x800ccc10\b"),
            ("connection-lost", STRONG,
             rf"0x800ccc0f|0x800ccc1[14]|0x800ccc60|{_win(12030, 12152)}"),
            ("starttls-missing", STRONG,
             rf"0x800ccc7d|0x800ccc1a|{_mailcore(2)}"),
            ("tls-untrusted", STRONG,
             rf"ora-29024|ora-28759|-98(?:07|13|12)\b.{{0,40}}(?:ssl|tls|cfnetwork|stream)"
             rf"|(?:ssl|tls|cfnetwork|stream)\D{{0,40}}-98(?:07|13|12)\b"
             rf"|{_win(12045, 12175)}|{_mailcore(4)}"),
            ("tls-expired", STRONG,
             rf"(?:ssl|tls|cfnetwork|stream)\D{{0,40}}-9814\b|{_win(12037)}"),
            ("tls-name", STRONG,
             rf"(?:ssl|tls|cfnetwork|stream)\D{{0,40}}-9843\b|{_win(12038)}"),
            ("proxy-auth", STRONG,
             _win(12015)),
        ],
    ),
    *table(
        SIGN_IN,
        [
            ("password-refused", STRONG,
             rf"0x800ccc92|0x800ccc18|0x800cccd1|0x8004011d|{_mailcore(5)}"
             r"|ora-29279.{0,60}\b535\b"),
            ("pop-permanent", FAIR,
             r"0x800ccc90\b"),
            ("smtp-auth-required", STRONG,
             r"0x800ccc78|0x800ccc7[9a].{0,80}(?:550|530)|ora-29279.{0,60}\b530\b"),
            ("smtp-auth-before-tls", STRONG,
             r"0x800ccc80"),
            ("smtp-relay-denied", FAIR,
             r"0x800ccc79"),
            ("google-imap-off", STRONG,
             _mailcore(6)),
        ],
    ),
    *table(
        AFTER,
        [
            ("smtp-busy", STRONG,
             r"0x800ccc67|ora-29278.{0,60}\b4[25]\d\b"),
            ("recipient-refused", STRONG,
             r"0x800ccc69|0x8004020f|0x800ccc65"),
            ("sender-refused", STRONG,
             r"0x8004020e|0x800ccc68"),
            ("smtp-sender-mailbox-full", FAIR,
             r"0x800ccc6c"),
            ("message-refused", FAIR,
             r"0x800ccc6f|0x80040211"),
            ("folder-missing", FAIR,
             rf"0x800cccd2|{_mailcore(11)}"),
            ("google-bandwidth-spent", STRONG,
             _mailcore(7)),
            ("google-too-many-connections", STRONG,
             _mailcore(8)),
        ],
    ),
)  # fmt: skip
