"""Literal keys are found by their form, and what merely resembles one is not."""

import pytest
from interplay_server.domain.secrets import looks_like_a_key

# Put together here, so that no scanner takes this file for a leak.
MIXED = "q7Vt2LxR9mKw4ZbN8cHj"
KEYS = {
    "anthropic": "sk-" + f"ant-api03-{MIXED}{MIXED}-{MIXED}_{MIXED}AA",
    "openai": "sk-" + MIXED + "T3BlbkFJ" + MIXED,
    "project": "sk-" + f"proj-{MIXED}_{MIXED}-{MIXED}",
    "router": "sk-" + "or-v1-" + "0af9" * 16,
    "hexadecimal": "sk-" + "9f86d081884c7d65" * 2,
    "amazon": "AKIA" + "IOSFODNN7EXAMPLE",
    "amazon, for a while": "ASIA" + "Y34FZKBOKMUTVV7A",
    "github": "ghp_" + MIXED + "0123456789abcdef",
    "github, fine": "github_pat_" + MIXED * 4,
    "gitlab": "glpat-" + MIXED,
    "google": "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "slack": "xoxb-" + f"123456789012-1234567890123-{MIXED}",
    "stripe": "sk_live_" + MIXED,
    "bearer": "Bearer " + MIXED * 2,
    "bearer, small": "bearer\t" + f"eyJhbGciOiJIUzI1NiJ9.{MIXED}.{MIXED}",
    "pem": "-----BEGIN " + "PRIVATE KEY-----\nMIIE",
    "pem, rsa": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "pem, ssh": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "pgp": "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----",
}
AROUND = [
    "{}", "My key is {}, do not tell.", "export KEY={}", '{{"key": "{}"}}', "key:{}\n", "({})", "`{}`", "密钥{}。",
    "https://example.org/?key={}&x=1", "x " * 5000 + "{}" + " y" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("around", AROUND, ids=range(len(AROUND)))
@pytest.mark.parametrize("name", KEYS)
def test_found_wherever_it_stands(name, around):
    assert looks_like_a_key(around.format(KEYS[name]))


@pytest.mark.parametrize(
    "text",
    [
        "", "sk-", "sk-...", "Use your sk-... key.", "sk-learn", "sk-learn-compatible-estimators-of-everything",
        "sk-2026-roadmap-planning-session-notes", "task-1234567890-abcdefghij", "risk-" + MIXED, "desk-" + MIXED,
        "/tasks/sk-1/9f86d081", "sk-your-api-key-goes-here-please", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIA", "AKIAKA went home", "MAKIAIOSFODNN7EXAMPLEX", "the AIza prefix", "ghp_", "ghp_short1",
        "a bearer of good news, who walked for forty days and nights", "Bearer <your-token-goes-here>",
        "Authorization: Bearer $TOKEN", "Bearer of-the-very-long-hyphenated-name-that-never-ends-anywhere-at-all",
        "xoxo, with love and many greetings from here", "xoxb-", "xoxb-a-b-c-d-e-f-g-h-i-j-k-l",
        "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "I lost my private key at the door.",
        "order 123e4567-e89b-12d3-a456-426614174000", "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "MODEL_API_KEY", "ANTHROPIC_API_KEY", "SK-4411-XXL-2026-WINTER-COLLECTION", "hf_hub_download",
        "base64: " + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" * 3, "disk-image-20261121T120000Z-amd64",
    ],
)  # fmt: skip
def test_other_text_is_not(text):
    assert not looks_like_a_key(text)


@pytest.mark.parametrize("text", ["sk-" * 50_000, "Bearer " * 30_000, "sk-" + "a" * 200_000, "-----BEGIN " * 20_000])
def test_hostile_text_takes_no_long_time(text):
    """A pattern that goes back and forth would take until the test is ended from outside."""
    assert not looks_like_a_key(text)
