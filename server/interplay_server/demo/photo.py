"""Draws the photograph that one of the demo's people sends, so that the repository carries no picture."""

import math
import struct
import zlib

SIZE = 96
_SOIL, _LEAF, _VEIN, _SPOT, _RING = (92, 66, 48), (74, 133, 58), (118, 168, 84), (96, 62, 32), (196, 170, 88)
_SPOTS = ((40, 38, 9), (58, 52, 7), (34, 60, 6), (52, 30, 5))


def tomato_leaf() -> bytes:
    """A PNG of 96 by 96 pixels: a green leaf with the ringed brown spots of early blight."""
    rows = b"".join(b"\0" + b"".join(bytes(_pixel(x, y)) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pixel(x: int, y: int) -> tuple[int, int, int]:
    across, along = x - SIZE / 2, y - SIZE / 2
    if abs(across) > 38 * math.cos(along / SIZE * math.pi) ** 1.4:
        return _SOIL
    for column, row, radius in _SPOTS:
        distance = math.hypot(x - column, y - row)
        if distance < radius:
            return _SPOT if int(distance) % 3 else _RING
    vein = abs(across) < 1.5 or abs((along + abs(across) * 0.6) % 14) < 1.2
    return _VEIN if vein else _LEAF
