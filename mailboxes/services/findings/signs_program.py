"""Signs that the program which wrote a line is itself at fault, not mail.

Runtimes name such faults in words of their own: PHP, Python, JavaScript, Java, .NET,
Go, Ruby, Perl, PowerShell, shells and databases. A client that breaks a protocol is
told so by servers: BAD of IMAP (RFC 3501 section 7.1.3), 503 of SMTP (RFC 5321
section 4.2.2). All of them are weak against words about mail: a program also stumbles
over an answer that it did not expect.
"""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, LOOSE, STRONG, table

_ANY = "mail|oauth|microsoft|google"
# Words about tokens and answers, over which programs stumble.
_ANSWER = r"access_?token|refresh_?token|aadsts|invalid_grant|accessdenied"

SIGNS = table(
    AFTER,
    [
        # a part of the program is not there
        ("program-fault", DECISIVE,
         r"no module named|modulenotfounderror|cannot find module '"
         r"|call to undefined (?:function|method)|undefined subroutine"
         r"|can't locate \S{1,80}\.pm in @inc|cannot load such file"
         r"|uninitialized constant|noclassdeffounderror|classnotfoundexception"
         r"|could not load file or assembly|is not recognized as (?:the name of )?an?"
         r" (?:name of a )?(?:cmdlet|internal or external)|commandnotfoundexception"
         r"|err_module_not_found|err_require_esm|cannot import name"
         r"|(?:need|require)s? (?:\w+::\w+(?: and )?)+|must be compiled with",
         _ANY,
         _ANSWER),
        ("program-fault", STRONG,
         r"class ['\"]?[\w\\]{1,80}['\"]? not found|nosuchmethod(?:error|exception)"
         r"|missingmethodexception|nosuchfielderror|abstractmethoderror"
         r"|could not find \S{1,60}-\d+\.\d+\S* in|: command not found"
         r"|has been disabled for security reasons|exec format error"
         r"|running scripts is disabled|parameter set cannot be resolved"
         r"|parameter cannot be found that matches|winrm client"
         r"|use of undefined constant|undefined (?:local variable|method) [`'\"]"
         r"|keyword '\w+' is not recogni[sz]ed",
         _ANY,
         _ANSWER),
        # a call in it is wrong
        ("program-fault", FAIR,
         r"takes (?:exactly |from )?\d+ (?:to \d+ )?positional arguments?"
         r"|unexpected keyword argument|object has no attribute"
         r"|object is not (?:callable|subscriptable|iterable)"
         r"|call to a member function|on an undefined value"
         r"|is not a (?:function|constructor)\b|cannot read propert"
         r"|null ?pointer ?exception|nil pointer dereference|nullreferenceexception"
         r"|object reference not set|undefined method|nomethoderror"
         r"|must be of (?:the )?type \w+|undefined (?:index|variable|offset|property"
         r"|array key)|unsupporteddatacontenthandler|no object dch"
         r"|outofmemoryerror|allowed memory size|segmentation fault",
         _ANY,
         _ANSWER),
        ("program-fault", LOOSE,
         r"\b(?:attribute|name|type|import|syntax|indentation|unboundlocal|reference"
         r"|range|index|key|recursion)error\b|illegalargumentexception"
         r"|classcastexception|argumentnullexception|illegalstateexception"
         r"|unhandled (?:exception|rejection|promise)|beancreationexception",
         _ANY,
         rf"{_ANSWER}|certificate|\b401\b|\b403\b|authentic"),
        # it cannot use its own files, database or address
        ("program-fault", FAIR,
         r"sqlstate\[|database is locked|readonly database|no such (?:table|column)"
         r"|unknown column|has gone away|deadlock found|operationalerror"
         r"|integrityerror|failed to open stream: no such file"
         r"|read-only file system|address already in use|no space left on device"
         r"|too many open files|eacces: permission denied"
         r"|could not instantiate mail function|instancier la fonction mail",
         "",
         _ANSWER),
        # its settings cannot be read
        ("program-fault", FAIR,
         r"invalid remote specification|unrecogni[sz]ed (?:option|directive|setting)"
         r"|unknown (?:option|directive|configuration (?:key|option))"
         r"|(?:parsing|parse|syntax) error (?:in|at|near) \S{0,40}(?:config|\.ya?ml"
         r"|\.ini|\.toml|\.conf|rc\b)",
         _ANY),
        # servers say that it breaks their protocol
        ("program-fault", STRONG + 5,
         r"nested mail command|he?[el]{1,2}o (?:command )?(?:rejected|invalid"
         r"|argument)|invalid (?:he?[el]{1,2}o|domain name)\b.{0,20}"
         r"|need fully-?qualified hostname|\[clientbug\]"
         r"|(?:invalid|bad) message ?set|message set is invalid",
         "smtp|imap|mail"),
        ("program-fault", STRONG,
         r"\b(?:fetch|copy|search|store|select|examine|append|list|uid(?: \w+)?)"
         r" command error: bad\b|error in imap command|could not parse command"
         r"|uid search .{0,200}\bbad command error|\bbad (?:\[\w+\] )?(?:invalid"
         r" (?:command|arg)|unknown command|missing (?:command|arg)|syntax)"
         r"|search invalid argument",
         "imap",
         r"authenticate|\blogin\b|no folder|not (?:exist|found)|internal error"),
    ],
)  # fmt: skip
