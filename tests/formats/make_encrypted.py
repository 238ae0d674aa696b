"""Makes tests/vectors/encrypted.json without this library, with another implementation of the cipher.

    python tests/formats/make_encrypted.py > tests/vectors/encrypted.json

Needs the package cryptography with OpenSSL 3.2 or later. The file must never change: a change of the format would log
out every visitor of every site that encrypts.
"""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET = "a frozen secret of the encrypted format, 48 bytes"
OLD_SECRET = "an older frozen secret of the encrypted format!"
CASES = [
    ("session", "pyramid.session.", 7, False, {}),
    ("session", "pyramid.session.", 0, False, {"user": "ada", "visits": 3}),
    ("__Host-shop", "shop.", 255, False, {"cart": ["apples", "Zo\u00eb \u2713 \U0001f980"], "f": 1.5}),
    ("sid", "", 1, False, {"long": "x" * 1000}),
    ("session", "pyramid.session.", 7, True, {"user": "ada"}),
    ("session", "salt \u00e9", 9, False, {"user": None}),
]


def seal(secret, salt, name, nonce, text):
    key = HKDF(hashes.SHA256(), 32, salt.encode(), b"signed-cookie-session e1").derive(secret.encode())
    nonce = bytes([nonce]) * 12
    sealed = AESGCMSIV(key).encrypt(nonce, text.encode(), b"e1." + name.encode())
    return "e1." + base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


cases = []
for name, salt, nonce, signed_by_old, session in CASES:
    secret = OLD_SECRET if signed_by_old else SECRET
    dumps = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    members = ", ".join(f"{dumps(key)}: {dumps(value)}" for key, value in session.items())
    cases.append({
        "cookie_name": name, "salt": salt, "nonce": nonce, "signed_by_old": signed_by_old, "json": session,
        "value": seal(secret, salt, name, nonce, f"[1790000000, 1790000000.0, {{{members}}}]"),
        "end_mark": seal(secret, salt, name + ".ended", nonce, '["ended", 1790000000.0]'),
    })
print(json.dumps({"secret": SECRET, "old_secret": OLD_SECRET, "at": 1790000000, "cases": cases}, indent=1))
