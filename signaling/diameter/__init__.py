"""Diameter base protocol and credit control, without I/O: AVPs, messages, the peer machine, Ro/Gy requests and answers.

Source: RFC 6733, RFC 8506, TS 32.299.
"""
