"""What a secret looks like by its context or its shape. Every pattern runs in time linear in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True)
class Rule:
    """`keywords` (lower case): the pattern is tried only on a text that holds one of them."""

    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    into: str


def _rule(keywords: str, pattern: str, into: str = HIDDEN) -> Rule:
    return Rule(tuple(keywords.split()), re.compile(pattern), into)


_VALUE = r"""(?:\[hidden\]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s,;&"'<>)}\]]+)"""
_TELLING = r"(?=[^\s]*(?:[0-9]|[a-z][A-Z])|[^\s]{20})"
"""A digit, a capital inside or great length: a token rather than a word of English."""

RULES: tuple[Rule, ...] = (
    _rule(
        "private",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*\Z)",
    ),
    # Headers: the whole rest of the line, or of the quoted string, is the value.
    _rule(
        "authorization cookie api-key api_key auth-token security-token jwt-assertion",
        r"""(?i)((?:authorization|cookie|x-api-key|x-goog-api-key|x-auth-token|x-amz-security-token|jwt-assertion)"""
        r"""["']?\s{0,4}[:=]\s{0,4}["']?)(?=[^\s"'])(?:(?:bearer|basic|digest|token)\s{1,4})?[^\n"'\\]+""",
        r"\1" + HIDDEN,
    ),
    _rule("bearer basic", rf"\b((?i:bearer|basic)\s{{1,4}}){_TELLING}[A-Za-z0-9._~+/=:-]{{8,}}", r"\1" + HIDDEN),
    # DSNs of databases and brokers: a password may hold any character, so the last @ ends it.
    _rule(
        "://",
        r"(?i)\b((?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|oracle|cockroachdb|clickhouse|kafka|smtps?|"
        r"ldaps?|snowflake)(?:\+[a-z0-9_]{1,20})?://[^\s:/@\"']{0,200}:)[^\s\"']+(?=@)",
        r"\1" + HIDDEN,
    ),
    _rule("://", r"(?i)\b([a-z][a-z0-9+.-]{1,30}://[^\s:/@\"'\[]{0,200}:)[^\s/@\"']+(?=@)", r"\1" + HIDDEN),
    _rule("://", r"(?i)\b(https?://)[^\s:/@\"'\[]{16,}(?=@)", r"\1" + HIDDEN),
    # Signed and authenticated URLs.
    _rule(
        "signature= credential= token= key= sig= code= secret= jwt= auth=",
        r"(?i)([?&;](?:x-(?:goog|amz)-(?:signature|credential|security-token)|signature|sig|(?:access_|id_|refresh_|auth_)?"
        r"token|(?:api_?|access)?key|code|client_secret|jwt|auth)=)[^&\s\"'#<>]{8,}",
        r"\1" + HIDDEN,
    ),
    # password=…, PGPASSWORD: …, "client_secret": "…". A password after a colon is any word; a token must look like one.
    _rule(
        "password passwd passphrase pwd",
        r"""(?i)((?:password|passwd|passphrase|\bpwd)\\?["']?\s{0,4}(?:=>|[:=])\s{0,4}\\?)"""
        rf"""(?!["']{{2}}|["']?projects/){_VALUE}""",
        r"\1" + HIDDEN,
    ),
    _rule(
        "secret token key credential",
        r"""((?i:secret|token|(?:api|access|private|signing|encryption|account|shared)[_-]?key|credential)\\?["']?\s{0,4}"""
        rf"""(?:=>|[:=])\s{{0,4}}\\?)(?!["']?projects/)(?=["']?[^\s"']{{6}}){_TELLING}{_VALUE}""",
        r"\1" + HIDDEN,
    ),
    # Shapes that their makers made to be found.
    _rule("eyj", r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
    _rule("gh github_pat_ glpat-", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})"),
    _rule("aiza ya29. gocspx- 1//", r"\b(?:AIza[\w-]{30,}|ya29\.[\w.-]{10,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,})"),
    _rule("akia asia", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _rule("xox xapp-", r"\b(?:xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,})"),
    _rule(
        "hooks.slack.com discord",
        r"(?i)((?:hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/))[\w/-]{8,}",
        r"\1" + HIDDEN,
    ),
    _rule("sk_ rk_ pk_ whsec_ sk-", r"\b(?:[sr]k_(?:live|test)_\w{10,}|whsec_\w{10,}|sk-[A-Za-z0-9_-]{20,})"),
    _rule(
        "npm_ pypi- hf_ dop_v1_ sg.",
        r"\b(?:npm_\w{30,}|pypi-[\w-]{30,}|hf_\w{20,}|dop_v1_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,})",
    ),
    _rule("age-secret-key-", r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
)
