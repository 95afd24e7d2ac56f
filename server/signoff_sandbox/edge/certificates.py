"""The certificate of an edge, good or bad in one chosen way, and the authority that made it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signoff_sandbox.edge.config import Certificate

OTHER_HOST = "somewhere-else.example.net"
DAY = timedelta(days=1)
_PERIODS = {"expired": (-30 * DAY, -DAY), "not-yet-valid": (DAY, 30 * DAY)}


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str = "Sandbox Edge CA") -> Authority:
        key = _new_key()
        subject = _name(name)
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        made = (
            _builder(subject, subject, key, (-DAY, 365 * DAY))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(key, made.sign(key, hashes.SHA256()))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(authority: Authority, kind: Certificate, hosts: Iterable[str]) -> bytes:
    """Key and certificate in PEM for these hosts and loopback, with the fault that `kind` names."""
    signer = Authority.new("Somebody Else's CA") if kind == "unknown-ca" else authority
    key = _new_key()
    names = [OTHER_HOST] if kind == "wrong-host" else ["localhost", *sorted(hosts)]
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    if kind != "wrong-host":
        alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    subject = _name(names[-1])
    alone = kind == "self-signed"
    signing_key = key if alone else signer.key
    made = (
        _builder(subject, subject if alone else signer.certificate.subject, key, _PERIODS.get(kind, (-DAY, 90 * DAY)))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .sign(signing_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, period: tuple[timedelta, timedelta]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + period[0])
        .not_valid_after(now + period[1])
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])
