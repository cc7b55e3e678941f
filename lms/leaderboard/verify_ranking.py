#!/usr/bin/env python3
"""Check a signed list of Jiangtai: python verify_ranking.py FILE PUBLIC_KEY (needs only: pip install cryptography).

FILE is 签名文件 of a published list, PUBLIC_KEY the key in base64 as the site names it on /verify/rankings. Exit code 0 when the list is the one
that was signed, 1 when it is not.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def main(path: str, public_key: str) -> int:
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    if hashlib.sha256(proof["snapshot"].encode()).hexdigest() != proof["digest"]:
        return say("NOT VALID: the list was changed, its SHA-256 is another one", 1)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(proof["signature"]), proof["digest"].encode())
    except (InvalidSignature, ValueError):
        return say("NOT VALID: this key has not signed the list", 1)
    snapshot = json.loads(proof["snapshot"])
    return say(f"VALID: {snapshot['board']}, version {snapshot['version']}, {len(snapshot['people'])} people listed", 0)


def say(what: str, code: int) -> int:
    sys.stdout.buffer.write(f"{what}\n".encode())
    return code


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
