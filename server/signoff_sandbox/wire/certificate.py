"""The sandbox's own TLS certificate, for the addresses that gcloud reaches over TLS whatever it is told.

It signs itself and is made anew for each data folder; its key never leaves that folder.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signoff_sandbox.world.regions import REGIONS

#: Where the sandbox stands in: no other name is in the certificate, so it can speak for no other.
STORAGE_HOST = "storage.googleapis.com"
RUN_HOSTS = tuple(f"{region}-run.googleapis.com" for region in sorted(REGIONS))
VALID = timedelta(days=3650)


def certificate_file(folder: Path) -> Path:
    """A PEM file with key and certificate in `folder`, made if it is not there."""
    path = folder / "tls.pem"
    if path.is_file():
        return path
    key, certificate = _made()
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key + certificate)
    return path


def server_context(folder: Path, *protocols: str) -> ssl.SSLContext:
    """`protocols` are those that the server offers, such as `h2`; none: whatever HTTP/1.1 clients expect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file(folder))
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def public_part(path: Path) -> str:
    """The certificate of that file, without its key: what a client has to trust."""
    text = path.read_text(encoding="ascii")
    return text[text.index("-----BEGIN CERTIFICATE-----") :]


def _made() -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signoff sandbox")])
    hosts = [x509.DNSName(host) for host in (STORAGE_HOST, *RUN_HOSTS)]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), certificate.public_bytes(pem)
