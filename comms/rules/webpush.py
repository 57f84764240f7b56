"""Web Push: encryption for one browser (RFC 8291) and the signature a push service asks for (RFC 8292).

Pure: salt, keys and time come in. Keys are base64url without padding, as browsers write them: private ones 32 bytes,
public ones the 65 bytes of an uncompressed point of P-256.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

RECORD = 4096  # a push service takes no more (RFC 8030 §7.2)
LONGEST_TEXT = RECORD - 16 - 4 - 1 - 65 - 16 - 1  # head, tag of the cipher, delimiter
DAY = 24 * 3600


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Raises ValueError when it is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def private_key(text: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(unb64(text), "big"), ec.SECP256R1())


def public_key(text: str) -> EllipticCurvePublicKey:
    """Raises ValueError when it is no point of the curve."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text))


def public_of(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(text: bytes, *, p256dh: str, auth: str, key: EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body for a push service: `text` for the browser with these keys, under a one-time `key` and `salt` (16 bytes).

    Raises ValueError for a text over LONGEST_TEXT and for keys that are none.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(text) > LONGEST_TEXT:
        raise ValueError("too long for a push message")
    theirs, ours = unb64(p256dh), public_of(key)
    secret = key.exchange(ec.ECDH(), public_key(p256dh))
    seed = _hkdf(unb64(auth), secret, b"WebPush: info\0" + theirs + ours, 32)
    cipher = AESGCM(_hkdf(salt, seed, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _hkdf(salt, seed, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + cipher.encrypt(nonce, text + b"\x02", None)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def authorization(*, endpoint: str, key: EllipticCurvePrivateKey, subject: str, expires: int) -> str:
    """The Authorization header for this endpoint; `expires` in seconds since 1970, at most a day ahead."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": subject}
    signed = ".".join(
        b64(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    token = f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={b64(public_of(key))}"


def is_push_service(endpoint: str, hosts: list[str]) -> bool:
    """Whether this is an https address at one of these hosts (".name" allows everything under it): a browser tells us
    where to send, and our server calls nobody else's address."""
    try:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").lower()
        plain = parts.username is None and parts.password is None and parts.port in (None, 443)
    except ValueError:
        return False
    known = any(host == name or (name.startswith(".") and host.endswith(name)) for name in hosts)
    return parts.scheme == "https" and plain and known
