"""Publications carry the site's Ed25519 signature; anybody can check it with the public key."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lms.config import Keys


def signature_fits(keys: Keys, digest: str, signature: str, key_name: str) -> bool:
    """True when the named key of the site has signed this digest."""
    public = keys.public_keys().get(key_name)
    if public is None:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(base64.b64decode(signature), digest.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
