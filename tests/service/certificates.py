"""An authority that issues certificates for one test run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Issued(NamedTuple):
    """PEM files."""

    certificate: str
    key: str


class Authority:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("an authority")
        made = self._build(self._name, self._key.public_key(), authority=True)
        self.certificate = str(folder / "authority.pem")
        Path(self.certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.server = self.issue("localhost")

    def issue(self, common_name: str) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._build(_name(common_name), key.public_key())
        files = Issued(str(self._folder / f"{common_name}.pem"), str(self._folder / f"{common_name}.key"))
        Path(files.certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
        Path(files.key).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def client_credentials(self, own: Issued | None = None) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(
            Path(self.certificate).read_bytes(),
            Path(own.key).read_bytes() if own else None,
            Path(own.certificate).read_bytes() if own else None,
        )

    def _build(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool = False):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
