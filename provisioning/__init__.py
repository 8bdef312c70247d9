"""Provisioned data: a directory on disk -> checked rows -> compiled tables -> one immutable snapshot, swapped whole."""
