"""Text without the names, addresses and secrets of whoever it is about; what is left reads as before.

A text is cut into tokens (e-mail addresses, URLs, hosts, IP addresses); between them, names that are known to
be names are replaced wherever they stand as words.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
from collections.abc import Iterable

from signoff.safety.pseudonyms import Pseudonyms, folded
from signoff.safety.redact import Held, redacted

_TOKEN = re.compile(
    r"(?P<digest>\bsha256:[0-9a-f]{64}\b)"
    r"|(?P<scp>[\w.+-]+@[\w-]+(?:\.[\w-]+)+:(?=[\w.~-]*/)[\w./~-]+)"
    r"|(?P<email>[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>`\\]+)"
    r"|(?P<host>(?<![\w.-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w-]|\.\w))"
    r"|(?P<ipv4>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]))"
    r"|(?P<ipv6>(?<![\w:])[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f]*(?![\w:]))"
)
_HEX = re.compile(r"(?<![0-9a-f:])[0-9a-f]{7,64}(?![0-9a-f])")
_URL = re.compile(r"(?P<scheme>[^:]+://)(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?")
_PORT = re.compile(r":\d+$")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_NUMBER = re.compile(r"\d{6,}")
#: Hosts that everybody uses; a first label that names a customer is a name like any other.
_PUBLIC = re.compile(
    r"(?:^|\.)(?:googleapis\.com|google\.com|gcr\.io|pkg\.dev|googleusercontent\.com|gstatic\.com|knative\.dev|"
    r"github\.com|gitlab\.com|bitbucket\.org|docker\.(?:io|com)|python\.org|pypi\.org|npmjs\.(?:org|com)|debian\.org|"
    r"ubuntu\.com|example(?:\.com|\.org|\.net)?|localhost)$"
)
_OF_A_BUCKET = ".storage.googleapis.com"
_GIT_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "source.developers.google.com")
#: What ends the name of a host when no scheme says that it is one: `run.invoker` and `main.py` are none. The last ones
#: are words or code as well, and count behind two more labels.
_HOST = re.compile(
    r".*\.(?:com|org|net|edu|gov|int|io|dev|app|ai|co|cloud|info|biz|online|site|tech|xyz|shop|store|internal|local|"
    r"localdomain|lan|corp|intranet|home|systems|software|services|solutions|digital|agency|team|group|company|"
    r"[a-z]{2}\.[a-z]{2}|ae|ar|au|br|ca|ch|cl|cn|cz|de|dk|ee|es|eu|fi|fr|gr|hk|hr|hu|ie|il|jp|kr|lt|lu|lv|mx|nl|nz|pt|"
    r"ro|ru|sa|se|sg|si|sk|th|tr|tw|ua|uk|us|vn|za)|[^.]+\..*\.(?:at|be|id|in|is|it|me|my|no|pl|rs|to|tv)",
    re.IGNORECASE,
)
_OWN_ADDRESSES = re.compile(r"127\.|0\.0\.0\.0$|169\.254\.169\.254$")
SHORT = 3
"""Shorter names are replaced only in what is a name itself: in a sentence they would be words."""


class TextMasks:
    """Of one recording. `held`: secrets of this process. `commits`: mask commit ids too."""

    def __init__(self, pseudonyms: Pseudonyms, held: Held, *, commits: bool = False) -> None:
        self._pseudonyms = pseudonyms
        self._held = held
        self._commits: set[str] = set()
        self._mask_commits = commits
        self._salt = os.urandom(16)
        self._kinds: dict[str, str] = {}
        self._long: re.Pattern[str] | None = None
        self._all: re.Pattern[str] | None = None

    def know(self, kind: str, name: str) -> None:
        """A name that is to be replaced wherever it stands; the first kind that it was known as counts."""
        if name:
            self._kinds.setdefault(folded(name), kind)
            self._long = self._all = None

    def know_commit(self, commit: str) -> None:
        self._commits.add(commit)

    def text(self, text: str) -> str:
        """The text without secrets, addresses and known names."""
        text = redacted(text, self._held)
        if self._mask_commits:
            text = _HEX.sub(lambda found: self._commit(found[0]), text)
        done, parts = 0, []
        for found in _TOKEN.finditer(text):
            parts += [self.names(text[done : found.start()]), self._token(str(found.lastgroup), found[0])]
            done = found.end()
        return "".join([*parts, self.names(text[done:])])

    def names(self, text: str) -> str:
        """The text without known names."""
        pattern = self._pattern(everything=not re.search(r"\s", text))
        return text if pattern is None else pattern.sub(lambda found: self._name(found[0]), text)

    def leaks(self, texts: Iterable[str]) -> set[str]:
        """Known names that stand in texts which were masked; there are none, or masking has a bug."""
        pattern = self._pattern(everything=False)
        if pattern is None:
            return set()
        made = re.compile("|".join(sorted(map(re.escape, self._pseudonyms.made()), key=len, reverse=True)) or r"\Z.")
        return {found[0] for text in texts for found in pattern.finditer(made.sub(" ", text))}

    def _name(self, name: str) -> str:
        return self._pseudonyms.of(self._kinds[folded(name)], name)

    def _pattern(self, *, everything: bool) -> re.Pattern[str] | None:
        if self._all is None or self._long is None:
            self._all = _words(self._kinds)
            self._long = _words(name for name in self._kinds if len(name) >= SHORT)
        return self._all if everything else self._long

    def _token(self, kind: str, token: str) -> str:
        match kind:
            case "digest":
                return token
            case "scp":
                return self._pseudonyms.of("repository address", token)
            case "email":
                return self._email(token)
            case "url":
                return self._url(token)
            case "host":
                return self._host(token) if _HOST.fullmatch(token) else self.names(token)
            case _:
                return self._address(token)

    def _email(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        if not domain.endswith("gserviceaccount.com"):
            return self._pseudonyms.of("user", address)
        numbered = _NUMBER.sub(lambda found: self._pseudonyms.of("project number", found[0]), local)
        if numbered == local:
            numbered = self._pseudonyms.of("account", local)
        return f"{numbered}@{self.names(domain)}"

    def _url(self, url: str) -> str:
        bare = url.rstrip(".,;:")
        if bare[-1:] in _CLOSING and _CLOSING[bare[-1]] not in bare:
            bare = bare[:-1].rstrip(".,;:")
        found = _URL.match(bare)
        if found is None:
            return self.names(url)
        authority = found["authority"].rpartition("@")[2]  # whoever logs in there is nobody's business
        port = _PORT.search(authority)
        host = authority[: port.start()] if port else authority
        path, fragment = found["path"], found["fragment"] or ""
        if path.endswith(".git") or host.lower() in _GIT_HOSTS:
            return self._pseudonyms.of("repository address", bare) + url[len(bare) :]
        shown = self.names(host) if "." not in host else self._host(host)
        if re.fullmatch(r"[\d.]+|\[[\da-fA-F:]+\]", host):
            shown = self._address(host)
        query = "?masked" if found["query"] else ""
        masked = f"{found['scheme']}{shown}{port[0] if port else ''}{self.names(path)}{query}{self.names(fragment)}"
        return masked + url[len(bare) :]

    def _host(self, host: str) -> str:
        if _PUBLIC.search(host.lower()) and not host.endswith(_OF_A_BUCKET):
            return self.names(host) if host.count(".") > 1 and not host.endswith(("pkg.dev", ".gcr.io")) else host
        return self._pseudonyms.of("host", host)

    def _address(self, address: str) -> str:
        try:
            parsed = ipaddress.ip_address(address.strip("[]"))
        except ValueError:
            return self.names(address)
        if parsed.is_loopback or parsed.is_unspecified or _OWN_ADDRESSES.match(address):
            return address
        return self._pseudonyms.of(f"ipv{parsed.version} address", address)

    def _commit(self, commit: str) -> str:
        """Another id in place of a known one, and in place of what begins one."""
        full = next((known for known in self._commits if known.startswith(commit)), None)
        if full is None:
            return commit
        return hashlib.blake2b(full.encode(), key=self._salt, digest_size=32).hexdigest()[: len(commit)]


def _words(names: Iterable[str]) -> re.Pattern[str] | None:
    """Names as words: not inside longer ones, the longest first; `%2F` is no letter."""
    either = "|".join(re.escape(name).replace(r"\-", "[-_]") for name in sorted(names, key=len, reverse=True))
    begins = r"(?:(?<![A-Za-z0-9])|(?<=%2[Ff])|(?<=%3[Aa])|(?<=%40))"
    return re.compile(rf"{begins}(?:{either})(?![A-Za-z0-9])", re.IGNORECASE) if either else None
