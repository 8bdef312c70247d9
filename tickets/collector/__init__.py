"""The enterprise's side: tickets stored first, batched, chained, sealed, sent until a signed receipt moves the position.

Source: C-004, C-005, C-010, C-011, C-015.
"""
