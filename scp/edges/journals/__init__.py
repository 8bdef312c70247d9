"""Journals of both kinds, SMDR samples and AMA records, published to an MQTT broker and copied from one.

Source: D-008, D-011, A-225, A-242.
"""
