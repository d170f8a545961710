"""Passwords are kept as scrypt hashes with a salt of their own. Standard library only."""

import base64
import hashlib
import hmac
import secrets


def _scrypt(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def hashed(password):
    """What may be stored in place of a password.

    Args:
        password: any text.

    Returns:
        Salt and hash as one text.
    """
    salt = secrets.token_bytes(16)
    return ":".join(base64.b64encode(part).decode() for part in (salt, _scrypt(password, salt)))


def matches(password, stored):
    """Whether a password is the one that was stored.

    Args:
        password: what was typed.
        stored: what hashed() gave; an empty text matches nothing.

    Returns:
        True or False.
    """
    if ":" not in stored:
        return False
    salt, right = (base64.b64decode(part) for part in stored.split(":"))
    return hmac.compare_digest(_scrypt(password, salt), right)
