"""Signaling without I/O: BER, digits, MTP3, M3UA, SCCP, TCAP, AIN 0.1 and ISUP in their ANSI forms, and known shapes of messages."""
