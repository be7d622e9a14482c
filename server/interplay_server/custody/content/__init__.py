"""Content on its way to the disk: personal data redacted, texts and images sealed with a key of the person."""

from interplay_server.custody.content.content import SealedContent, destroy_person_keys

__all__ = ["SealedContent", "destroy_person_keys"]
