"""The sealed batch: its content, its signature, its encryption, and the keys and certificates of both.

Needs the extra `tickets` (cryptography). Structures, content and trust are small and strict: every octet that is not
encrypted is compared with what we would have written ourselves.

Source: C-001, C-002, C-012, C-013, C-016, C-017.
"""
