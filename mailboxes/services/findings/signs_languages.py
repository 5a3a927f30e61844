"""Signs in the words that Windows, .NET and Exchange use in other languages.

German, French, Spanish, Italian, Portuguese and Dutch, for what admins paste: texts of
sockets and certificates, of System.Net.Mail and of Outlook. The numbers in such texts,
and Microsoft's own, are the same in all languages: signs_codes, numbers.
"""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, NETWORK, SIGN_IN, STRONG, table

SIGNS = (
    *table(
        NETWORK,
        [
            ("dns-unknown", DECISIVE,
             r"host ist unbekannt|rechnername .{0,40}nicht aufgel"
             r"|(?:h[oô]te|nom d'h[oô]te) (?:inconnu|introuvable)"
             r"|(?:nom distant|nom de l'h[oô]te).{0,20}pas pu [eê]tre r[eé]solu"
             r"|host desconocido|no se (?:puede|pudo) resolver (?:el|la) "
             r"|host sconosciuto|impossibile risolvere il nome"
             r"|host n[aã]o [eé] conhecido|nome .{0,20}n[aã]o p[oô]de ser resolvido"
             r"|host is onbekend|kan externe naam niet"),
            ("connect-refused", DECISIVE,
             r"verbindung(?:saufbau)? (?:wurde )?(?:verweigert|abgelehnt)"
             r"|zielcomputer die verbindung"
             r"|connexion refus[eé]e|l'a express[eé]ment refus[eé]e"
             r"|conexi[oó]n (?:rechazada|rehusada)|deneg[oó] expresamente"
             r"|connessione rifiutata|rifiuto persistente"
             r"|conex[aã]o recusada|recusou ativamente|recusaram ativamente"
             r"|as recusou ativamente|verbinding geweigerd|actief heeft geweigerd"),
            ("connect-timeout", STRONG,
             r"gegenstelle nach einer bestimmten zeit|zeit[uü]berschreitung"
             r"|zeitlimit .{0,40}[uü]berschritten|timeout f[uü]r vorgang"
             r"|parti connect[eé] n'a pas r[eé]pondu|d[eé]lai .{0,30}(?:expir"
             r"|d[eé]pass)|parte conectada no respondi[oó]"
             r"|tiempo de espera .{0,40}(?:agotado|super)"
             r"|agotado el tiempo de espera"
             r"|parte connessa dopo|timeout (?:dell'operazione|di connessione)"
             r"|scaduto il timeout|componente conectado n[aã]o respondeu"
             r"|tempo limite .{0,30}(?:esgotado|atingido|expir)"
             r"|partij na bepaalde tijd niet"),
            ("connect-unreachable", STRONG,
             r"netzwerk (?:ist )?nicht erreichbar|keine route zum"
             r"|r[eé]seau (?:est )?inaccessible|red (?:es )?inaccesible"
             r"|la red no est[aá] accesible|rete non raggiungibile"
             r"|rede (?:est[aá] )?inacess[ií]vel|unerreichbar"),
            ("connect-timeout", FAIR,
             r"verbindung .{0,60}(?:nicht|konnte) .{0,20}hergestellt"
             r"|keine verbindung (?:zu|mit)|verbindung .{0,40}fehlgeschlagen"
             r"|impossible de (?:se connecter|contacter|joindre)"
             r"|connexion .{0,40}(?:impossible|a [eé]chou[eé])"
             r"|[eé]chec .{0,20}connexion"
             r"|kon niet verbinden|puedo conectar"
             r"|no (?:es posible|se puede|se pudo) (?:conectar|establecer)"
             r"|impossibile (?:connettersi|stabilire|effettuare la conness)"
             r"|n[aã]o (?:[eé]|foi) poss[ií]vel (?:se )?(?:conectar|estabelecer)"
             r"|impossibilità di connettersi|kan geen verbinding",
             "",
             r"vertrauens|confian[cçz]|ssl/tls"),
            ("connection-lost", FAIR,
             r"verbindung .{0,40}(?:vom remotehost|vom server|unerwartet|wurde)"
             r" .{0,20}(?:geschlossen|getrennt|abgebrochen|beendet|zur[uü]ckgesetzt)"
             r"|ferm[eé]e par l'h[oô]te distant|connexion .{0,40}(?:ferm[eé]e"
             r"|interrompue|perdue|r[eé]initialis)"
             r"|interrupci[oó]n de una conexi[oó]n|conexi[oó]n .{0,40}(?:cerrada"
             r"|interrumpida|perdida|se cerr[oó])"
             r"|interrotta forzatamente|connessione .{0,40}(?:chiusa|interrotta|persa)"
             r"|cancelamento de uma conex|conex[aã]o .{0,40}(?:fechada|encerrada"
             r"|interrompida|perdida)|verbinding .{0,40}(?:verbroken|gesloten)"),
            ("tls-untrusted", STRONG,
             r"zertifikat .{0,60}(?:ung[uü]ltig|nicht vertrauensw)"
             r"|vertrauensstellung"
             r"|certificat .{0,60}(?:pas valide|invalide|non valide|approuv)"
             r"|relation (?:de confiance|d'approbation)|relaci[oó]n de confianza"
             r"|certificado .{0,60}(?:no es v[aá]lido|no v[aá]lido|inv[aá]lido"
             r"|n[aã]o [eé] v[aá]lid|confianza)"
             r"|certificato .{0,60}(?:non valido|non .{0,20}valido|attendibile)"
             r"|relazione di trust|rela[cç][aã]o de confian[cç]a"
             r"|certificaat .{0,40}ongeldig"),
            ("tls-name", STRONG,
             r"zertifikat\w* .{0,60}(?:stimmt nicht|[uü]berein)"
             r"|certificat .{0,60}ne correspond pas"
             r"|certificado .{0,60}no (?:coincide|corresponde)"
             r"|certificato .{0,60}non corrisponde"),
            ("tls-expired", STRONG,
             r"zertifikat .{0,60}abgelaufen|certificat .{0,40}(?:a )?expir[eé]"
             r"|certificado .{0,40}(?:caducado|expirado|vencido|ha expirado)"
             r"|certificato .{0,40}scaduto"),
            ("proxy-auth", STRONG,
             r"proxy-?authentifizierung|proxy .{0,30}anmeldung erforderlich"
             r"|authentification (?:du |de )?proxy|autenticaci[oó]n (?:del? )?proxy"
             r"|autenticazione (?:del )?proxy"),
        ],
    ),
    *table(
        SIGN_IN,
        [
            ("smtp-auth-required", FAIR,
             r"(?:sichere verbindung|client wurde nicht authentifiziert)"
             r"|(?:connexion s[eé]curis[eé]e|client n'[eé]tait pas authentifi[eé])"
             r"|(?:conexi[oó]n segura|cliente no se autentic)"
             r"|(?:connessione protetta|client non autenticato"
             r"|il client non [eè] stato autenticato)"
             r"|(?:conex[aã]o segura|cliente n[aã]o (?:foi )?autentic)",
             "smtp|mail",
             r"5\.7\.(?:3|139|8|9|14|30)\b|ssl/tls"),
            ("password-refused", FAIR,
             r"(?:anmeldung|authenti[fs]i\w+|login|einloggen)\b.{0,30}(?:fehlgeschlagen"
             r"|nicht m[oö]glich|verweigert|abgelehnt)"
             r"|(?:kennwort|passwort|benutzername|zugangsdaten|anmeldedaten"
             r"|anmeldeinformationen)\b.{0,40}(?:falsch|ung[uü]ltig|nicht korrekt"
             r"|inkorrekt)"
             r"|(?:falsche|ung[uü]ltige)\w* .{0,30}(?:kennwort|passwort|zugangsdaten"
             r"|anmelde)"
             r"|(?:authentification|connexion|identification) .{0,30}[eé]chou"
             r"|[eé]chec d(?:e l')?\s?(?:authentification|identification)"
             r"|(?:mot de passe|identifiants?|nom d'utilisateur)\b.{0,40}(?:incorrect"
             r"|invalide|erron[eé])"
             r"|(?:contrase[nñ]a|credenciales|usuario)\b.{0,40}(?:incorrect|inv[aá]lid"
             r"|no (?:es )?v[aá]lid)|error de autenticaci[oó]n"
             r"|autenticaci[oó]n .{0,20}(?:fall|err)"
             r"|(?:password|credenziali) .{0,20}(?:errat|non valid)"
             r"|autenticazione .{0,20}(?:fallita|non riuscita)"
             r"|(?:senha|credenciais)\b.{0,30}(?:incorret|inv[aá]lid)"
             r"|falha (?:na|de) autentica[cç]|autentificar|autenticarsi"
             r"|poss[ií]vel autenticar"
             r"|aanmelden mislukt|authenticatie mislukt",
             "mail+!ews+!graph",
             r"oauth|xoauth2|aadsts|5\.7\.(?:3|139)\b|proxy"),
        ],
    ),
    *table(
        AFTER,
        [
            ("recipient-refused", FAIR,
             r"postfach (?:ist )?nicht verf[uü]gbar|empf[aä]nger\w* .{0,40}(?:abgelehnt"
             r"|unbekannt|nicht gefunden|existiert nicht|zur[uü]ckgewiesen)"
             r"|bo[iî]te aux lettres (?:non|in)disponible"
             r"|destinataire\w* .{0,40}(?:inconnu|refus|rejet|introuvable)"
             r"|buz[oó]n no disponible|destinatario\w* .{0,40}(?:desconocid|rechazad"
             r"|no encontrad|no existe|rifiutat|sconosciut)"
             r"|cassetta postale non disponibile"
             r"|caixa de correio n[aã]o dispon|destinat[aá]rio\w* .{0,40}(?:rejeitad"
             r"|desconhecid)",
             "smtp|mail",
             r"5\.7\.|relay"),
            ("quota-full", FAIR,
             r"postfach .{0,20}(?:voll|[uü]berf[uü]llt)|speicherplatz"
             r"|bo[iî]te .{0,20}pleine|buz[oó]n .{0,20}lleno|casella .{0,20}piena"
             r"|caixa .{0,20}cheia",
             "mail"),
            ("message-too-large", FAIR,
             r"nachricht\w* .{0,30}zu gro(?:ß|ss)|message .{0,20}trop (?:gros|volumin)"
             r"|mensaje .{0,30}demasiado grande|mensagem .{0,20}muito grande",
             "mail|smtp"),
            ("graph-item-gone", FAIR,
             r"objekt .{0,40}nicht (?:im speicher )?gefunden"
             r"|objet .{0,30}introuvable dans"
             r"|objeto especificado .{0,30}no se encontr",
             "ews|graph|exchange"),
            ("authorization-failed", FAIR,
             r"zugriff (?:wurde )?verweigert|acc[eè]s refus[eé]|acceso denegado"
             r"|accesso negato|acesso negado",
             "imap|pop3|mail",
             r"graph|\bews\b|exchange\.asmx|mysql|datenbank"),
        ],
    ),
)  # fmt: skip
