"""Captures: writes simulated traffic as pcap and pcapng, and reads captures of other networks back to signaling.

The way in: `reader.CaptureReader` (octets of a file -> `Frame`), `dissect.Dissector` (`Frame` -> `Message`, MTP user and
SCCP addresses and TCAP octets), `dialogues.Dialogues` (`Message` -> `Dialogue`, queries paired with their answers).
The way out: `writer.CaptureWriter`. No module here opens a file: streams of octets come in as arguments.

Source: D-006, D-007, draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""
