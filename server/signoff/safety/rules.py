"""What a secret looks like by its context or its shape. Every pattern runs in time linear in the text.

Nothing is compiled before a text holds one of the rule's keywords.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from operator import add

from signoff.safety.formats import FORMATS

HIDDEN = "[hidden]"


@dataclass(frozen=True)
class Rule:
    """`keywords` (lower case): the pattern is tried only on a text that holds one of them.

    What the pattern's group `v` holds is hidden, or the whole match where it has none. `bits`: only where its
    characters have at least this Shannon entropy: words of English and placeholders have less.
    """

    keywords: tuple[str, ...]
    pattern: str
    bits: float = 0.0

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def hide(self, text: str) -> str:
        return self.compiled.sub(self._hidden, text)

    def values(self, text: str) -> list[str]:
        """What it hides of the text."""
        return [found[self._group] for found in self.compiled.finditer(text) if self._is_secret(found)]

    @property
    def _group(self) -> str | int:
        return "v" if "v" in self.compiled.groupindex else 0

    def _is_secret(self, found: re.Match[str]) -> bool:
        value = found[self._group]
        return bool(value) and (not self.bits or entropy(value) >= self.bits)

    def _hidden(self, found: re.Match[str]) -> str:
        if not self._is_secret(found):
            return found[0]
        before, after = found.start(self._group) - found.start(), found.end(self._group) - found.start()
        return f"{found[0][:before]}{HIDDEN}{found[0][after:]}"


def entropy(value: str) -> float:
    """Bits a character, by how often each one stands in the value. `aaaa` has 0, 16 different characters have 4."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def rules_for(lowered: str) -> list[Rule]:
    """The rules with a keyword in a text that was made lower case, in their order.

    Only keywords whose last two characters stand in the text are looked for: of some hundred, a few.
    """
    found = set(_ALWAYS)
    for pair in _BY_PAIR.keys() & set(map(add, lowered, lowered[1:])):
        found.update(number for keyword, number in _BY_PAIR[pair] if keyword in lowered)
    return [RULES[number] for number in sorted(found)]


def _rule(keywords: str, pattern: str, bits: float = 0.0) -> Rule:
    return Rule(tuple(keywords.split()) or ("",), pattern, bits)


# A quoted value may be cut off before its end. A block of YAML has its value in the next line.
_VALUE = (
    r"""(?P<v>\[hidden\]|"(?:[^"\\\n]|\\.)*\\?(?:"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*\\?(?:'|(?=\n)|\Z)"""
    r"""|[|>][+-]?[ \t]{0,4}\n[^\n]*|[^\s,;&"'<>)}\]]+)"""
)
_IS = r"""\\{0,4}["'`]?\s{0,4}(?:=>|:=|[=:])\s{0,4}\\{0,4}"""
"""Between a name and its value: `=`, `:`, `=>`; in JSON, and in JSON inside of JSON."""
_IN_URL = r"(?:%22|%27)?(?:%3[ADad])(?:%20|\+)?(?:%22|%27)?"
"""The same in what was encoded for a URL."""
_TELLING = r"(?=[^\s]{0,200}?(?:[0-9]|[a-z][A-Z])|[^\s]{20})"
"""A digit, a capital inside or great length: a token rather than a word of English."""
_NO_PLACE = (
    r"""(?!["'\\]{0,3}(?:projects/|\$\{|\$\(|\{\{|<[a-z]|(?:[\w-]{1,100}:)?latest\b|"""
    r"""(?:None|null|true|false|undefined|YES|NO)\b))"""
)
"""A reference to a secret, a placeholder and nothing at all hide nothing."""
_NO_VERSION = r"(?![\w-]{1,100}:[0-9]{1,4}(?![\w.-]))"
"""As `secret:db-password:3` names one."""
_SECRET_WORD = (
    r"(?i:secret|token|credential|(?:api|access|private|signing|encryption|account|shared|secret|master|service|auth|"
    r"license|client|app|webhook|deploy|jwt|cookie|session|hmac|storage|subscription|write|admin|server|bot)[_-]?key|"
    r"client[_-]key[_-]data|_auth|authtoken)(?i:[_-]?(?:base64|b64|value|key|hash|id(?=\W{1,6}\S{20})|v?[0-9]{1,2}))?"
)
_PASSWORD_WORD = r"(?i:passw(?:or)?d|passphrase|\bpwd|\bpgpass|_pass|_pwd|\bpass(?=\s?=))(?i:_?[0-9]{1,2})?"

RULES: tuple[Rule, ...] = (
    _rule(
        "private openvpn",
        r"-----BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----"
        r"(?:[\s\S]*?-----END [A-Za-z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|key V1)-----|[\s\S]*\Z)",
    ),
    # One line of a key, as logs cut it up: 64, 70 or 76 characters of base64, in both cases and with digits.
    _rule(
        "",
        r"(?<![\w+/=.-])(?P<v>(?=[A-Za-z0-9+/]{64})(?=[A-Za-z0-9+/]{0,75}[A-Z])(?=[A-Za-z0-9+/]{0,75}[a-z])"
        r"(?=[A-Za-z0-9+/]{0,75}[0-9])(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70}|[A-Za-z0-9+/]{76}))(?![\w+/=.-])",
        bits=4.7,
    ),
    # Headers: the whole rest of the line, or of the quoted string, is the value.
    _rule(
        "authorization cookie x- private-token apikey subscription-key",
        r"""(?i)(?<![\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]{0,40}(?:key|token|secret|assertion|signature)|"""
        r"""private-token|apikey|ocp-apim-subscription-key)\\{0,4}["']?\s{0,4}[:=]\s{0,4}\\{0,4}["']?"""
        r"""(?!SameSite)(?P<v>(?:(?:bearer|basic|digest|token|apikey|ssws|aws4-hmac-sha256)\s{1,4})?[^\n"'\\\s][^\n"'\\]*)""",
    ),
    _rule(
        "bearer basic ssws",
        rf"\b(?i:bearer|basic|ssws)\s{{1,4}}(?![a-z_]{{1,30}}=[^=\s]){_TELLING}(?P<v>[A-Za-z0-9._~+/=:-]{{8,}})",
    ),
    # DSNs of databases and brokers: a password may hold any character, so the last @ ends it.
    _rule(
        "://",
        r"(?i)\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|valkeys?|amqps?|mssql|sqlserver|oracle|cockroachdb|"
        r"clickhouse|kafka|nats|mqtts?|smtps?|ldaps?|s?ftp|snowflake)(?:\+[a-z0-9_]{1,20})?://[^\s:/@\"']{0,200}:"
        r"(?P<v>[^\s\"']{1,500})(?=@)",
    ),
    _rule("://", r"(?i)\b[a-z][a-z0-9+.-]{1,30}://[^\s:/@\"'\[]{0,200}:(?P<v>[^\s/@\"']{1,2000})(?=@)"),
    _rule("://", r"(?i)\bhttps?://(?P<v>[^\s:/@\"'\[]{16,2000})(?=@)"),
    # Signed and authenticated URLs, and those that are secrets by themselves.
    _rule(
        "signature= credential= token= key= sig= code= secret= jwt= auth= password= passwd= pwd= policy= ticket= otp=",
        r"(?i)[?&;](?:x-(?:goog|amz)-(?:signature|credential|security-token)|signature|sig|policy|(?:[a-z]{1,20}_)?token|"
        r"(?:[a-z]{1,20}_?)?key|code|(?:[a-z]{1,20}_)?secret|jwt|auth|passw(?:or)?d|pwd|ticket|otp)=(?P<v>[^&\s\"'#<>]{8,})",
    ),
    _rule(
        "hooks.slack.com discord webhook.office.com hooks.zapier.com maker.ifttt.com logic.azure.com",
        r"(?i)(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/|"
        r"webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/|maker\.ifttt\.com/trigger/[\w-]{1,60}/with/key/)"
        r"(?P<v>[\w@/-]{8,})",
    ),
    # password=…, PGPASSWORD: …, "client_secret": "…". A password after a colon is any word; a token must look like one.
    _rule("pass pwd", rf"""{_PASSWORD_WORD}{_IS}{_NO_PLACE}(?!["']{{2}}){_VALUE}"""),
    _rule("pass pwd", r"(?i)(?:passw(?:or)?d|passphrase)" + _IN_URL + r"(?P<v>[^\s&%\"'<>]+)"),
    _rule(
        "secret token key credential _auth",
        rf"""{_SECRET_WORD}{_IS}{_NO_PLACE}{_NO_VERSION}(?=\\{{0,4}}["']?[^\s"']{{6}}){_TELLING}{_VALUE}""",
    ),
    _rule(
        "secret token key credential",
        rf"(?:(?i:secret|token)|(?i:api|access|private)[_-]?(?i:key)){_IN_URL}{_TELLING}(?P<v>[^\s&%\"'<>]{{6,}})",
    ),
    # NAME_KEY=…, as environments and their files write it.
    _rule(
        "_key _salt _cert _pat _creds _signature",
        r"\b[A-Z][A-Z0-9_]{0,60}(?<!PUBLIC)_(?:KEY|SALT|CERT|PAT|CREDS|SIGNATURE)(?:_[A-Z0-9]{1,8})?\s?=\s?"
        r"""["']?(?!/[\w.-]{1,60}/|projects/)(?P<v>[A-Za-z0-9+/=_.~-]{16,})""",
        bits=3.3,
    ),
    # Words of command lines, of SQL, of .netrc, .pgpass and .docker/config.json.
    _rule(
        "--pass --token --secret --api-key --apikey --access-token --auth-token --client-secret",
        r"(?i)--(?:[a-z-]{0,20}pass(?:word|wd|phrase|code)?|(?:[a-z-]{0,20}-)?(?:token|secret|api-?key))(?:=|\s{1,4})"
        rf"(?!-){_VALUE}",
    ),
    _rule(
        "-u --user",
        r"(?:(?<=\s)-u|--user)[ =]\s{0,3}[\"']?[^\s:\"'/=]{1,100}:(?![0-9]{1,6}(?:\s|$))"
        r"(?P<v>[^\s\"'/:][^\s\"']{2,})",
    ),
    _rule("mysql sshpass", r"\b(?:mysql(?:dump|admin)?|sshpass)\b[^\n]{0,200}?\s-p(?P<v>[^\s\"']{3,})"),
    _rule(
        "identified password",
        r"(?i)\b(?:identified\s{1,4}(?:with\s{1,4}\w{1,40}\s{1,4})?by|(?:with|set|encrypted)\s{1,4}password)\s{1,4}"
        r"""(?P<v>'[^'\n]+'?|"[^"\n]+"?)""",
    ),
    _rule("login", r"(?i)\blogin\s{1,4}\S{1,100}\s{1,4}password\s{1,4}(?P<v>\S+)"),
    _rule(":543 :643", r"(?<![\w.-])[\w.*-]{1,200}:[56]43\d:[\w*-]{1,60}:[\w*-]{1,60}:(?P<v>[^\s:]{3,})"),
    _rule('"auth"', r'"auth\\{0,4}"\s{0,4}:\s{0,4}\\{0,4}"(?P<v>[A-Za-z0-9+/=]{12,})'),
    _rule(
        "sessid sessionid connect.sid csrf xsrf",
        r"(?i)\b(?:phpsessid|jsessionid|asp\.net_sessionid|sessionid|connect\.sid|csrf[a-z_-]{0,20}|xsrf[a-z_-]{0,20})="
        r"(?P<v>[^\s;,&\"']{12,})",
    ),
    *(_rule(keywords, pattern) for keywords, pattern in FORMATS),
)

_ALWAYS = [number for number, rule in enumerate(RULES) if any(len(keyword) < 2 for keyword in rule.keywords)]
_BY_PAIR: dict[str, list[tuple[str, int]]] = {}
for _number, _one in enumerate(RULES):
    for _keyword in _one.keywords:
        if len(_keyword) >= 2:
            _BY_PAIR.setdefault(_keyword[-2:], []).append((_keyword, _number))
