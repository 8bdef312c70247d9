"""Plays captured queries again and compares the answers by what they mean.

`opening` distinguishes captures from traces and gives their messages, `meaning` reads an answer into operations and parameters,
`player` asks a target what the capture asked and judges each answer, `page` shows the outcome as one HTML file.
The target is handed in: nothing here knows the SCP, a socket or a clock.

Source: D-006, D-007.
"""
