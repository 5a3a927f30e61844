"""Loose signs: what words of a kind usually mean, where nothing more telling is seen.

They weigh less than every other sign that is shown, count only in texts that speak of
mail or of signing in, and never make a finding certain.
"""

from __future__ import annotations

from .sign import AFTER, LOOSE, NETWORK, SIGN_IN, TOKEN, table

_WRONG = (
    r"wrong|bad|incorrect|invalid|mismatch\w*|illegal|unknown|not (?:accepted|correct"
    r"|valid|recogni[sz]ed)|fail\w*|denied|reject\w*|refused|unsuccessful|error"
    r"|disallowed|can ?not|cannot|could not|couldn't|can't|unable"
)
_WHO = (
    r"pass ?word|passwd|passwort|credentials?|user ?name|log ?[io]n|authenti\w+"
    r"|auth|sign(?:ing)? ?in|logging in"
)
_SIGN_IN = (
    r"check .{0,30}(?:pass ?word|credentials?|user ?name)"
    rf"|\b(?:{_WRONG})\b.{{0,40}}\b(?:{_WHO})\b|\b(?:{_WHO})\b.{{0,40}}\b(?:{_WRONG})\b"
)
_TOKEN_WORDS = r"oauth|xoauth2|access[_ ]token|refresh[_ ]token|bearer"

SIGNS = (
    *table(
        NETWORK,
        [
            ("dns-unknown", LOOSE,
             r"(?:resolv\w+|dns|host (?:name )?look ?up) .{0,60}(?:fail|error|not found"
             r"|did not|no such|could not)"
             r"|(?:unable|fail\w*|could not|couldn't|cannot) .{0,20}resolve .{0,40}"
             r"(?:host|name|server|domain|address|smtp|imap|\bmail\.)"
             r"|invalid host ?name|host ?name .{0,30}(?:invalid|not found|unknown)",
             "mail|oauth|microsoft|google",
             r"endpoints?|mailbox|recipient|user|ambiguous"),
            ("tls-untrusted", LOOSE,
             r"(?:certificate|(?<!-)\bcert\b|x509).{0,60}(?:invalid|untrusted|trust"
             r"|verif|fail|not valid|unknown|problem|error|reject|chain)"
             r"|(?:invalid|untrusted|bad|verif\w+|unknown|accept).{0,40}"
             r"(?:certificate|x509)",
             "mail|oauth|microsoft|google",
             r"client certificate|certificate credential|assertion|private key"),
            ("tls-not-tls", LOOSE,
             r"(?<!/)\b(?:ssl|tls)\b.{0,80}(?:unknown protocol|not (?:an )?(?:ssl|tls)"
             r"|unexpected message|bad record|illegal)"
             r"|unknown[_ ]protocol",
             "mail"),
            ("tls-handshake", LOOSE,
             r"(?<!/)\b(?:ssl|tls|starttls)\b.{0,60}(?:error|fail|could not|cannot"
             r"|unable"
             r"|negotiat|abort|alert)|(?:error|fail\w*|could not|cannot|unable)"
             r".{0,40}\b(?:ssl|tls|starttls|secure connection)\b|sslexception"
             r"|sslerror|openssl::ssl|ssl routines",
             "mail|oauth|microsoft|google"),
            ("connection-lost", LOOSE,
             r"connection\b.{0,60}\b(?:lost|closed|dropped|reset|aborted|terminated"
             r"|broken|interrupted|severed|hung up|went away|not available)\b"
             r"|(?:error|err|failed|exception)[=: ]{1,3}['\"]?eof\b|\beoferror\b"
             r"|\beof (?:caught|while|when|from)|(?:got|unexpected|premature) eof",
             "mail|oauth|microsoft|google",
             rf"authenticat\w+ fail|authfail|credential|password|certificate"
             rf"|{_TOKEN_WORDS}|\b5\d\d[ -]"),
            ("connect-refused", LOOSE,
             r"(?:invalid|wrong|incorrect|check).{0,20}(?:server|host)\b.{0,12}"
             r"\bport\b",
             "mail"),
            ("connect-timeout", LOOSE,
             r"(?:cannot|can't|could not|couldn't|unable to|fail\w* to|failure"
             r"|not able to|impossible to|problem) .{0,20}(?:connect|reach|open"
             r".{0,12}(?:socket|connection)|establish)"
             r"|connection.{0,30}(?:could not be|couldn't be|not|fail\w*|error"
             r"|cannot be) ?(?:establish|open|made)?|no (?:connection|response from)"
             r"|not responding(?! with)|error (?:while |when )?(?:connecting|communicat"
             r"|opening)|(?:not|un) ?reachable|unable to reach|network[ _](?:request "
             r"|error|failure|is down)|fetch failed|socket hang ?up",
             "mail|oauth|microsoft|google",
             rf"authenticat|authfail|credential|password|log ?in\b|{_TOKEN_WORDS}"
             r"|certificate"),
        ],
    ),
    *table(
        TOKEN,
        [
            ("entra-refresh-token-ended", LOOSE,
             r"(?:refresh|renew)\w*.{0,40}(?:token|oauth).{0,60}(?:fail|error|invalid"
             r"|expired|could not|unable)|(?:fail\w*|error|could not|unable|cannot)"
             r".{0,30}(?:refresh|renew).{0,30}token",
             "microsoft",
             r"aadsts|google|code: 0\)"),
            ("oauth-refresh-token-ended", LOOSE,
             r"(?:refresh|renew)\w*.{0,40}(?:token|oauth).{0,60}(?:fail|error|invalid"
             r"|expired|could not|unable)|(?:fail\w*|error|could not|unable|cannot)"
             r".{0,30}(?:refresh|renew).{0,30}token",
             "oauth",
             r"aadsts|microsoft|code: 0\)"),
            ("token-not-json", LOOSE,
             r"(?:authori[sz]ation server|token endpoint|oauth2?).{0,120}"
             r"(?:expected json|not json|no json|parse|unparsable|html)"
             r"|(?:invalid|unexpected) response.{0,40}(?:authori[sz]ation server"
             r"|token endpoint)",
             "oauth|mail"),
        ],
    ),
    *table(
        SIGN_IN,
        [
            ("xoauth2-missing", LOOSE,
             r"(?:oauth2|sasl|auth\w*|mech\w*)\b.{0,30}(?:unavailable|not available)"
             r"|no worthy mech|no authenticators? available|no mechanism available",
             "mail"),
            ("google-token-refused", LOOSE, _SIGN_IN, "google+token"),
            ("imap-token-refused", LOOSE, _SIGN_IN, "imap+token", r"google|gmail"),
            ("smtp-token-refused", LOOSE, _SIGN_IN, "smtp+token", r"google|gmail"),
            ("pop-token-refused", LOOSE, _SIGN_IN, "pop3+token", r"google|gmail"),
            ("graph-access-denied", LOOSE,
             r"access.{0,20}denied|forbidden|not (?:authori[sz]ed|permitted|allowed)"
             r"|permission|privilege",
             "graph"),
            ("graph-wrong-audience", LOOSE, r"unauthori[sz]ed|invalid.{0,20}token",
             "graph"),
            ("ews-access-denied", LOOSE,
             r"access.{0,20}denied|not (?:authori[sz]ed|permitted|allowed)|permission",
             "ews"),
            ("ews-unauthorized", LOOSE, r"unauthori[sz]ed|\b401\b", "ews"),
            ("password-refused", LOOSE, _SIGN_IN, "mail+!ews+!graph",
             rf"{_TOKEN_WORDS}|\bssl(?:v\d)?\b|\btls\b|certificate|\beof\b"
             r"|timed? ?out|refused to connect"
             r"|in state auth\b|\bmechanisms?\b"
             r"|connection refused|recipient|relay|sender|too many"),
            ("ews-unauthorized", LOOSE, _SIGN_IN, "ews"),
            ("greeting-unexpected", LOOSE,
             r"unable to parse|(?:could not|couldn't|cannot|can't) parse"
             r"|(?:unexpected|invalid|malformed|bad|garbled) (?:server )?(?:response"
             r"|reply|greeting|answer|banner)|(?:imap|pop3?|smtp)protocolexception"
             r"|not an? (?:imap|pop3?|smtp) server",
             "mail",
             rf"{_TOKEN_WORDS}|authori[sz]ation server"),
            ("config-incomplete", LOOSE,
             r"(?:missing|no|empty|without|requires?) (?:a )?(?:password|user ?name"
             r"|credentials|secret|client[_ ]id|host(?:name)?|server)\b",
             "mail|oauth"),
        ],
    ),
    *table(
        AFTER,
        [
            ("server-throttled", LOOSE,
             r"too many|rate.?limit|throttl|limit (?:exceeded|reached)"
             r"|exceed\w*.{0,30}(?:limit|rate|quota)|slow down|too (?:fast|often)",
             "imap|pop3|ews|graph"),
            ("sending-quota", LOOSE,
             r"too many|rate.?limit|throttl|limit (?:exceeded|reached)"
             r"|exceed\w*.{0,30}(?:limit|rate|quota)|quota",
             "smtp"),
            ("smtp-address-blocked", LOOSE,
             r"block ?list\w*|black ?list\w*|deny ?list|spam ?haus|barracuda|sorbs"
             r"|block listed|bad reputation|reputation",
             "smtp|mail"),
            ("folder-missing", LOOSE,
             r"(?:folder|mailbox).{0,40}(?:not|unknown|exist|invalid|select)"
             r"|(?:cannot|could not|unable to|fail\w* to) (?:select|open|examine)"
             r" .{0,30}(?:folder|mailbox|inbox)",
             "imap"),
            ("google-temporary", LOOSE,
             r"system error|temporar\w*|try again|unavailable|internal (?:server )?err",
             "google+imap|smtp|pop3",
             r"auth"),
            ("smtp-busy", LOOSE,
             r"temporar\w*|try again|unavailable|internal (?:server )?error|overload"
             r"|maintenance|\b4[25]\d[ -]",
             "smtp",
             r"\b55\d|\bhttp[ /][\d.]*\s?500"),
            ("server-unavailable", LOOSE,
             r"system error|temporar\w*|try again|(?:server|service|mailbox) (?:is "
             r"|temporarily )?(?:not |un)available|internal (?:server )?err|backend"
             r"|overload|maintenance|byeresponseerror|cannot connect to \w+$"
             r"|service error",
             "imap|pop3|ews|graph"),
            ("server-closed", LOOSE, r"byeresponse|\bbye\b", "imap"),
            ("message-refused", LOOSE,
             r"\b55[0-4]\b|message.{0,40}(?:reject|refus|block|not accepted)",
             "smtp|mail"),
        ],
    ),
)  # fmt: skip
