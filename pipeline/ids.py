"""Ids are derived, never minted: the same cause gives the same id, after a crash, on another machine, in a replay.

Rule 1. An id is a prefix and the 128-bit BLAKE2b digest of its parts, in 26 characters of lower-case base 32.
Rule 2. Parts are length-prefixed, so ("ab", "c") and ("a", "bc") differ.
"""

from base64 import b32encode
from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1 << 16)  # a timeline asks for the same contact ids again with every touchpoint
def derived(prefix: str, *parts: str) -> str:
    """Return `prefix-digest`, a pure function of the prefix and the parts, in this order."""
    digest = blake2b(prefix.encode(), digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return f"{prefix}-{b32encode(digest.digest()).decode().rstrip('=').lower()}"
