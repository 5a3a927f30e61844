"""What the words of an error stand for, whoever's words they are.

A concept is a handful of stems in several languages: a word that starts with one counts
(`=` at its end: the whole word; `_`: two or more words that follow each other). Words
are cut where programs write them together (AuthenticationFailedException). What a
concept tells about the step at fault stands in `vocabulary_weights`, learnt from the
errors of public threads by scripts/learn-vocabulary; both are used by `backoff`.
"""

from __future__ import annotations

# Words that say nothing of a cause; the rest of a word's kind is what counts.
_SILENT = (
    "a an and any are as at be been but by can could did do does for from get got"
    " had has have he her here how if in into is it its may might more must my new"
    " no none not now of on one only or other our out over please see set she should"
    " so some such than that the their them then there these they this those to too"
    " two under up upon us use used using very via was we were what when where which"
    " while who why will with without would you your error errors exception failed"
    " failure fail caused cause unable during following about after again also"
    " because before being between both each few just like line make most need needs"
    " next per same since still take try trying want well yes yet ok info warn"
    " warning debug fatal trace der die das und oder nicht ein eine ist im zu den"
    " dem des mit von auf fur bei les une est pas pour dans avec sur par que los las"
    " una para con por del non che nel het een van niet org com net java javax php"
    " traceback backtrace stack uncaught unhandled thrown raise raised recent"
    " node lib app main test example local src usr var home"
)
SILENT = frozenset(_SILENT.split())

CONCEPTS: dict[str, str] = {
    "password": (
        "password passwd passwor= pwd passwort kennwort contrase senha="
        " wachtwoord passphrase mot_de_passe clave= parola= пароль userpass pass="
        " mdp contraseñ"
        " парол hasł hasło пасс 密码 密碼"
        " パス 授权 비밀번호 heslo şifre lösenord adgangskode"
        " salasana jelszó"
    ),
    "credential": (
        "credential zugangsdaten anmeldedaten anmeldeinfo identifiants"
        " credenciais credenciales credenziali inloggegevens cred= creds="
    ),
    "user": (
        "username user_name benutzer utilisateur usuario utente userid user_id"
        " user= users= gebruiker login_name upn= userprincipal account_name"
        " nome_utente nom_utilisateur nutzer"
        " имя_пользователя логин użytkownik 用户"
        " 账号 ユー felhasználó käyttäjätunnus"
        " brugernavn användarnamn uživatel kullanıcı"
    ),
    "sign-in": (
        "login logon log_in signin sign_in signing_in logging_in logged einlogg"
        " anmeld auth= authenticat authentif authentisier autentic autentif authn"
        " authfail authexc sasl iniciar_ses connexion_au identif aanmeld accedi"
        " autenticaç inloggen anmeldung reconnect authentifizier"
        " авториз аутентиф вход= вошли zalogow logowani"
        " 登录 登入 认证 認証 ログ 로그인 přihláš"
        " giriş inlogg bejelentkez kirjautu"
    ),
    "refused": (
        "refus deni reject declin disallow prohibit abgelehnt verweiger"
        " zurückgewiesen rechaz deneg negad= negat rifiut geweiger unsuccessful"
        " not_accepted unauthorized_client geweigerd rejet rejeit afgewezen"
        " отклон отказ odrzuc odmow 拒绝 拒否"
        " 被拒 odmítn redded nekad avvis elutasít"
    ),
    "wrong": (
        "wrong incorrect invalid bad= mismatch falsch ungültig ungueltig invalide"
        " errat inválid malformed illegal not_valid non_valid not_correct"
        " nicht_korrekt ongeldig unrecogni improper onjuist errad erron falsche"
        " неверн неправил недейств nieprawidł niewłaśc błędn"
        " 错误 不正 無効 無效 chybn hatalı"
        " geçersiz felaktig forkert virheell hibás"
    ),
    "fail": (
        "fail error= errors= unable cannot could_not couldn can_t can_not fehl"
        " échec echec échou fallo fallado fallit falha mislukt erreur errore erro="
        " exception= problem impossible impossib konnte_nicht nicht_möglich"
        " impossibile gescheitert pudo no_se_pudo não_foi_possível kon_niet"
        " ошибк не_удалось nie_można nie_udało błąd"
        " 失败 失敗 できま 不能 无法 nezdařil"
        " nepodařil başarısız misslyck mislyk epäonnist"
    ),
    "expired": (
        "expir abgelaufen caduc vencid scadut verlopen stale outdated"
        " no_longer_valid lifetime caducado caducada expirado scaduta"
        " истек истёк просроч wygas 过期 已过"
        " 期限 失效 vypršel süresi_dol gått_ut udløb"
    ),
    "revoked": "revok widerruf invalidat révoqu",
    "token": (
        "token tokens accesstoken jwt bearer idtoken jeton aktualisierungstoken"
        " zugriffstoken"
    ),
    "refresh": (
        "refresh renew acquire silent aktualisier actualis rinnov vernieuw"
        " erneuer reautoriz"
    ),
    "oauth": "oauth oauth2 xoauth2 xoauth oidc openid oauthbearer msal adal",
    "scope": "scope scopes audience aud= resource= resources= default=",
    "consent": (
        "consent granted grant_admin admin_approval approval approve zustimm"
        " consentement consentimi aprobaci genehmig approbation aprova goedkeuring"
        " consenso"
    ),
    "grant": "grant= grants= flow= granttype grant_type unsupported_grant",
    "permission": (
        "permission privilege right= rights= role= roles= entitle berechtig"
        " zugriffsrecht permiso permesso permissão insufficient autorisation"
        " delegat autoris erlaub berechtigt autorizz toestemming permis autorizad"
        " доступ_запрещ uprawnie 权限 権限 oprávněn izin_yok behörighet"
    ),
    "denied": (
        "access_denied access_is_denied accessdenied forbidden not_allowed"
        " not_permitted not_authorized zugriff_verweigert acceso_denegado"
        " accès_refusé acces_refuse accesso_negato is_not_allowed pas_autoris"
        " no_autorizado non_autorizzato não_autorizado nicht_berechtigt"
        " keine_berechtigung niet_toegestaan"
    ),
    "unauthorized": "unauthori unauthenticated www_authenticate",
    "secret": (
        "secret clientsecret secretkey client_secret apikey api_key geheim"
        " clientschlüssel clé_secrète secrète secreto segreto"
    ),
    "client-id": (
        "client_id clientid application_id app_id appid application_identifier"
        " client_identifier application_with application_was unauthorized_client"
    ),
    "application": "application= app= apps= applications= registration principal",
    "tenant": (
        "tenant tenantid directory organi authority realm issuer common="
        " organizations= consumers= mandant locataire inquilino"
    ),
    "redirect": "redirect reply_url replyurl callback reply_address",
    "mfa": (
        "mfa= multi_factor multifactor second_factor 2fa two_factor two_step totp"
        " otp= verification_code strong_auth 2_step two_fa mehrstufig multifacteur"
        " zweistufig zwei_faktor doble_factor due_fattori double_facteur"
        " mehrfaktor"
    ),
    "policy": (
        "policy policies conditional compliance compliant criteria"
        " security_default richtlini stratégie directiva política politica criteri"
        " beleid"
    ),
    "interaction": "interact ui_required sign_in_again user_action prompt reauth",
    "app-password": "app_password application_specific less_secure app_specific",
    "locked": (
        "lock locked lockout suspend disabled= disable= deactiv inactive gesperr"
        " désactivé blocked= deshabilit restricted hacked compromis gesperrt"
        " désactiv deaktiviert bloqu bloccat geblokkeerd verrouill"
    ),
    "account": (
        "account accounts konto compte= cuenta conta= accountdisabled kontos"
        " compte konto_wurde"
    ),
    "mailbox": (
        "mailbox mailboxes postfach boîte buzón buzon casella maildrop bandeja"
        " casilla caixa postfaches"
        " почтовый ящик skrzynk 邮箱 郵箱 メー schránk posta_kutusu postlåda"
    ),
    "licence": (
        "licen lizenz subscription plan= sku unlicensed trial licencia licenza"
        " licença licentie"
    ),
    "not-found": (
        "not_found does_not_exist doesn_t_exist didn_t_exist nonexist no_such"
        " notfound nicht_gefunden introuvable no_encontr not_exist undiscover"
        " unknown_user no_existe inconnu unbekannt desconocid could_not_find"
        " cannot_find unable_to_find could_not_be_found not_be_found couldn_t_find"
        " can_t_find existiert_nicht existe_pas no_se_encuentra no_se_encontr"
        " impossibile_trovare niet_gevonden nicht_finden impossible_de_trouver"
        " não_encontr não_existe non_esiste bestaat_niet non_trovat no_encuentra"
        " sconosciut"
        " не_найден не_существует nie_istnieje nie_znaleziono"
        " 不存在 找不 見つ 存在 neexistuje"
        " bulunamad hittades_inte"
    ),
    "unknown": "unknown unbekannt unexpected unrecogni",
    "folder": (
        "folder folders ordner dossier carpeta cartella namespace select="
        " examine= subscrib label= labels= foldername mailboxpath map= mappe"
        " verzeichnis"
    ),
    "recipient": (
        "recipient rcpt empfänger empfaenger destinatair destinatari addressee"
        " to_address mail_to ungültige_adresse email_address invalid_address"
        " ontvanger destinatári geadresseerd"
        " получател адресат odbiorc adresat 收件"
        " 宛先 受信 příjemc alıcı mottagar"
    ),
    "sender": (
        "sender mail_from absender expéditeur remitente mittente from_address"
        " send_as sendas behalf from_header envelope_from return_path spoof"
        " im_namen namen au_nom en_nombre per_conto em_nome afzender"
        " отправител nadawc 发件 差出 送信者 odesílatel gönderen avsändar"
    ),
    "relay": "relay relaying relayed",
    "spam": (
        "spam blacklist blocklist denylist reputation dnsbl rbl= spamhaus dkim"
        " spf= dmarc virus phish unsolicited malware greylist barracuda sorbs"
        " schwarze_liste liste_noire lista_negra ip_adresse"
    ),
    "quota": (
        "quota quotas overquota full= storage disk voll= speicherplatz pleine"
        " lleno space= vol= llena plein piena pieno cheia cheio"
        " переполн przepełn 已满 容量 配额 přeplněn dolu fylld"
    ),
    "size": (
        "size sizes large= big= length= attachment too_long too_large bytes"
        " zu_groß taille tamaño tamanho dimension grootte trop_gros trop_grand"
        " demasiado_grande troppo_grande"
    ),
    "limit": (
        "limit limits throttl rate= ratelimit too_many toomany exceed concurren"
        " maximum max= backoff back_off slow_down frequen simultaneous per_hour"
        " per_day daily hourly retry_after requests= zu_viele zu_häufig sendelimit"
        " limite límite trop_de demasiad troppi troppe muitas te_veel quotidien"
        " diari täglich tages superado überschritt"
        " лимит превышен przekrocz 频率 次数 过多 上限 překroč aşıldı"
    ),
    "later": (
        "temporar try_again later= retry busy unavailable maintenance overload"
        " transient intermittent outage später más_tarde plus_tard defer deferred"
        " vorübergehend temporaire temporal tijdelijk momentan momentané più_tardi"
        " mais_tarde"
        " позже временно później tymczasow 稍后"
        " 暂时 一時 později sonra senare"
    ),
    "internal": "internal backend server_error servererror internalserver unknownerror",
    "gateway": "gateway bad_gateway upstream",
    "dns": (
        "dns resolv resolution getaddrinfo gethostby nxdomain lookup name_or"
        " nameserver enotfound eai_ addrinfo unknownhost host_unknown no_such_host"
        " hostname_nor unknown_host"
    ),
    "host": (
        "host= hostname hostnames host_name server_name domain domains hosts= сервер"
        " serwer= 服务器 服务 サー sunucu server="
    ),
    "conn-refused": (
        "econnrefused connection_refused actively_refused refused_connection"
    ),
    "timeout": (
        "timeout timedout timed_out etimedout time_out deadline timeouts"
        " timeoutexc zeitüberschreitung zeitlimit délai tiempo_de scaduto"
        " not_respond no_response waiting tempo_limite tiempo a_expiré_connexion"
        " agotado esgotado überschreitung antwortet_nicht ne_répond no_responde"
        " non_risponde"
        " время_ожидания тайм limit_czasu 超时"
        " 逾時 タイ zaman_aşım časový_limit tidsgräns"
    ),
    "unreachable": (
        "unreach no_route network networks netzwerk offline enetunreach"
        " ehostunreach réseau red= rete= internet firewall"
    ),
    "closed": (
        "closed close= closing reset= eof= eoferror disconnect drop dropped lost="
        " abort broken terminated hung hang econnreset epipe bye= geschlossen"
        " getrennt fermée shutdown unterbrochen abgebrochen beendet interromp"
        " perdió perdida perdu cerrad cerró interrott verbroken reiniciad"
        " connessione_persa"
    ),
    "connect": (
        "connect connection connections connecting socket sockets verbind"
        " connexion conexión conexion conness verbinding dial= tcp= conexão"
        " verbinden verbonden"
        " подключ соединен połącz 连接 接続"
        " 連線 připoj bağlan anslut forbind yhdistä"
        " csatlakoz kapcsolat"
    ),
    "port": "port= ports= порт портов 端口 ポー",
    "tls": (
        "tls ssl ssl_ sslerror sslhandshake handshake cipher openssl gnutls"
        " schannel verschlüss encrypt tlsv1 sslv3 secure= alert="
        " шифрован szyfrow 加密 暗号 şifrele šifrován krypter kryptering"
    ),
    "starttls": "starttls",
    "plaintext": "plaintext plain_text cleartext unencrypted wrong_version record",
    "version": "version= version_number protocol_version tlsv1 unsupported_protocol",
    "certificate": (
        "certificate cert= certs= x509 zertifikat certificat certificado"
        " certificato pki pkix crl ocsp certificates certificaat zertifizier"
        " сертификат certyfikat 证书 証明 憑證 certifikát sertifika"
    ),
    "trust": (
        "trust verif self_signed selfsigned untrusted vertrau issuer_certificate"
        " chain root= local_issuer ca= unknown_ca authority_unknown confian"
        " confianza vertrouwd approuv confiance attendibil confiáv confiav"
        " unbekannten"
        " доверен niezaufan 信任 信頼 nedůvěry güven"
    ),
    "name-match": (
        "does_not_match doesn_t_match did_not_match not_match altname alternative"
        " common_name name_mismatch hostname_mismatch ip_sans passt_nicht"
        " stimmt_nicht correspond coincide corrispond"
    ),
    "clock": (
        "clock skew timestamp nbf= iat= not_yet future not_before system_time"
        " timeframe time_range expected_time uhrzeit set_wrong different_from_this"
        " differs_from time_differs skewed issued_in_the_future uhr= horloge reloj"
        " orologio"
    ),
    "proxy": (
        "proxy proxies tunnel socks socks5 squid zscaler proxyerror http_proxy"
        " proxyserver"
    ),
    "web-page": "html doctype unexpected_token parse_json json web_page captive",
    "greeting": "greeting banner unexpected_response unexpected_reply parse= parsing",
    "command": (
        "command commands unrecogni syntax bad_sequence not_implemented"
        " command_not unknown_command argument state="
    ),
    "mechanism": (
        "mechanism mechanisms mech= cram ntlm gssapi kerberos plain= digest"
        " authenticator auth_type auth_method supported= unsupported"
    ),
    "not-supported": "not_support unsupported not_offer doesn_t_support not_available",
    "basic": "basic legacy basicauth basic_auth basicauthblocked",
    "key": (
        "private_key privatekey pem= pfx thumbprint keystore keyset decrypt pkcs"
        " key_file keyfile crypto cryptograph"
    ),
    "assertion": "assertion signature signatur client_assertion signed=",
    "service-account": "service_account serviceaccount delegation domain_wide",
    "impersonate": "impersonat",
    "sync": (
        "uid= uidvalidity uidl sync syncstate delta watermark changekey state_is"
        " resync subscription_id conflict uidnext"
    ),
    "item": "item items message_id object= objekt objet objeto",
    "message": "message= messages= mail= email= nachricht mensaje",
    "mime": "mime base64 encod header headers charset body= utf8 utf line_too rfc822",
    "missing": (
        "missing empty null undefined none= required must_be must_contain nil="
        " blank is_not_set not_set not_configured unset no_password no_username"
        " manquant falta fehlt erforderlich requis"
    ),
    "config": "config configuration setting settings einstellung parameter option",
    "enable": (
        "enable enabled disabled= turned_off switched_off not_enabled is_off"
        " deaktiviert aktiviert désactivé activé habilit disattivat uitgeschakeld"
        " ausgeschaltet freigeschaltet"
    ),
    "session": "session sessions state= idle inactiv",
    "guid": "guid uuid objectid object_id",
    "personal": "personal consumer msa= hotmail live_com outlook_com",
    "cloud": (
        "sovereign gcc government china gallatin usgov us= national cloud instance"
    ),
    "device": "device devices intune hybrid joined managed",
    "code": "authorization_code code_verifier pkce code_challenge auth_code redeemed",
    "browser": "browser webview popup captcha web_login",
    "address-family": "ipv6 ipv4 inet6",
    "service": "service= services= health incident dienst servicio serviço servizio",
    "authenticated": "not_connected user_is_authenticated but_not",
    "transport": "transport protocolexception",
    "data": "data_not transaction content policy_reasons",
    "database": "database sql= query= permission_denied_for",
    "deliver": "deliver undeliver bounce undelivered mailer_daemon ndr= dsn=",
    "send": "send= sending sent= senden envoyer envoi enviar invio smtp_send",
    "receive": "fetch fetching receive receiving retrieve abruf poll pop3 imap",
    "unavailable": (
        "nicht_verfügbar indisponible no_disponible non_disponibile"
        " niet_beschikbaar nicht_erreichbar indisponível not_available"
    ),
}
