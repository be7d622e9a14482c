"""Recognising an image by its first bytes."""

import hashlib

import msgspec

MAX_IMAGE_BYTES = 8 * 1024 * 1024


class ImageRef(msgspec.Struct, frozen=True, array_like=True):
    """A stored image: SHA-256 in hexadecimal, media type, size in bytes. One that is sealed is stored under another
    name, which tells nothing of its bytes.
    """

    sha256: str
    media_type: str
    size: int
    sealed_name: str = ""

    @property
    def name(self) -> str:
        """Under which its bytes are stored."""
        return self.sealed_name or self.sha256


def media_type(data: bytes) -> str | None:
    """Media type of a JPEG, PNG, GIF or WebP; None for anything else, a cut header included."""
    if data.startswith(b"\xff\xd8\xff") and len(data) > 4:
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 33:
        return "image/png"
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 13:
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 20:
        return "image/webp"
    return None


def describe(data: bytes) -> ImageRef | None:
    kind = media_type(data)
    return ImageRef(hashlib.sha256(data).hexdigest(), kind, len(data)) if kind else None
