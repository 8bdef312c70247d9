"""A PBX that is not there: calls made up by chance, printed in any shipped layout, with their truth beside them.

Source: C-001.
"""
