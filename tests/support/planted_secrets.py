"""Made-up secrets as they turn up in logs, bodies, commit messages, configuration and error texts.

They are made at run time from parts, so that no scanner takes this file for a leak. Deterministic.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEX = string.digits + "abcdef"
WORD = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
B64 = WORD + "+/"
URL = WORD + "-_"


@dataclass(frozen=True)
class Planted:
    """`line` holds `secret`, which no output may show; `mark` is a plain word of the line, which one may."""

    shape: str
    mark: str
    line: str
    secret: str


class Maker:
    """Random parts. Every piece of at least 12 characters has a digit and letters, as real tokens do."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, alphabet: str, length: int) -> str:
        while True:
            made = "".join(self.random.choices(alphabet, k=length))
            mixed = made.isalpha() == alphabet.isalpha() and not made.isdigit()
            if length < 12 or (mixed and made[0].isalnum() and made[-1].isalnum()):
                return made

    def word(self, length: int) -> str:
        return self.of(WORD, length)

    def hex(self, length: int) -> str:
        return self.of(HEX, length)

    def uuid(self) -> str:
        return "-".join(self.hex(n) for n in (8, 4, 4, 4, 12))

    def password(self) -> str:
        words = ["tr0ub4dor", "Correct-Horse", "S3cr3t!", "hunter", "Winter2026", "p4ss%w0rd"]
        return self.random.choice(words) + self.of(WORD, 6) + self.random.choice("!#_.-")

    def jwt(self) -> str:
        def part(value: object) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        return f"{part({'alg': 'RS256'})}.{part({'sub': self.word(12)})}.{self.of(URL, 60)}"

    def key_lines(self) -> list[str]:
        return [self.of(B64, 64) for _ in range(4)]


Shape = Callable[[Maker], tuple[str, str]]
"""A line and the secret in it."""


def _token(prefix: str, alphabet: str, length: int, line: str = "using {} for the call") -> Shape:
    def make(maker: Maker) -> tuple[str, str]:
        body = maker.of(alphabet, length)
        return line.format(prefix + body), body

    return make


def _after(line: str, alphabet: str = WORD, length: int = 32) -> Shape:
    """The secret is known by its context alone."""

    def make(maker: Maker) -> tuple[str, str]:
        body = maker.of(alphabet, length)
        return line.replace("{}", body), body

    return make


def _password(line: str) -> Shape:
    def make(maker: Maker) -> tuple[str, str]:
        word = maker.password()
        return line.replace("{}", word), word

    return make


def _jwt(maker: Maker) -> tuple[str, str]:
    token = maker.jwt()
    return f"token rejected: {token}", token.split(".")[1]


def _pem(maker: Maker) -> tuple[str, str]:
    lines = maker.key_lines()
    dashes = "-" * 5
    return "\n".join(
        [f"{dashes}BEGIN RSA PRIVATE " + f"KEY{dashes}", *lines, f"{dashes}END RSA PRIVATE KEY{dashes}"]
    ), lines[2]


def _service_account(maker: Maker) -> tuple[str, str]:
    lines = maker.key_lines()
    dashes = "-" * 5
    key = "\n".join([f"{dashes}BEGIN PRIVATE " + f"KEY{dashes}", *lines, f"{dashes}END PRIVATE KEY{dashes}", ""])
    return json.dumps({"type": "service_account", "private_key": key, "client_email": "a@b.example"}), lines[1]


def _basic(maker: Maker) -> tuple[str, str]:
    encoded = base64.b64encode(f"ada:{maker.password()}".encode()).decode()
    return f"> Authorization: Basic {encoded}", encoded


def _docker(maker: Maker) -> tuple[str, str]:
    encoded = base64.b64encode(f"ada:{maker.word(24)}".encode()).decode()
    return json.dumps({"auths": {"registry.example.com": {"auth": encoded}}}), encoded


SHAPES: dict[str, Shape] = {
    "AWS access key id": _token("AK" + "IA", UPPER, 16),
    "AWS secret access key": _after("AWS_SECRET_ACCESS" + "_KEY={}", B64, 40),
    "AWS session token": _after('"Session' + 'Token": "{}"', B64, 180),
    "AWS signed URL": _after("GET https://b.s3.amazonaws.com/o?X-Amz-Expires=60&X-Amz-Signature={}", HEX, 64),
    "Google API key": _token("AI" + "za", URL, 35),
    "Google access token": _token("ya29" + ".a0", URL, 120),
    "Google refresh token": _token("1/" + "/0", URL, 40),
    "Google client secret": _token("GOC" + "SPX-", URL, 28),
    "Google service account": _service_account,
    "Google signed URL": _after("https://storage.googleapis.com/b/o?X-Goog-Expires=60&X-Goog-Signature={}", HEX, 256),
    "Azure client secret": lambda m: (lambda a, b: (f"secret {a}8Q~{b} expired", b))(m.word(3), m.word(34)),
    "Azure storage key": _after("DefaultEndpointsProtocol=https;AccountName=a;Account" + "Key={}==;", B64, 86),
    "Azure SAS": _after("https://a.blob.core.windows.net/c?sv=2024-01-01&sig={}%3D", WORD, 43),
    "GitHub token": _token("gh" + "p_", WORD, 36),
    "GitHub app token": _token("gh" + "s_", WORD, 36),
    "GitHub fine-grained": _token("github" + "_pat_", WORD, 82),
    "GitLab": _token("gl" + "pat-", URL, 20),
    "GitLab header": _after("PRIVATE" + "-TOKEN: {}", WORD, 20),
    "Bitbucket": _token("AT" + "BB", WORD, 32),
    "Slack bot": _after("xo" + "xb-123456789012-{}", WORD, 24),
    "Slack webhook": _after("POST https://hooks.slack" + ".com/services/T01ABCDEF/B01ABCDEF/{} 403", WORD, 24),
    "Stripe": _token("sk" + "_live_", WORD, 24),
    "Stripe webhook": _token("wh" + "sec_", WORD, 32),
    "Twilio": _token("S" + "K", HEX, 32),
    "SendGrid": lambda m: (lambda a, b: (f"mailer uses SG.{a}.{b}", b))(m.of(URL, 22), m.of(URL, 43)),
    "Mailgun": _token("ke" + "y-", HEX, 32),
    "npm": _token("np" + "m_", WORD, 36),
    "npmrc": _after("//registry.npmjs.org/:_auth" + "Token={}", WORD, 36),
    "PyPI": _token("py" + "pi-AgEIcHlwaS5vcmc", URL, 100),
    "Docker Hub": _token("dckr" + "_pat_", URL, 27),
    "docker config": _docker,
    "JWT": _jwt,
    "PEM": _pem,
    "PostgreSQL DSN": _password("could not connect to postgresql://app:{}@10.0.0.5:5432/app"),
    "MySQL DSN": _password("mysql+pymysql://root:{}@db/app refused"),
    "Redis DSN": _password("redis://:{}@cache:6379/0 timed out"),
    "MongoDB DSN": _password("mongodb+srv://u:{}@c.mongodb.net/app"),
    "JDBC": _password("jdbc:postgresql://h/db?user=a&password={}"),
    "libpq": _password("host=db user=app password={} dbname=app"),
    "basic auth header": _basic,
    "basic auth URL": _password("fetching https://ada:{}@git.example.com/a.git"),
    "curl -u": _password("+ curl -sS -u ada:{} https://api.example.com"),
    "Bearer": _after("headers={'Authorization': 'Bearer {}'}", URL, 40),
    "API key header": _after("X-Api" + "-Key: {}", WORD, 32),
    "API key in JSON": _after('{"level": "info", "api' + 'Key": "{}"}', WORD, 32),
    "API key in a URL": _after("GET /v1/items?page=2&api_" + "key={} 403", WORD, 32),
    "cookie": _after("Cookie: theme=dark; session={}", WORD, 32),
    "Set-Cookie": _after("set-cookie: sid={}; HttpOnly; Path=/", WORD, 32),
    "env line": _after("ENCRYPTION" + "_KEY={}", B64, 44),
    "Django": _after("SECRET" + "_KEY = 'dj-{}'", WORD, 50),
    "env password": _password("PGPASSWORD={}"),
    "YAML password": _password("  db_password: {}"),
    "JSON password": _password('{"user": "ada", "password": "{}"}'),
    "JSON in JSON": _password(r'{"body": "{\"password\": \"{}\"}"}'),
    "form body": _after("grant_type=client_credentials&client_id=a&client_" + "secret={}", WORD, 40),
    "URL-encoded JSON": _after("body=%7B%22client_" + "secret%22%3A%22{}%22%7D", WORD, 32),
    "Kubernetes token": _after("users: [{name: ci, user: {token: {}}}]", WORD, 48),
    "kubeconfig key": _after("    client-key" + "-data: {}", B64, 200),
    "Vault": _token("hv" + "s.", URL, 90),
    "Terraform Cloud": _after("credentials: " + "abcDEF123ghi45" + ".atlasv1.{}", URL, 67),
    "DigitalOcean": _token("do" + "p_v1_", HEX, 64),
    "Databricks": _token("da" + "pi", HEX, 32),
    "Heroku": _token("HR" + "KU-", URL, 60),
    "OpenAI": _token("sk" + "-proj-", URL, 48),
    "Anthropic": _token("sk" + "-ant-api03-", URL, 90),
    "Hugging Face": _token("h" + "f_", string.ascii_letters, 34),
    "New Relic": _token("NR" + "AK-", UPPER, 27),
    "Grafana": lambda m: (lambda a, b: ("gl" + f"sa_{a}_{b}", a))(m.word(32), m.hex(8)),
    "Sentry DSN": _after("dsn=https://{}@o123.ingest.sentry.io/45", HEX, 32),
    "Telegram": _after("https://api.telegram.org/bot123456789:AA{}/sendMessage 404", URL, 33),
    "Discord webhook": _after("https://discord.com/api/webhooks/123456789012345678/{}", URL, 68),
    "Shopify": _token("shp" + "at_", HEX, 32),
    "Square": _token("sq0" + "atp-", URL, 22),
    "Linear": _token("lin" + "_api_", WORD, 40),
    "Atlassian": _token("ATATT3" + "xFfGF0", URL, 100),
    "Tailscale": _token("tskey" + "-auth-", WORD, 30),
    "age": _token("AGE-SECRET" + "-KEY-1", UPPER, 58),
    "netrc": _password("machine api.example.com login ada password {}"),
    "SQL": _password("CREATE USER app WITH PASSWORD '{}'"),
    "command line": _password("argv: ['psql', '--password={}']"),
    "bcrypt": _after("hash $2b" + "$12${} did not match", WORD, 53),
    "one line of a key": lambda m: (lambda a: (a, a))(m.of(B64, 64)),
    "cut-off JSON": _password('{"user": "ada", "password": "{}'),
}  # fmt: skip


def marked(mark: str, line: str) -> str:
    """The line with a word that may be shown, where the line's own shape allows one before it."""
    return line if "\n" in line or " " not in line else f"{mark} {line}"


def planted(number: int = 500, seed: int = 20260101) -> Iterator[Planted]:
    """`number` secrets, the shapes in turn. Marks are letters alone: numbers are what error signatures leave out."""
    maker = Maker(seed)
    names = list(SHAPES)
    for index in range(number):
        shape = names[index % len(names)]
        line, secret = SHAPES[shape](maker)
        mark = "mark" + "".join(chr(ord("a") + index // 26**place % 26) for place in (2, 1, 0))
        assert secret in line, shape
        yield Planted(shape, mark, marked(mark, line), secret)
