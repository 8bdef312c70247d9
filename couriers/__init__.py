"""The edges of call accounting: files and directories, keys on disk, the collector's and the provider's runs.

Neither imports `scp` nor is imported by it; the logic is in `tickets`.

Source: C-005, C-007, C-010.
"""
