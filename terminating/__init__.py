"""Terminating control and calling name: what becomes of a call at the line it reaches. Its door is `service.Terminating`."""
