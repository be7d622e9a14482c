"""Recognising literal keys in text, so that none is stored, logged or sent to a model by mistake."""

import re

# A piece without separators, long enough not to be a word of a name joined by hyphens.
_PIECE = re.compile(r"[A-Za-z0-9]{16,}")
_START, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9])"

# What is distinctive enough by itself.
_CERTAIN = re.compile(
    "|".join(
        [
            rf"{_START}(?:AKIA|ASIA)[A-Z2-7]{{16}}{_END}",
            rf"{_START}gh[opsur]_[A-Za-z0-9]{{36,255}}{_END}",
            rf"{_START}github_pat_[A-Za-z0-9_]{{60,255}}{_END}",
            rf"{_START}glpat-[A-Za-z0-9_-]{{20,64}}{_END}",
            rf"{_START}AIza[A-Za-z0-9_-]{{35}}{_END}",
            rf"{_START}hf_[A-Za-z]{{34}}{_END}",
            rf"{_START}[rs]k_(?:live|test)_[A-Za-z0-9]{{16,255}}{_END}",
            r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        ]
    )
)
# What needs a mixed piece as well: `sk-learn-compatible-estimators` and `Bearer <your token>` are no keys.
_LIKELY = re.compile(
    rf"{_START}(?:sk-(?P<sk>[A-Za-z0-9_-]{{20,512}})|xox[abeoprs]-(?P<xox>[A-Za-z0-9-]{{20,512}}))"
    r"|(?<![A-Za-z0-9_])(?i:bearer)[ \t]{1,8}(?P<bearer>[A-Za-z0-9._~+/-]{40,8192})"
)


def looks_like_a_key(text: str) -> bool:
    """Whether a literal secret stands anywhere in `text`: a key of a well-known service, a bearer token of 40 or more
    characters, or a private key in PEM.

    Known by their form alone, so a secret of another form is not found, and a key invented for a manual is.
    """
    return bool(_CERTAIN.search(text)) or any(
        _is_mixed(piece) for found in _LIKELY.finditer(text) for piece in _PIECE.findall(found[found.lastgroup or 0])
    )


def _is_mixed(piece: str) -> bool:
    return not piece.isalpha() and not piece.isdigit()
